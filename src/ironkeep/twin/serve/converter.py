"""The SunSpec models of the container's converter (701 to 714) and of the AC meters (203).

Rules. Power is positive on discharge in 701 and 714, and towards the site's busbar in 203; 203 counts what goes that
way as imported. The sum of three phase currents at full power needs whole amperes in a 16-bit register, and its phases
share the scale factor. Curves that the plant does not have are offered empty and disabled.
Source: SunSpec models 701-714 (IEEE 1547-2018 functions) and 203.
"""

from __future__ import annotations

from ironkeep.twin.layout import Site
from ironkeep.twin.serve.block import Block, fix, sunspec

_PHASES = (("L1", "l1"), ("L2", "l2"), ("L3", "l3"))
_LINES = (("VL1L2", "l1"), ("VL2L3", "l2"), ("VL3L1", "l3"))
_ADOPTED = {"AdptCrvReq": 0, "AdptCrvRslt": 1}
_VOLT_VAR, _FREQ_WATT, _VOLT_WATT = 1 << 4, 1 << 5, 1 << 10
_TRIPS = 1 << 7 | 1 << 8 | 1 << 12 | 1 << 13
_FIXED_W = 1 << 1

_701 = {
    "St": "pcs.on",
    "InvSt": "pcs.state",
    "ConnSt": "pcs.connected",
    "Alrm": "pcs.alarm_bits",
    "DERMode": "pcs.mode_bits",
    "W": "pcs.power_w",
    "VA": "pcs.apparent_va",
    "Var": "pcs.reactive_var",
    "PF": "pcs.power_factor",
    "A": "pcs.current_a",
    "LLV": "pcs.line_voltage_mean_v",
    "LNV": "pcs.phase_voltage_mean_v",
    "Hz": "pcs.frequency_hz",
    "TotWhInj": "pcs.energy_injected_wh",
    "TotWhAbs": "pcs.energy_absorbed_wh",
    "TmpAmb": "pcs.ambient_c",
    "TmpCab": "pcs.cabinet_c",
    "TmpSnk": "pcs.sink_c",
    **{f"W{name}": f"pcs.phase_power_w/{column}" for name, column in _PHASES},
    **{f"A{name}": f"pcs.phase_current_a/{column}" for name, column in _PHASES},
    **{f"V{name}": f"pcs.phase_voltage_v/{column}" for name, column in _PHASES},
    **{name: f"pcs.line_voltage_v/{column}" for name, column in _LINES},
}
_701_SCALES = {"A_SF": 0, "V_SF": -1, "Hz_SF": -3, "W_SF": 2, "PF_SF": -3, "VA_SF": 2, "Var_SF": 2, "TotWh_SF": 0}
_702 = {
    "WMaxRtg": "pcs.power_rated_w",
    "VAMaxRtg": "pcs.apparent_rated_va",
    "VarMaxInjRtg": "pcs.reactive_rated_var",
    "VarMaxAbsRtg": "pcs.reactive_rated_var",
    "VNomRtg": "pcs.voltage_nominal_v",
    "WMax": "pcs.power_max_w",
    "WChaRteMax": "pcs.charge_power_max_w",
    "WDisChaRteMax": "pcs.discharge_power_max_w",
}
_703 = {
    "ESVHi": "pcs.enter_service/v_high_pct",
    "ESVLo": "pcs.enter_service/v_low_pct",
    "ESHzHi": "pcs.enter_service/hz_high",
    "ESHzLo": "pcs.enter_service/hz_low",
    "ESDlyTms": "pcs.enter_service/delay_s",
    "ESRmpTms": "pcs.enter_service/ramp_s",
}
_711 = {
    "DbOf": "pcs.droop_deadband_over_hz",
    "DbUf": "pcs.droop_deadband_under_hz",
    "KOf": "pcs.droop_over",
    "KUf": "pcs.droop_under",
    "RspTms": "pcs.droop_response_s",
}
_714 = {"DCA": "pcs.dc_current_a", "DCW": "pcs.dc_power_w"} | {
    "DCWhInj": "pcs.dc_energy_injected_wh",
    "DCWhAbs": "pcs.dc_energy_absorbed_wh",
}
_203 = {
    "A": "meter.ac_current_a",
    "PhV": "meter.phase_voltage_mean_v",
    "Hz": "meter.frequency_hz",
    "W": "meter.power_w",
    "VA": "meter.apparent_va",
    "VAR": "meter.reactive_var",
    "PF": "meter.power_factor*100",  # per cent in this model
    "TotWhExp": "meter.energy_export_wh",
    "TotWhImp": "meter.energy_import_wh",
    **{f"Aph{n}": f"meter.phase_current_a/{c}" for n, c in zip("ABC", ("l1", "l2", "l3"), strict=True)},
    **{f"PhVph{n}": f"meter.phase_voltage_v/{c}" for n, c in zip("ABC", ("l1", "l2", "l3"), strict=True)},
    **{f"Wph{n}": f"meter.phase_power_w/{c}" for n, c in zip("ABC", ("l1", "l2", "l3"), strict=True)},
}
_203_SCALES = {"A_SF": 0, "V_SF": -1, "Hz_SF": -2, "W_SF": 2, "VA_SF": 2, "VAR_SF": 2, "PF_SF": -1, "TotWh_SF": 0}


def meter_blocks(site: Site, device: str) -> list[Block]:
    """Model 203 of an AC meter."""
    block = sunspec(203, _203_SCALES)
    block.show({"meter": site.row["meter", device]}, _203)
    fix(block, {"Evt": 0})
    return [block]


def converter_blocks(site: Site, device: str) -> list[Block]:
    """Models 701 to 714 of a converter."""
    rows = {"pcs": site.row["pcs", device]}
    measured = sunspec(701, _701_SCALES | {"Tmp_SF": -1})
    measured.show(rows, _701)
    fix(measured, {"ACType": 2, "ThrotPct": 100, "ThrotSrc": 0})
    rated = sunspec(702, {"W_SF": 2, "VA_SF": 2, "Var_SF": 2, "V_SF": -1})
    rated.show(rows, _702)
    fix(rated, {"CtrlModes": _FIXED_W | _VOLT_VAR | _FREQ_WATT | _VOLT_WATT | _TRIPS, "NorOpCatRtg": 1})
    entry = sunspec(703, {"V_SF": -1, "Hz_SF": -2})
    entry.show(rows, _703)
    fix(entry, {"ES": 1})
    control = sunspec(704, {"WSet_SF": 0, "WMaxLimPct_SF": 0})
    control.show(rows, {"WSet": "pcs.power_set_w"})
    fix(control, {"WMaxLimPctEna": 0, "WMaxLimPct": 100, "WSetEna": 1, "WSetMod": 1, "VarSetEna": 0})
    return [measured, rated, entry, control, *_curves(rows), *_trips(rows), *_rest(rows)]


def _curves(rows: dict[str, int]) -> list[Block]:
    """705 volt-var and 706 volt-watt, one curve each."""
    blocks = []
    for model, signal, axis, points, fixed in (
        (705, "voltvar", "var", 4, {"DeptRef": 1, "Pri": 1}),
        (706, "voltwatt", "w", 2, {"DeptRef": 0}),
    ):
        block = sunspec(model, {"V_SF": -1, "DeptRef_SF": -1, "RspTms_SF": 0}, {"Crv": 1, "Pt": points})
        fix(block, {"Ena": 1, "NPt": points, "NCrv": 1, **_ADOPTED})
        fix(block, {"ActPt": points, "ReadOnly": 1, "RspTms": 5, **fixed}, ("Crv[0].",))
        for p in range(points):
            shown = {"V": f"pcs.{signal}_v_pct/p{p + 1}", axis.title(): f"pcs.{signal}_{axis}_pct/p{p + 1}"}
            block.show(rows, shown, f"Crv[0].Pt[{p}].")
        blocks.append(block)
    return blocks


def _trips(rows: dict[str, int]) -> list[Block]:
    """707 to 710: must-trip curves of voltage and frequency, low and high; the other curves are empty."""
    blocks = []
    for model, signal, point, unit, scale in (
        (707, "low_voltage", "V", "pct", {"V_SF": -1}),
        (708, "high_voltage", "V", "pct", {"V_SF": -1}),
        (709, "low_frequency", "Hz", "hz", {"Hz_SF": -2}),
        (710, "high_frequency", "Hz", "hz", {"Hz_SF": -2}),
    ):
        block = sunspec(model, scale | {"Tms_SF": -2}, {"Crv": 1, "Pt": 2})
        fix(block, {"Ena": 1, "NPt": 2, "NCrvSet": 1, **_ADOPTED, "Crv[0].ReadOnly": 1, "Crv[0].MustTrip.ActPt": 2})
        fix(block, {"ActPt": 0}, ("Crv[0].MayTrip.", "Crv[0].MomCess."))
        for p in (1, 2):
            shown = {point: f"pcs.trip_{signal}_{unit}/p{p}", "Tms": f"pcs.trip_{signal}_s/p{p}"}
            block.show(rows, shown, f"Crv[0].MustTrip.Pt[{p - 1}].")
        blocks.append(block)
    return blocks


def _rest(rows: dict[str, int]) -> list[Block]:
    """711 droop, 712 watt-var (not used), 713 storage, 714 the DC port."""
    droop = sunspec(711, {"Db_SF": -3, "K_SF": -3, "RspTms_SF": 0}, {"Ctl": 1})
    droop.show(rows, {"Ena": "pcs.droop_enabled"})
    droop.show(rows, _711, "Ctl[0].")
    fix(droop, {"AdptCtlReq": 0, "AdptCtlRslt": 1, "NCtl": 1, "Ctl[0].ReadOnly": 1})
    watt_var = sunspec(712, {"W_SF": -1, "DeptRef_SF": -1}, {"Crv": 1, "Pt": 2})
    fix(watt_var, {"Ena": 0, "NPt": 2, "NCrv": 1, **_ADOPTED})
    fix(watt_var, {"ActPt": 0, "DeptRef": 1, "ReadOnly": 1}, ("Crv[0].",))
    storage = sunspec(713, {"WH_SF": 2, "Pct_SF": -1})
    storage.show(rows, {"WHAvail": "pcs.energy_available_wh"})
    fix(storage, {"Sta": 0})
    port = sunspec(714, {"DCA_SF": -1, "DCV_SF": -1, "DCW_SF": 2, "DCWH_SF": 0}, {"Prt": 1})
    port.show(rows, _714)
    port.show(rows, {**_714, "DCV": "pcs.dc_voltage_v"}, "Prt[0].")
    fix(port, {"PrtAlrms": 0, "NPrt": 1})
    fix(port, {"PrtTyp": 1, "ID": 1, "IDStr": "BATTERY", "DCSta": 1, "DCAlrm": 0}, ("Prt[0].",))
    return [droop, watt_var, storage, port]
