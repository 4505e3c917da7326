"""Exports as historians, loggers, portals and spreadsheets write them: the same values as the clean file, and told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ironkeep.adapters.stores.recordings.adapter import open_recording
from ironkeep.codecs.guess import guess
from ironkeep.codecs.mapping import parse, write
from ironkeep.model.errors import Refused
from ironkeep.model.recording import Mapping, Recording

START = datetime(2026, 3, 22, 6, 0, tzinfo=UTC)
VOLTS = [735.1, 735.2, 1735.3, 734.9, 735.0, 735.4]
AMPS = [0.0, -10.5, -10.4, 12.25, 12.5, -3.5]
SOC = [50.0, 50.1, 50.2, 50.1, 50.0, 49.9]


def stamps(form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    return [(START + timedelta(minutes=n)).strftime(form) for n in range(len(VOLTS))]


def rows(times: list[str] | None = None, separator: str = ";") -> list[str]:
    cells = zip(times or stamps(), VOLTS, AMPS, SOC, strict=True)
    return [separator.join(map(str, row)) for row in cells]


HEAD = "Time;Voltage [V];Current [A];SoC [%]"


def written(folder: Path, lines: list[str] | bytes, name: str = "rec.csv") -> Path:
    path = folder / name
    path.write_bytes(lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode())
    return path


def taken(path: Path, change: tuple[str, str] = ("", "")) -> tuple[Recording, Mapping]:
    with open_recording(path) as file:
        mapping, _ = guess(file.head())
        text = write(mapping)
        assert parse(text) == mapping
        assert change[0] in text
        mapping = parse(text.replace(*change) if change[0] else text)
    with open_recording(path) as file:
        return file.read(mapping), mapping


def told(recording: Recording) -> dict[str, tuple[int, int]]:
    return {each.what: (each.count, each.line) for each in recording.intake.mended}


def is_right(recording: Recording, shift: timedelta = timedelta()) -> bool:
    track = recording.tracks[0]
    wanted = [(START + timedelta(minutes=n) + shift).timestamp() * 1e6 for n in range(len(VOLTS))]
    values = [track.values[point].tolist() for point in ("voltage_v", "current_a", "soc_pct")]
    return bool(np.allclose(track.at_us, wanted)) and np.allclose(values, [VOLTS, AMPS, SOC])


@pytest.mark.parametrize(
    "units", ["s;V;A;%", "[yyyy-mm-dd];[V];[A];[%]", ";V;A;%", "-;Volts;(A);pct", "UTC; V ; A ; % "]
)
def test_a_line_of_units_below_the_head_gives_the_units(tmp_path: Path, units: str) -> None:
    found, mapping = taken(written(tmp_path, ["Time;Voltage;Current;SoC", units, *rows()]))
    assert is_right(found)
    assert {column.point: column.unit for column in mapping.column} == {
        "voltage_v": "V",
        "current_a": "A",
        "soc_pct": "%",
    }
    assert told(found)["a line of units below the head: taken as units"] == (1, 2)


def test_a_line_of_units_scales(tmp_path: Path) -> None:
    lines = ["Time;Voltage;Current", "s;kV;mA", "2026-03-22 06:00:00;0.7351;-10500"]
    values = taken(written(tmp_path, lines))[0].tracks[0].values
    assert (values["voltage_v"].round(6).tolist(), values["current_a"].tolist()) == ([735.1], [-10.5])


def test_units_at_the_ends_of_cells_are_taken_off_and_counted(tmp_path: Path) -> None:
    lines = [f"{t};{v} V;{a}A;{s} %" for t, v, a, s in zip(stamps(), VOLTS, AMPS, SOC, strict=True)]
    found, mapping = taken(written(tmp_path, ["Time;Voltage;Current;SoC", *lines]))
    assert is_right(found)
    assert mapping.file.units_in_cells
    assert told(found)["units taken off the ends of cells"][0] == 18


def test_units_at_the_ends_of_cells_go_with_decimal_commas_and_with_other_prefixes(tmp_path: Path) -> None:
    lines = [
        "Zeit;Spannung;Strom",
        "22.03.2026 06:00;735,1 V;12,5 A",
        "22.03.2026 06:01;0,7352 kV;500 mA",
        "22.03.2026 06:02;n/a;-1,5 A",
    ]
    values = taken(written(tmp_path, lines))[0].tracks[0].values
    assert np.allclose(values["voltage_v"], [735.1, 735.2, np.nan], equal_nan=True)
    assert values["current_a"].tolist() == [12.5, 0.5, -1.5]


@pytest.mark.parametrize("cell", ["12 A", "12 Vx", "V", "12 V 3", "12 V V"])
def test_a_cell_with_a_unit_of_another_quantity_is_refused_by_line_and_column(tmp_path: Path, cell: str) -> None:
    lines = [
        "Time;Voltage",
        *(f"{t};{v} V" for t, v in zip(stamps(), VOLTS, strict=True)),
        f"2026-03-22 07:00:00;{cell}",
    ]
    with pytest.raises(Refused, match=r"rec.csv:8: column 'Voltage'"):
        taken(written(tmp_path, lines))


@pytest.mark.parametrize(("system", "day"), [("excel days", 46_103.25), ("excel 1904 days", 44_641.25)])
@pytest.mark.parametrize("comma", [False, True])
def test_day_numbers_of_excel_are_times_by_the_system_that_the_mapping_names(
    tmp_path: Path, system: str, day: float, comma: bool
) -> None:
    lines = rows([f"{day + n / 1440:.9f}" for n in range(len(VOLTS))])
    lines = [line.replace(".", ",") for line in lines] if comma else lines
    found, mapping = taken(written(tmp_path, [HEAD, *lines]), ('form = "excel days"', f'form = "{system}"'))
    assert is_right(found)
    assert mapping.time.form == system


def test_two_lines_of_names_become_one(tmp_path: Path) -> None:
    lines = [f"{t};{v};{a};{v + 1};{a + 1}" for t, v, a in zip(stamps(), VOLTS, AMPS, strict=True)]
    for over in (";Rack 1;;Rack 2;", ";Rack 1;Rack 1;Rack 2;Rack 2"):
        found, _ = taken(
            written(tmp_path, ["Site 7", over, "Time;Voltage [V];Current [A];Voltage [V];Current [A]", *lines])
        )
        assert {track.asset: track.values["voltage_v"].tolist() for track in found.tracks} == {
            "rack-1": VOLTS,
            "rack-2": [v + 1 for v in VOLTS],
        }
        assert told(found)["a second line of names above the head: names joined"] == (1, 2)


def test_two_lines_of_names_a_line_of_units_and_all_of_them_again_in_the_middle(tmp_path: Path) -> None:
    lines = [f"{t};{v};{a};{v + 1};{a + 1}" for t, v, a in zip(stamps(), VOLTS, AMPS, strict=True)]
    head = [";Rack 1;;Rack 2;", "Time;U;I;U;I", "s;V;A;V;A"]
    found, _ = taken(written(tmp_path, [*head, *lines[:3], *head, *lines[3:]]))
    assert [track.values["current_a"].tolist() for track in found.tracks] == [AMPS, [a + 1 for a in AMPS]]
    assert told(found)["lines that repeat the head left out"] == (3, 7)


@pytest.mark.parametrize(
    "below",
    [
        ["Total;4411.9;0.85;300.3"],
        ["", "Average;900.0;0.1;50.0", "Max:;1735.3;12.5;50.2"],
        [";Summe;0,85;"],
        ["# exported by tool 3.1"],
        ["End of report"],
        ["6 rows exported;;;"[:15]],
    ],
)
def test_totals_and_footers_below_the_table_are_left_out_and_told(tmp_path: Path, below: list[str]) -> None:
    count = sum(bool(line) for line in below)
    for end in ("\n", ""):  # the last of them need not end
        found, _ = taken(written(tmp_path, ("\n".join([HEAD, *rows(), *below]) + end).encode()))
        assert is_right(found)
        assert told(found)["lines below the table left out (totals, footers)"][0] == count


def test_a_last_line_that_is_cut_short_is_left_out_and_told(tmp_path: Path) -> None:
    text = "\n".join([HEAD, *rows(), "2026-03-22 06:06:00;73"])
    found, _ = taken(written(tmp_path, text.encode()))
    assert is_right(found)
    assert told(found)["a last line that is cut short left out"] == (1, 8)


def test_a_total_in_the_middle_is_refused_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"rec.csv:5"):
        taken(written(tmp_path, [HEAD, *rows()[:3], "Total;1;2;3", *rows()[3:]]))


@pytest.mark.parametrize(
    "form",
    [
        "%d-%b-%Y %H:%M:%S",
        "%d %B %Y %H:%M",
        "%b %d, %Y %I:%M:%S %p",
        "%B %d, %Y, %I:%M %p",
        "%d-%b-%y %H:%M",
        "%d. %b %Y %H:%M",
        "%Y-%m-%d %I:%M:%S %p",
        "%Y/%m/%d %H:%M",
        "%d/%m/%Y %I:%M %p",
        "%d.%m.%y %H:%M:%S",
        "%m/%d/%Y %H:%M",
    ],
)
def test_months_by_name_and_clocks_of_twelve_hours_are_understood(tmp_path: Path, form: str) -> None:
    lines = [row.replace(";", "\t") for row in rows(stamps(form))]
    assert is_right(taken(written(tmp_path, [HEAD.replace(";", "\t"), *lines]))[0])


@pytest.mark.parametrize(
    ("name", "month"), [("März", 3), ("Mai", 5), ("déc.", 12), ("août", 8), ("Okt", 10), ("ene", 1)]
)
def test_months_are_known_in_other_languages(tmp_path: Path, name: str, month: int) -> None:
    found, _ = taken(written(tmp_path, [HEAD, f"22 {name} 2026 06:00;735.1;0.0;50.0"]))
    assert found.tracks[0].at_us[0] == datetime(2026, month, 22, 6, tzinfo=UTC).timestamp() * 1e6


def test_a_word_that_is_no_month_is_refused_by_line(tmp_path: Path) -> None:
    lines = [HEAD, *rows(stamps("%d-%b-%Y %H:%M:%S")), "22-Foo-2026 06:10:00;735.1;0.0;50.0"]
    with pytest.raises(Refused, match=r"rec.csv:8: column 'Time': '22-Foo-2026 06:10:00'"):
        taken(written(tmp_path, lines))


@pytest.mark.parametrize(("date", "clock"), [("%d.%m.%Y", "%H:%M:%S"), ("%Y-%m-%d", "%I:%M %p"), ("%d-%b-%Y", "%H:%M")])
def test_date_and_time_of_day_in_two_columns_are_one_time(tmp_path: Path, date: str, clock: str) -> None:
    times = [f"{a};{b}" for a, b in zip(stamps(date), stamps(clock), strict=True)]
    assert is_right(taken(written(tmp_path, [HEAD.replace("Time", "Date;Time"), *rows(times)]))[0])


def test_quoted_thousands_utf16_tabs_and_windows_1252_are_understood(tmp_path: Path) -> None:
    lines = [f"{t}\t{v:,}\t{a}\t{s}" for t, v, a, s in zip(stamps(), VOLTS, AMPS, SOC, strict=True)]
    assert is_right(taken(written(tmp_path, "\r\n".join([HEAD.replace(";", "\t"), *lines, ""]).encode("utf-16")))[0])
    lines = [row.replace(".", ",") for row in rows()]
    text = "\r\n".join(["Zeit;Spannung [V];Strom [A];Ladezustand [%];Außen", *(f"{row};ä" for row in lines), ""])
    assert is_right(taken(written(tmp_path, text.encode("cp1252")))[0])


def test_a_fraction_of_a_second_behind_a_comma_is_understood(tmp_path: Path) -> None:
    found, _ = taken(written(tmp_path, [HEAD, *rows([f"{t},500" for t in stamps()])]))
    assert is_right(found, timedelta(seconds=0.5))


def test_an_hour_that_comes_twice_is_placed_in_a_long_file(tmp_path: Path) -> None:
    place = ZoneInfo("Europe/Berlin")
    moments = [datetime(2026, 10, 24, 23, 0, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(8)]
    lines = ["time;rack;signal;value;unit"]
    for n, at in enumerate(moments):
        local = at.astimezone(place).strftime("%Y-%m-%d %H:%M:%S")
        lines += [f"{local};R{r};{p};{n}.{r};{u}" for r in (1, 2) for p, u in (("Voltage", "kV"), ("Current", "A"))]
    found, _ = taken(written(tmp_path, lines), ('zone = ""', 'zone = "Europe/Berlin"'))
    for track, rack in zip(found.tracks, (1, 2), strict=True):
        assert track.at_us.tolist() == [at.timestamp() * 1e6 for at in moments]
        assert track.values["current_a"].tolist() == [float(f"{n}.{rack}") for n in range(8)]
        assert np.allclose(track.values["voltage_v"], [1000 * float(f"{n}.{rack}") for n in range(8)])
    assert told(found)["times in an hour that comes twice: placed by their order"][0] == 16


def test_a_long_file_may_hold_units_in_its_cells(tmp_path: Path) -> None:
    lines = ["time;signal;value"]
    for t, v, a, s in zip(stamps(), VOLTS, AMPS, SOC, strict=True):
        lines += [f"{t};Voltage [V];{v} V", f"{t};Current [A];{a * 1000} mA", f"{t};SoC [%];{s} %"]
    assert is_right(taken(written(tmp_path, lines))[0])


@pytest.mark.parametrize("word", ["--", "n/a", "#N/A", "NULL", "#DIV/0!", "Bad", "No Data", ""])
def test_words_for_no_value_are_absent_whether_numbers_are_read_at_once_or_cell_by_cell(
    tmp_path: Path, word: str
) -> None:
    for more in ("", " "):  # a blank before the last cell keeps nothing from being a number
        lines = [HEAD, *rows()[:-1], f"2026-03-22 06:05:00;{word};{more}{AMPS[-1]};49.9"]
        track = taken(written(tmp_path, lines))[0].tracks[0]
        assert np.isnan(track.values["voltage_v"][-1])
        assert track.values["current_a"].tolist() == AMPS


FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@FEW
@given(st.data())
def test_any_mixture_of_dirt_gives_the_values_of_the_clean_file(tmp_path: Path, data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from(";\t|"))
    form = data.draw(st.sampled_from(["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d-%b-%Y %H:%M:%S", "%m/%d/%Y %I:%M %p"]))
    comma, suffix, units = data.draw(st.booleans()), data.draw(st.booleans()), data.draw(st.booleans())
    lines = []
    for t, *cells in zip(stamps(form), VOLTS, AMPS, SOC, strict=True):
        shown = [f"{cell} {u}" if suffix else f"{cell}" for cell, u in zip(cells, "VA%", strict=True)]
        lines.append(separator.join([t, *(cell.replace(".", ",") if comma else cell for cell in shown)]))
    head = [separator.join(["Time", "Voltage", "Current", "SoC"])] + (
        [separator.join("sVA%")] if units or not suffix else []
    )
    preamble = data.draw(st.lists(st.sampled_from(["Site 7", "exported by hand", ""]), max_size=3))
    footer = data.draw(
        st.lists(st.sampled_from([f"Total{separator}1{separator}2{separator}3", "# done", ""]), max_size=3)
    )
    middle = data.draw(st.integers(1, len(lines) - 1))
    again = head if data.draw(st.booleans()) else []
    order = lines[:middle] + again + lines[middle:]
    text = data.draw(st.sampled_from(["\n", "\r\n"])).join([*preamble, *head, *order, *footer, ""])
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    found, _ = taken(written(tmp_path, text.encode(encoding)))
    assert is_right(found)
