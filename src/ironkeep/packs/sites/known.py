"""Names that a site file may use: protocols that there is an adapter for, and maps that there is data for."""

from ironkeep.codecs.unit import SUNSPEC
from ironkeep.packs.equipment.maps import shipped

MODBUS, NUT = "modbus", "nut"
PROTOCOLS = (MODBUS, NUT)
NUT_PORT = 3493  # IANA: nut
MODBUS_TLS_PORT = 802  # IANA: mbap-s
DEVICES_MAX = {MODBUS: 10_000, NUT: 2_000, "tap": 1_000}  # what the reader of each takes (adapters/equipment)
KEYS_OF = {
    MODBUS: (
        *("unit", "maps", "children", "in_flight", "reads_registers_max", "base", "power_sign", "sign_proven"),
        *("slots", "slot_holders", "tls", "tap", "chain", "writers"),
    ),
    NUT: ("ups", "power_sign", "sign_proven"),
}
"""Keys of a device that not every protocol has."""


def map_names() -> tuple[str, ...]:
    """Every map that a device may be read by: `sunspec` (the chain that the device declares), and the shipped maps."""
    return (SUNSPEC, *shipped())
