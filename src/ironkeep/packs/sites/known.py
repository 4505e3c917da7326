"""Names that a site file may use: protocols that there is an adapter for, and maps that there is data for."""

from importlib.resources import files

PROTOCOLS = ("modbus",)
SUNSPEC = "sunspec"  # read by the SunSpec chain that the device itself declares


def map_names() -> tuple[str, ...]:
    """Every map that a device may be read by: `sunspec`, and each TOML file of packs/equipment."""
    folder = files("ironkeep.packs.equipment")
    found = [entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return (SUNSPEC, *sorted(found))
