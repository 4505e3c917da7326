"""Names that a site file may use: protocols that there is an adapter for, and maps that there is data for."""

from ironkeep.packs.equipment.library import SUNSPEC
from ironkeep.packs.equipment.maps import shipped

PROTOCOLS = ("modbus",)


def map_names() -> tuple[str, ...]:
    """Every map that a device may be read by: `sunspec` (the chain that the device declares), and the shipped maps."""
    return (SUNSPEC, *shipped())
