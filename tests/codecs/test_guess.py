"""Heads and values tell what they tell; where two readings fit, none is taken."""

import pytest

from ironkeep.codecs import headers
from ironkeep.codecs.guess import guess
from ironkeep.codecs.quantity import unit
from ironkeep.model.errors import Refused
from ironkeep.model.recording import FileWords, Guess, Head, Mapping, Positive, Sure, TimeForm


def head(names: list[str], *rows: list[str]) -> Head:
    cells = tuple(tuple(row) for row in rows)
    return Head("rec.csv", 1000, FileWords(), tuple(names), cells, tuple(range(2, len(rows) + 2)))


def guessed(name: str, values: list[str], *more: tuple[str, list[str]]) -> tuple[Mapping, dict[str, Guess]]:
    columns = [(name, values), *more]
    rows = [[f"2026-03-02T06:{n:02}:00Z", *(column[n] for _, column in columns)] for n in range(len(values))]
    mapping, found = guess(head(["Time", *(each for each, _ in columns)], *rows))
    return mapping, {each.subject: each for each in found}


@pytest.mark.parametrize(
    ("text", "point", "unit_name"),
    [
        ("Pack Voltage [V]", "voltage_v", "V"),
        ("temp_C", "temperature_c", "°C"),
        ("SoC (%)", "soc_pct", "%"),
        ("SOC%", "soc_pct", "%"),
        ("StateOfCharge", "soc_pct", ""),
        ("Cell 12 Voltage (mV)", "cell_voltage_12_v", "mV"),
        ("CellV_03", "cell_voltage_03_v", ""),
        ("Max Cell Temp (°F)", "cell_temperature_max_c", "°F"),
        ("Strom [A]", "current_a", "A"),
        ("Batteriespannung [V]", "voltage_v", "V"),
        ("Zelltemperatur max", "cell_temperature_max_c", ""),
        ("Entladeenergie [kWh]", "energy_discharged_wh", "kWh"),
        ("Courant batterie (A)", "current_a", "A"),
        ("Température max cellule", "cell_temperature_max_c", ""),
        ("P_kW", "power_w", "kW"),
        ("T1 [°C]", "cell_temperature_01_c", "°C"),
        ("Energy charged kWh", "energy_charged_wh", "kWh"),
        ("Batterie Ladestand [%]", "soc_pct", "%"),
        ("soc_permille", "soc_pct", "‰"),
        ("Powerwall (kW)", "power_w", "kW"),
        ("DC Bus (V)", "voltage_v", "V"),
        ("PV Power [kW]", "", ""),
        ("Netz Leistung [W]", "", ""),
        ("Load Power [W]", "", ""),
        ("v_l1n_V", "", ""),
        ("U12 [V]", "", ""),
        ("AC Power [kW]", "", ""),
        ("Power setpoint [kW]", "", ""),
        ("Operator", "", ""),
    ],
)
def test_a_head_tells_point_and_unit(text: str, point: str, unit_name: str) -> None:
    told = headers.read(text)
    assert told.point == point
    assert (told.unit.name if told.unit else "") == unit_name


def test_a_unit_that_does_not_fit_its_point_is_not_taken() -> None:
    assert headers.read("Pack Voltage [A]").unit is None


@pytest.mark.parametrize(("text", "name"), [("kw", "kW"), ("MW", "MW"), ("mW", None), ("mw", None), ("mV", "mV")])
def test_milli_and_mega_are_never_confused(text: str, name: str | None) -> None:
    found = unit(text)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("name", "values", "taken"),
    [
        ("Voltage", ["735.1", "735.2", "735.3"], "V"),
        ("Voltage", ["3.2", "3.3", "3.3"], ""),
        ("Voltage", ["3200", "3300", "3310"], ""),
        ("Cell 1 Voltage", ["3.2", "3.3", "3.3"], "V"),
        ("Cell 1 Voltage", ["3200", "3300", "3310"], "mV"),
        ("SoC", ["50", "51", "52"], "%"),
        ("SoC", ["0.5", "0.51", "0.52", "0.53", "0.54"], "fraction"),
        ("SoC", ["1", "1", "1"], ""),
        ("Temperature", ["25.1", "25.2", "25.3"], "°C"),
        ("Temperature", ["77", "78", "79"], "°F"),
        ("Temperature", ["298", "299", "300"], ""),
        ("Current", ["-10.5", "3.1", "2.2"], ""),
        ("Power", ["-10.5", "3.1", "2.2"], ""),
    ],
)
def test_values_tell_a_unit_only_where_one_alone_fits(name: str, values: list[str], taken: str) -> None:
    mapping, why = guessed(name, values)
    assert mapping.column[0].unit == taken
    assert why[name].sure is (Sure.LIKELY if taken else Sure.UNCLEAR)


def test_power_tells_its_unit_by_volts_times_amperes() -> None:
    volts, amperes = ["700.0"] * 6, ["10.5", "20.5", "-30.5", "40.5", "50.5", "60.5"]
    kilowatts = [f"{700 * float(each) / 1000:.2f}" for each in amperes]
    mapping, why = guessed("Power", kilowatts, ("Voltage", volts), ("Current [A]", amperes))
    assert mapping.column[0].unit == "kW"
    assert "volts times amperes" in why["Power"].why


def test_the_sign_is_unknown_unless_the_head_says_it() -> None:
    mapping, _ = guessed("Current [A]", ["1.5"], ("Discharge Power [W]", ["5"]))
    assert [column.positive for column in mapping.column] == [Positive.UNKNOWN, Positive.DISCHARGE]


@pytest.mark.parametrize(
    ("name", "cells", "asset", "point", "on"),
    [
        ("Rack 1 Main Contactor", ["Open", "Closed"], "rack-1", "contactor_state", "closed"),
        ("Contactor closed", ["TRUE", "FALSE"], "", "contactor_state", "true"),
        ("Contactor open", ["TRUE", "FALSE"], "", "contactor_state", "false"),
        ("Hauptschütz", ["ein", "aus"], "", "contactor_state", "ein"),
        ("Precharge contactor", ["off", "on"], "", "precharge_contactor_state", "on"),
        ("Door open", ["nein", "ja"], "", "door_open_state", "ja"),
        ("Status", ["stopped", "running"], "", "device_state", "running"),
        ("Current on", ["off", ""], "", "current_on_state", "on"),
    ],
)
def test_words_of_two_positions_are_a_state(name: str, cells: list[str], asset: str, point: str, on: str) -> None:
    mapping, why = guessed(name, cells)
    (column,) = mapping.column
    assert (column.asset, column.point, column.on[0]) == (asset, point, on)
    assert why[name].sure is Sure.LIKELY
    assert f"{on} is on" in why[name].taken


def test_a_second_column_of_one_switch_and_a_column_of_three_words_are_left_out_by_name() -> None:
    more = ("Contactor status", ["open", "closed", "closed"]), ("Mode", ["on", "off", "eco"])
    mapping, why = guessed("Contactor", ["open", "closed", "closed"], *more)
    assert [column.name for column in mapping.column] == ["Contactor"]
    assert mapping.file.ignored == ("Contactor status", "Mode")
    assert why["Contactor status"].taken == "left out"


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["31/03/2026 12:00"], TimeForm.DMY),
        (["03/31/2026 12:00"], TimeForm.MDY),
        (["03/04/2026 12:00", "03.05.2026 12:00"], TimeForm.OPEN),
        (["1772431200", "1772431260"], TimeForm.EPOCH_S),
        (["1772431200000"], TimeForm.EPOCH_MS),
        (["1772431200000000"], TimeForm.EPOCH_US),
        (["2026-03-01 12:00:00"], TimeForm.ISO),
    ],
)
def test_the_form_of_times_is_told_by_them(cells: list[str], form: TimeForm) -> None:
    mapping, _ = guess(head(["Time", "SoC [%]"], *([cell, "50.5"] for cell in cells)))
    assert mapping.time.form is form


def test_a_date_and_a_time_of_day_in_two_columns_belong_together() -> None:
    mapping, _ = guess(head(["Date", "Time", "SoC [%]"], ["2026-03-01", "12:00:00", "50.5"]))
    assert (mapping.time.column, mapping.time.clock_column) == ("Date", "Time")


def test_a_file_of_which_nothing_is_understood_is_refused_with_its_columns() -> None:
    with pytest.raises(Refused, match="no column is understood: 'Colour'"):
        guess(head(["Time", "Colour"], ["2026-03-01T12:00:00Z", "5"]))
    with pytest.raises(Refused, match="no column holds times"):
        guess(head(["Colour", "SoC"], ["red", "5"]))


@pytest.mark.parametrize(
    ("text", "asset", "point"),
    [
        ("Rack 1 Voltage [V]", "rack-1", "voltage_v"),
        ("Rack 1 Module 3 Voltage [V]", "rack-1-module-3", "voltage_v"),
        ("Rack 1 Module 3 Cell 12 Voltage [mV]", "rack-1-module-3", "cell_voltage_12_v"),
        ("BESS-01/Core-02 DC Current (A)", "bess-01-core-02", "current_a"),
        ("Battery Monitor [256] Voltage", "battery-monitor-256", "voltage_v"),
    ],
)
def test_every_part_of_a_path_names_the_asset(text: str, asset: str, point: str) -> None:
    told = headers.read(text)
    assert (told.asset, told.point) == (asset, point)


def test_the_battery_s_own_column_is_taken_whatever_stands_before_it() -> None:
    mapping, _ = guessed("Voltage [V]", ["350", "351", "352"], ("Battery Voltage [V]", ["735.1", "735.2", "735.3"]))
    assert [column.name for column in mapping.column] == ["Battery Voltage [V]"]
