"""The SunSpec models of a battery bank: 802 and 803 on unit 1, 804 and an 805 for each module on a unit per string.

Rules. Unit 1 is the bank, unit 10 + s its string number s (from 1 in ids, so `cab-a.s1` is unit 11). Current and power
are positive on discharge. State of charge and health have one decimal, cells millivolts, modules 10 mV, temperatures a
tenth of a degree. 804 and 805 are what makers offer when they offer cells; 805 makes the temperature of every cell
mandatory, so copies of few thermistors stand there (S60).
"""

from __future__ import annotations

from ironkeep.twin.layout import Bank, Site
from ironkeep.twin.serve.block import Block, fix, sunspec

UNIT_OF_STRINGS = 10
_LITHIUM_ION = 4
_TENTHS, _HUNDREDTHS, _THOUSANDTHS = -1, -2, -3

_802 = {
    "AHRtg": "bank.capacity_rated_ah",
    "WHRtg": "bank.energy_rated_wh",
    "WChaRteMax": "bank.charge_power_rated_w",
    "WDisChaRteMax": "bank.discharge_power_rated_w",
    "SoCMax": "bank.soc_max_pct",
    "SoCMin": "bank.soc_min_pct",
    "SocRsvMax": "bank.soc_reserve_max_pct",
    "SoCRsvMin": "bank.soc_reserve_min_pct",
    "SoC": "bank.soc_pct",
    "SoH": "bank.soh_pct",
    "NCyc": "bank.cycles_count",
    "ChaSt": "bank.charge_status",
    "Hb": "device.heartbeat_count",
    "State": "bank.state",
    "Evt1": "bank.event_bits",
    "V": "bank.voltage_v",
    "VMax": "bank.voltage_max_v",
    "VMin": "bank.voltage_min_v",
    "CellVMax": "bank.cell_voltage_max_v",
    "CellVMaxStr": "bank.cell_voltage_max_string",
    "CellVMaxMod": "bank.cell_voltage_max_module",
    "CellVMin": "bank.cell_voltage_min_v",
    "CellVMinStr": "bank.cell_voltage_min_string",
    "CellVMinMod": "bank.cell_voltage_min_module",
    "CellVAvg": "bank.cell_voltage_mean_v",
    "A": "bank.current_a",
    "AChaMax": "bank.charge_current_max_a",
    "ADisChaMax": "bank.discharge_current_max_a",
    "W": "bank.power_w",
}
_802_FIXED = {
    "LocRemCtl": 0,  # remote
    "AlmRst": 0,
    "Typ": _LITHIUM_ION,
    "Evt2": 0,
    "EvtVnd1": 0,
    "EvtVnd2": 0,
    "SetOp": 1,  # connect
    "SetInvState": 3,  # started
}
_803 = {
    "NStrCon": "bank.strings_connected",
    "ModTmpMax": "bank.cell_temperature_max_c",
    "ModTmpMaxStr": "bank.cell_temperature_max_string",
    "ModTmpMaxMod": "bank.cell_temperature_max_module",
    "ModTmpMin": "bank.cell_temperature_min_c",
    "ModTmpMinStr": "bank.cell_temperature_min_string",
    "ModTmpMinMod": "bank.cell_temperature_min_module",
    "ModTmpAvg": "bank.cell_temperature_mean_c",
    "StrVMax": "bank.string_voltage_max_v",
    "StrVMaxStr": "bank.string_voltage_max_string",
    "StrVMin": "bank.string_voltage_min_v",
    "StrVMinStr": "bank.string_voltage_min_string",
    "StrVAvg": "bank.string_voltage_mean_v",
    "StrAMax": "bank.string_current_max_a",
    "StrAMaxStr": "bank.string_current_max_string",
    "StrAMin": "bank.string_current_min_a",
    "StrAMinStr": "bank.string_current_min_string",
    "StrAAvg": "bank.string_current_mean_a",
    "NCellBal": "bank.balancing_count",
}
_803_STRING = {
    "StrSt": "string.state_bits",
    "StrConFail": "string.connect_failure",
    "StrSoC": "string.soc_pct",
    "StrSoH": "string.soh_pct",
    "StrA": "string.current_a",
    "StrCellVMax": "string.cell_voltage_max_v",
    "StrCellVMaxMod": "string.cell_voltage_max_module",
    "StrCellVMin": "string.cell_voltage_min_v",
    "StrCellVMinMod": "string.cell_voltage_min_module",
    "StrCellVAvg": "string.cell_voltage_mean_v",
    "StrModTmpMax": "string.cell_temperature_max_c",
    "StrModTmpMaxMod": "string.cell_temperature_max_module",
    "StrModTmpMin": "string.cell_temperature_min_c",
    "StrModTmpMinMod": "string.cell_temperature_min_module",
    "StrModTmpAvg": "string.cell_temperature_mean_c",
    "StrConSt": "string.contactor_bits",
    "StrEvt1": "string.event_bits",
}
_804 = {
    "St": "string.state_bits",
    "ConFail": "string.connect_failure",
    "NCellBal": "string.balancing_count",
    "SoC": "string.soc_pct",
    "NCyc": "string.cycles_count",
    "SoH": "string.soh_pct",
    "A": "string.current_a",
    "V": "string.voltage_v",
    "CellVMax": "string.cell_voltage_max_v",
    "CellVMaxMod": "string.cell_voltage_max_module",
    "CellVMin": "string.cell_voltage_min_v",
    "CellVMinMod": "string.cell_voltage_min_module",
    "CellVAvg": "string.cell_voltage_mean_v",
    "ModTmpMax": "string.cell_temperature_max_c",
    "ModTmpMaxMod": "string.cell_temperature_max_module",
    "ModTmpMin": "string.cell_temperature_min_c",
    "ModTmpMinMod": "string.cell_temperature_min_module",
    "ModTmpAvg": "string.cell_temperature_mean_c",
    "ConSt": "string.contactor_bits",
    "Evt1": "string.event_bits",
}
_804_MODULE = {
    "ModSoC": "module.soc_pct",
    "ModSoH": "module.soh_pct",
    "ModCellVMax": "module.cell_voltage_max_v",
    "ModCellVMaxCell": "module.cell_voltage_max_cell",
    "ModCellVMin": "module.cell_voltage_min_v",
    "ModCellVMinCell": "module.cell_voltage_min_cell",
    "ModCellVAvg": "module.cell_voltage_mean_v",
    "ModCellTmpMax": "module.cell_temperature_max_c",
    "ModCellTmpMaxCell": "module.cell_temperature_max_cell",
    "ModCellTmpMin": "module.cell_temperature_min_c",
    "ModCellTmpMinCell": "module.cell_temperature_min_cell",
    "ModCellTmpAvg": "module.cell_temperature_mean_c",
}
_805 = {
    "SoC": "module.soc_pct",
    "SoH": "module.soh_pct",
    "V": "module.voltage_v",
    "CellVMax": "module.cell_voltage_max_v",
    "CellVMaxCell": "module.cell_voltage_max_cell",
    "CellVMin": "module.cell_voltage_min_v",
    "CellVMinCell": "module.cell_voltage_min_cell",
    "CellVAvg": "module.cell_voltage_mean_v",
    "CellTmpMax": "module.cell_temperature_max_c",
    "CellTmpMaxCell": "module.cell_temperature_max_cell",
    "CellTmpMin": "module.cell_temperature_min_c",
    "CellTmpMinCell": "module.cell_temperature_min_cell",
    "CellTmpAvg": "module.cell_temperature_mean_c",
    "NCellBal": "module.balancing_count",
}
_805_CELL = {"CellV": "cell.voltage_v", "CellTmp": "cell.temperature_c", "CellSt": "cell.balancing"}

_802_SCALES = {
    "AHRtg_SF": 0,
    "WHRtg_SF": 1,
    "WChaDisChaMax_SF": 1,
    "SoC_SF": _TENTHS,
    "SoH_SF": _TENTHS,
    "V_SF": _TENTHS,
    "CellV_SF": _THOUSANDTHS,
    "A_SF": _TENTHS,
    "AMax_SF": _TENTHS,
    "W_SF": 1,
}
_LARGE_SCALES = {"WHRtg_SF": 2, "WChaDisChaMax_SF": 2, "W_SF": 2}  # above 327 kW a register of 10 W steps is full
_LARGE_W = 300_000.0
_SHARED_SCALES = {"SoC_SF": _TENTHS, "SoH_SF": _TENTHS, "CellV_SF": _THOUSANDTHS, "ModTmp_SF": _TENTHS}


def bank_blocks(site: Site, bank: Bank) -> list[Block]:
    """Models 802 and 803 of a bank."""
    rows = {"bank": site.row["bank", bank.id], "device": site.row["device", bank.id]}
    whole = sunspec(802, _802_SCALES | (_LARGE_SCALES if bank.power_rated_w > _LARGE_W else {}))
    whole.show(rows, _802)
    fix(whole, _802_FIXED)
    strings = sunspec(803, _SHARED_SCALES | {"A_SF": _TENTHS, "V_SF": _TENTHS}, {"string": bank.strings})
    strings.show(rows, _803)
    fix(strings, {"NStr": bank.strings})
    for index in range(bank.strings):
        prefix = f"string[{index}]."
        strings.show({"string": site.row["string", bank.string_id(index)]}, _803_STRING, prefix)
        fix(strings, {"StrNMod": bank.modules, "StrEvt2": 0, "StrEvtVnd1": 0, "StrEvtVnd2": 0}, (prefix,))
    return [whole, strings]


def string_blocks(site: Site, bank: Bank, index: int) -> list[Block]:
    """Model 804 of a string (index from 0) and one 805 for each of its modules."""
    name = bank.string_id(index)
    string = sunspec(
        804, _SHARED_SCALES | {"A_SF": _TENTHS, "V_SF": _TENTHS}, {"lithium_ion_string_module": bank.modules}
    )
    string.show({"string": site.row["string", name]}, _804)
    fix(string, {"Idx": index + 1, "NMod": bank.modules, "Evt2": 0, "EvtVnd1": 0, "EvtVnd2": 0})
    blocks = [string]
    for m in range(bank.modules):
        row = site.row["module", f"{name}.m{m + 1:02d}"]
        prefix = f"lithium_ion_string_module[{m}]."
        string.show({"module": row}, _804_MODULE, prefix)
        fix(string, {"ModNCell": bank.cells}, (prefix,))
        blocks.append(_module_block(site, bank, (index, m)))
    return blocks


def _module_block(site: Site, bank: Bank, where: tuple[int, int]) -> Block:
    """Model 805 of the module at (string, module), both from 0."""
    name = f"{bank.string_id(where[0])}.m{where[1] + 1:02d}"
    scales = {"SoC_SF": _TENTHS, "SoH_SF": _TENTHS, "V_SF": _HUNDREDTHS, "CellV_SF": _THOUSANDTHS, "Tmp_SF": _TENTHS}
    block = sunspec(805, scales, {"lithium-ion-module-cell": bank.cells})
    block.show({"module": site.row["module", name]}, _805)
    fix(block, {"StrIdx": where[0] + 1, "ModIdx": where[1] + 1, "NCell": bank.cells, "SN": f"TW-{name.upper()}"})
    for c in range(bank.cells):
        row = site.row["cell", f"{name}.c{c + 1:02d}"]
        block.show({"cell": row}, _805_CELL, f"lithium-ion-module-cell[{c}].")
    return block
