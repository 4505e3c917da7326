"""What each device of the site offers: its nameplate, its models, and its vendor map where it has one.

Rules. One listener per device. Unit 1 is the device; a bank has a unit for each string besides. Every unit begins its
SunSpec chain with model 1. What SunSpec has no point for (trip limits, insulation, rooms, cooling, UPS, generator,
switch, relay, load) stands in a vendor map beside the chain, from the same TOML by which the site reads it.
"""

from __future__ import annotations

from ironkeep.packs.equipment.maps import shipped
from ironkeep.twin.layout import SITE, Bank, Device, Particulars, Site
from ironkeep.twin.serve.battery import UNIT_OF_STRINGS, bank_blocks, string_blocks
from ironkeep.twin.serve.block import Block, fix, sunspec
from ironkeep.twin.serve.converter import converter_blocks, meter_blocks
from ironkeep.twin.serve.image import Unit
from ironkeep.twin.serve.vendor import vendor_block

DEVICE_UNIT = 1
CARD_MAP = "twin-card"  # a bank's card is in its own map, because 802 has its heartbeat
STRING_MAP = "twin-string"
MAP_OF_GROUP = {
    "bank": "twin-bms",
    "ups": "twin-ups",
    "gen": "twin-generator",
    "ats": "twin-switch",
    "dcmeter": "twin-dcmeter",
    "relay": "twin-relay",
    "room": "twin-room",
    "hvac": "twin-hvac",
    "it": "twin-load",
}


def units(site: Site = SITE) -> dict[str, dict[int, Unit]]:
    """Units of every device by its id."""
    return {device.id: _units(site, device) for device in site.devices}


def _units(site: Site, device: Device) -> dict[int, Unit]:
    chain = [nameplate(device.particulars)]
    maps = [MAP_OF_GROUP[device.group]] if device.group in MAP_OF_GROUP else []
    if device.group == "pcs":
        chain += converter_blocks(site, device.id)
    if device.group == "meter":
        chain += meter_blocks(site, device.id)
    if device.group != "bank":
        return {DEVICE_UNIT: _unit(site, chain, [*maps, CARD_MAP], (device.group, device.id))}
    bank = site.banks[site.row["bank", device.id]]
    found = {DEVICE_UNIT: _unit(site, [*chain, *bank_blocks(site, bank)], maps, ("bank", device.id))}
    for index in range(bank.strings):
        found[UNIT_OF_STRINGS + index + 1] = _string_unit(site, bank, index, device.particulars)
    return found


def _string_unit(site: Site, bank: Bank, index: int, particulars: Particulars) -> Unit:
    serial = f"{particulars.serial}-S{index + 1:02d}"
    own = Particulars(particulars.maker, particulars.model, serial, particulars.firmware)
    chain = [nameplate(own), *string_blocks(site, bank, index)]
    return _unit(site, chain, [STRING_MAP], ("string", bank.string_id(index)))


def _unit(site: Site, chain: list[Block], maps: list[str], row: tuple[str, str]) -> Unit:
    """A chain with vendor maps beside it; `row` is the group and the asset that the maps speak of."""
    return Unit(chain, apart=tuple(vendor_block(shipped()[name], site, *row) for name in maps))


def nameplate(particulars: Particulars) -> Block:
    """Model 1."""
    block = sunspec(1)
    words = {"Mn": particulars.maker, "Md": particulars.model, "Vr": particulars.firmware, "SN": particulars.serial}
    fix(block, {**words, "DA": DEVICE_UNIT})
    return block
