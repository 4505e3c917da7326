"""What each device of the site offers: its nameplate, its models, and its vendor map where it has one.

Rules. One listener per device. Unit 1 is the device; a bank has a unit for each string besides. Every unit begins its
SunSpec chain with model 1. What SunSpec has no point for (trip limits, insulation, rooms, cooling, UPS, generator,
switch, relay, load) stands in a vendor map beside the chain, from the same TOML by which the site reads it.
"""

from __future__ import annotations

from ironkeep.twin.layout import SITE, Bank, Device, Particulars, Site
from ironkeep.twin.serve.battery import UNIT_OF_STRINGS, bank_blocks, string_blocks
from ironkeep.twin.serve.block import Block, fix, sunspec
from ironkeep.twin.serve.converter import converter_blocks, meter_blocks
from ironkeep.twin.serve.image import Unit

DEVICE_UNIT = 1


def units(site: Site = SITE) -> dict[str, dict[int, Unit]]:
    """Units of every device by its id."""
    return {device.id: _units(site, device) for device in site.devices}


def _units(site: Site, device: Device) -> dict[int, Unit]:
    first = nameplate(device.particulars)
    if device.group == "bank":
        bank = site.banks[site.row["bank", device.id]]
        found = {DEVICE_UNIT: Unit([first, *bank_blocks(site, bank)])}
        for index in range(bank.strings):
            found[UNIT_OF_STRINGS + index + 1] = _string_unit(site, bank, index, device.particulars)
        return found
    if device.group == "pcs":
        return {DEVICE_UNIT: Unit([first, *converter_blocks(site, device.id)])}
    if device.group == "meter":
        return {DEVICE_UNIT: Unit([first, *meter_blocks(site, device.id)])}
    return {DEVICE_UNIT: Unit([first])}


def _string_unit(site: Site, bank: Bank, index: int, particulars: Particulars) -> Unit:
    serial = f"{particulars.serial}-S{index + 1:02d}"
    own = Particulars(particulars.maker, particulars.model, serial, particulars.firmware)
    return Unit([nameplate(own), *string_blocks(site, bank, index)])


def nameplate(particulars: Particulars) -> Block:
    """Model 1."""
    block = sunspec(1)
    words = {"Mn": particulars.maker, "Md": particulars.model, "Vr": particulars.firmware, "SN": particulars.serial}
    fix(block, {**words, "DA": DEVICE_UNIT})
    return block
