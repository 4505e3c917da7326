"""The served site read by pysunspec2's own client, against the plant's signals: names and meanings written out here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from ironkeep.twin.layout import BANKS, SITE


@contextmanager
def peer(served, device: str, unit: int = 1) -> Iterator[dict[int, list[Any]]]:
    """The models that the peer finds on a unit."""
    each = SunSpecModbusClientDeviceTCP(slave_id=unit, ipaddr="127.0.0.1", ipport=served.ports[device], timeout=30)
    try:
        each.scan()
        yield {key: models for key, models in each.models.items() if isinstance(key, int)}
    finally:
        each.close()


def close(read: float | None, signal: float, step: float) -> bool:
    """Equal within half a step of the register; absent for a number that is missing, zero for noise below it."""
    if read is None:
        return bool(np.isnan(signal))
    return abs(read - signal) <= step / 2 + 1e-6 or (read == 0 and -5 * step < signal < 0)


@pytest.fixture(scope="module")
def busy(shown):
    """A plant that has done something, so that few numbers are zero."""
    shown.plant.inject("utility-loss-late-generator")
    shown.step(25.0)
    return shown


@pytest.mark.parametrize("bank", ["cab-a", "cab-b", "con-1"])
def test_a_bank_says_in_802_and_803_what_its_management_system_shows(busy, bank: str) -> None:
    row = SITE.row["bank", bank]
    large = bank == "con-1"
    expected = {
        "SoC": ("soc_pct", 0.1),
        "SoH": ("soh_pct", 0.1),
        "V": ("voltage_v", 0.1),
        "A": ("current_a", 0.1),
        "W": ("power_w", 100 if large else 10),
        "State": ("state", 1),
        "ChaSt": ("charge_status", 1),
        "Evt1": ("event_bits", 1),
        "NCyc": ("cycles_count", 1),
        "AChaMax": ("charge_current_max_a", 0.1),
        "ADisChaMax": ("discharge_current_max_a", 0.1),
        "VMax": ("voltage_max_v", 0.1),
        "VMin": ("voltage_min_v", 0.1),
        "AHRtg": ("capacity_rated_ah", 1),
        "WHRtg": ("energy_rated_wh", 10),
        "WChaRteMax": ("charge_power_rated_w", 100),
        "WDisChaRteMax": ("discharge_power_rated_w", 100),
        "SocRsvMax": ("soc_reserve_max_pct", 0.1),
        "SoCRsvMin": ("soc_reserve_min_pct", 0.1),
    }
    with peer(busy, bank) as models:
        assert sorted(models) == [1, 802, 803]
        points = models[802][0].points
        for name, (signal, step) in expected.items():
            assert close(points[name].cvalue, busy.plant.signals[f"bank.{signal}"][row], step), name
        assert points["Hb"].cvalue == busy.plant.signals["device.heartbeat_count"][SITE.row["device", bank]]
        assert points["Typ"].cvalue == 4
        strings = models[803][0].groups["string"]
        currents = busy.plant.signals["string.current_a"][SITE.string_slice(bank)]
        assert len(strings) == len(currents) == models[803][0].NStr.cvalue
        assert all(close(s.StrA.cvalue, a, 0.1) for s, a in zip(strings, currents, strict=True))
        assert models[1][0].SN.cvalue == f"TW-{bank.upper()}"


@pytest.mark.parametrize(("bank", "string"), [("cab-a", 0), ("cab-b", 1), ("con-1", 0), ("con-1", 9)])
def test_a_string_s_unit_holds_every_cell_of_its_modules_in_order(busy, bank: str, string: int) -> None:
    declared = next(b for b in BANKS if b.id == bank)
    shape = (declared.strings, declared.modules, declared.cells)
    cells = {
        name: busy.plant.signals[f"cell.{name}"][SITE.cell_slice(bank)].reshape(shape)[string]
        for name in ("voltage_v", "temperature_c", "balancing")
    }
    with peer(busy, bank, 11 + string) as models:
        assert sorted(models) == [1, 804, 805]
        row = SITE.row["string", declared.string_id(string)]
        whole = models[804][0]
        assert close(whole.A.cvalue, busy.plant.signals["string.current_a"][row], 0.1)
        assert close(whole.V.cvalue, busy.plant.signals["string.voltage_v"][row], 0.1)
        closed, enabled = (busy.plant.signals[f"string.{n}"][row] for n in ("contactor_closed", "enabled"))
        assert whole.St.cvalue == enabled | closed << 1
        assert whole.ConSt.cvalue == busy.plant.signals["string.contactor_aux"][row]
        assert close(whole.CellVMax.cvalue, cells["voltage_v"].max(), 0.001)
        assert close(whole.ModTmpMin.cvalue, cells["temperature_c"].min(), 0.1)
        assert whole.CellVMaxMod.cvalue == np.argmax(cells["voltage_v"].max(axis=1)) + 1
        assert len(models[805]) == declared.modules
        for m, module in enumerate(models[805]):
            assert (module.StrIdx.cvalue, module.ModIdx.cvalue) == (string + 1, m + 1)
            for c, cell in enumerate(module.groups["lithium-ion-module-cell"]):
                assert close(cell.CellV.cvalue, cells["voltage_v"][m, c], 0.001)
                assert close(cell.CellTmp.cvalue, cells["temperature_c"][m, c], 0.1)
                assert cell.CellSt.cvalue == cells["balancing"][m, c]
            assert close(module.CellVAvg.cvalue, cells["voltage_v"][m].mean(), 0.001)


def test_the_converter_says_what_it_measures_and_how_it_is_set(busy) -> None:
    signals = busy.plant.signals
    measured = {
        "W": ("power_w", 100),
        "VA": ("apparent_va", 100),
        "Var": ("reactive_var", 100),
        "PF": ("power_factor", 0.001),
        "A": ("current_a", 1),
        "Hz": ("frequency_hz", 0.001),
        "TotWhInj": ("energy_injected_wh", 1),
        "TotWhAbs": ("energy_absorbed_wh", 1),
        "TmpAmb": ("ambient_c", 0.1),
        "TmpCab": ("cabinet_c", 0.1),
        "TmpSnk": ("sink_c", 0.1),
        "InvSt": ("state", 1),
        "ConnSt": ("connected", 1),
        "St": ("on", 1),
        "Alrm": ("alarm_bits", 1),
        "DERMode": ("mode_bits", 1),
    }
    with peer(busy, "pcs-1") as models:
        assert sorted(models) == [1, *range(701, 715)]
        for name, (signal, step) in measured.items():
            assert close(models[701][0].points[name].cvalue, signals[f"pcs.{signal}"][0], step), name
        for column in range(3):
            points = models[701][0].points
            assert close(points[f"VL{column + 1}"].cvalue, signals["pcs.phase_voltage_v"][0, column], 0.1)
            assert close(points[f"WL{column + 1}"].cvalue, signals["pcs.phase_power_w"][0, column], 100)
        assert close(models[701][0].VL2L3.cvalue, signals["pcs.line_voltage_v"][0, 1], 0.1)
        assert models[702][0].WMaxRtg.cvalue == signals["pcs.power_rated_w"][0]
        assert models[702][0].VarMaxAbsRtg.cvalue == signals["pcs.reactive_rated_var"][0]
        assert models[703][0].ESHzLo.cvalue == signals["pcs.enter_service"][0, 3]
        assert models[704][0].WSet.cvalue == signals["pcs.power_set_w"][0]
        for model, unit, name in ((705, "Var", "voltvar_var_pct"), (706, "W", "voltwatt_w_pct")):
            curve = models[model][0].groups["Crv"][0].groups["Pt"]
            assert [p.points[unit].cvalue for p in curve] == list(signals[f"pcs.{name}"][0])
        trips = ((707, "V", "low_voltage_pct"), (708, "V", "high_voltage_pct"))
        trips = (*trips, (709, "Hz", "low_frequency_hz"), (710, "Hz", "high_frequency_hz"))
        for model, unit, name in trips:
            points = models[model][0].groups["Crv"][0].groups["MustTrip"].groups["Pt"]
            assert [p.points[unit].cvalue for p in points] == list(signals[f"pcs.trip_{name}"][0])
            times = signals[f"pcs.trip_{name.rpartition('_')[0]}_s"][0]
            assert [p.Tms.cvalue for p in points] == pytest.approx(list(times))
        droop = models[711][0].groups["Ctl"][0]
        assert droop.DbOf.cvalue == pytest.approx(signals["pcs.droop_deadband_over_hz"][0])
        assert droop.KUf.cvalue == pytest.approx(signals["pcs.droop_under"][0])
        assert close(models[713][0].WHAvail.cvalue, signals["pcs.energy_available_wh"][0], 100)
        assert close(models[714][0].DCA.cvalue, signals["pcs.dc_current_a"][0], 0.1)
        assert close(models[714][0].groups["Prt"][0].DCV.cvalue, signals["pcs.dc_voltage_v"][0], 0.1)


@pytest.mark.parametrize("meter", ["meter-1", "meter-c"])
def test_a_meter_says_power_towards_the_busbar_and_its_registers(busy, meter: str) -> None:
    row = SITE.row["meter", meter]
    signals = {name: busy.plant.signals[f"meter.{name}"][row] for name in ("power_w", "reactive_var", "apparent_va")}
    with peer(busy, meter) as models:
        points = models[203][0].points
        assert close(points["W"].cvalue, signals["power_w"], 100)
        assert close(points["VAR"].cvalue, signals["reactive_var"], 100)
        assert close(points["VA"].cvalue, signals["apparent_va"], 100)
        assert points["TotWhImp"].cvalue == busy.plant.signals["meter.energy_import_wh"][row]
        assert points["TotWhExp"].cvalue == busy.plant.signals["meter.energy_export_wh"][row]
        assert close(points["PF"].cvalue, 100 * busy.plant.signals["meter.power_factor"][row], 0.1)
        for column, phase in enumerate("ABC"):
            assert close(points[f"PhVph{phase}"].cvalue, busy.plant.signals["meter.phase_voltage_v"][row, column], 0.1)
            assert close(points[f"Aph{phase}"].cvalue, busy.plant.signals["meter.phase_current_a"][row, column], 1)


def test_every_device_has_a_nameplate_of_its_own(busy) -> None:
    serials = set()
    for device in SITE.devices:
        with peer(busy, device.id) as models:
            assert models[1][0].Md.cvalue == device.particulars.model
            assert models[1][0].Vr.cvalue == device.particulars.firmware
            serials.add(models[1][0].SN.cvalue)
    assert len(serials) == len(SITE.devices)
