"""Every way in which exports are dirty: taken and said, or refused by file, line and column; never half."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ironkeep.adapters.stores.recordings.adapter import open_recording
from ironkeep.codecs.guess import guess
from ironkeep.codecs.mapping import parse, write
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.recording import Mapping, Positive, Recording, TimeForm
from tests.recorded import Sheet, cycled, sheet

HEAD = "Timestamp,Pack Voltage [V],Pack Current [A],SoC [%]\n"
ROWS = (
    "2026-03-02T06:00:00Z,735.1,0.0,50.0\n"
    "2026-03-02T06:01:00Z,735.2,-10.5,50.1\n"
    "2026-03-02T06:02:00Z,735.3,-10.4,50.2\n"
)


def taken(path: Path, mapping: Mapping | None = None) -> Recording:
    with open_recording(path) as file:
        if mapping is None:
            mapping, _ = guess(file.head())
        if mapping.time.form is TimeForm.OPEN:
            mapping = parse(write(mapping).replace('form = "?"', f'form = "{file.day_and_month(mapping).value}"'))
        return file.read(mapping)


def given(tmp_path: Path, text: str | bytes, name: str = "rec.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def clean() -> Sheet:
    return sheet(cycled(), every=6)


def same(one: Recording, other: Recording) -> bool:
    a, b = one.tracks[0], other.tracks[0]
    return (a.at_us == b.at_us).all() and all(
        np.array_equal(a.values[p], b.values[p], equal_nan=True) for p in a.values
    )


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return taken(given(tmp_path_factory.mktemp("clean"), clean().text()))


def mended(recording: Recording) -> dict[str, int]:
    return {each.what: each.count for each in recording.intake.mended}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_separator_and_encoding_gives_the_same_values(
    tmp_path: Path, reference: Recording, separator: str, encoding: str
) -> None:
    found = taken(given(tmp_path, clean().text(separator).encode(encoding)))
    assert same(found, reference)
    assert ("byte-order mark taken off" in mended(found)) == (encoding in ("utf-8-sig", "utf-16"))


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_every_line_end_gives_the_same_values(tmp_path: Path, reference: Recording, newline: str) -> None:
    assert same(taken(given(tmp_path, clean().text(newline=newline))), reference)


def test_decimal_commas_and_thousands_points_are_understood(tmp_path: Path, reference: Recording) -> None:
    spoilt = clean()
    spoilt.rows = [[row[0], *(cell.replace(".", ",") for cell in row[1:])] for row in spoilt.rows]
    assert same(taken(given(tmp_path, spoilt.text(";"))), reference)
    text = "Timestamp;Power [W];SoC [%]\n2026-03-02T06:00:00Z;1.234.567,5;50,1\n2026-03-02T06:01:00Z;-12.345,0;50,2\n"
    found = taken(given(tmp_path, text))
    assert found.tracks[0].values["power_w"].tolist() == [1234567.5, -12345.0]


def test_quoted_numbers_with_thousands_commas_are_understood(tmp_path: Path) -> None:
    text = (
        'Timestamp,Power [W],SoC [%]\n2026-03-02T06:00:00Z,"1,234,567.5",50.1\n2026-03-02T06:01:00Z,"-12,345.0",50.2\n'
    )
    assert taken(given(tmp_path, text)).tracks[0].values["power_w"].tolist() == [1234567.5, -12345.0]


def test_a_number_grouped_wrongly_is_refused_by_line_and_column(tmp_path: Path) -> None:
    text = (
        'Timestamp,Power [W],SoC [%]\n2026-03-02T06:00:00Z,"1,234,567.5",50.1\n2026-03-02T06:01:00Z,"1,23,4.0",50.2\n'
    )
    with pytest.raises(Refused, match=r"rec.csv:3: column 'Power \[W\]': '1,23,4.0'"):
        taken(given(tmp_path, text))


def test_a_comma_that_may_be_decimal_or_thousands_is_refused_by_line(tmp_path: Path) -> None:
    text = "Timestamp;Power [W];SoC [%]\n2026-03-02T06:00:00Z;1,234;50\n2026-03-02T06:01:00Z;2,345;51\n"
    with pytest.raises(Refused, match=r"rec.csv:2: column 'Power \[W\]': '1,234' may be a decimal comma or thousands"):
        taken(given(tmp_path, text))


@pytest.mark.parametrize("word", ["", "NaN", "n/a", "null", "-", "#N/A", "NULL", "--"])
def test_words_for_no_value_are_absent_and_never_zero(tmp_path: Path, word: str) -> None:
    found = taken(given(tmp_path, HEAD + ROWS.replace("-10.5", word)))
    current = found.tracks[0].values["current_a"]
    assert np.isnan(current[1])
    assert np.isfinite(current[[0, 2]]).all()


@pytest.mark.parametrize("word", ["12 V", "1_000", "inf", "1,2,3", "0x10", "twelve"])
def test_what_is_no_number_is_refused_by_file_line_and_column(tmp_path: Path, word: str) -> None:
    cell = f'"{word}"' if "," in word else word
    with pytest.raises(Refused, match=r"rec.csv:3: column 'Pack Current \[A\]'"):
        taken(given(tmp_path, HEAD + ROWS.replace("-10.5", cell)))


def test_a_sentinel_is_a_value_until_it_is_declared(tmp_path: Path) -> None:
    path = given(tmp_path, HEAD + ROWS.replace("-10.5", "9999"))
    with open_recording(path) as file:
        mapping, _ = guess(file.head())
        assert file.read(mapping).tracks[0].values["current_a"][1] == 9999.0
        declared = parse(write(mapping).replace("sentinels = []", "sentinels = [9999]"))
        assert np.isnan(file.read(declared).tracks[0].values["current_a"][1])


def test_disorder_and_duplicates_are_put_right_and_counted(tmp_path: Path, reference: Recording) -> None:
    spoilt = clean()
    spoilt.rows[10], spoilt.rows[11] = spoilt.rows[11], spoilt.rows[10]
    spoilt.rows.insert(40, list(spoilt.rows[39]))
    spoilt.rows.append([*spoilt.rows[-1][:3], "99.9", spoilt.rows[-1][4]])
    found = taken(given(tmp_path, spoilt.text()))
    assert same(found, reference)
    assert mended(found) == {
        "lines out of order: sorted by time": 1,
        "lines given twice: left out": 1,
        "lines with a time already given and other values: the first kept": 1,
    }
    assert found.intake.rows == reference.intake.rows + 2


def test_a_file_with_the_newest_line_first_is_turned_round(tmp_path: Path, reference: Recording) -> None:
    spoilt = clean()
    spoilt.rows.reverse()
    assert same(taken(given(tmp_path, spoilt.text())), reference)


def test_a_head_that_repeats_and_lines_above_it_are_left_out(tmp_path: Path, reference: Recording) -> None:
    spoilt = clean()
    spoilt.rows.insert(100, list(spoilt.names))
    found = taken(given(tmp_path, "Export of site 7\nmade by hand\n\n" + spoilt.text()))
    assert same(found, reference)
    assert mended(found)["lines that repeat the head left out"] == 1
    assert mended(found)["lines above the head of the table left out"] == 3


@pytest.mark.parametrize("stamp", ["epoch s", "epoch ms", "d.m.y", "m/d/y"])
def test_every_form_of_time_gives_the_same_times(tmp_path: Path, stamp: str) -> None:
    truth = cycled()
    day = sheet(truth, every=6, stamp=stamp)
    text = day.text(";").replace("02.03.2026", "22.03.2026").replace("03.03.2026", "23.03.2026")
    text = text.replace("03/02/2026", "03/22/2026").replace("03/03/2026", "03/23/2026")
    found = taken(given(tmp_path, text)).tracks[0].at_us
    shift_s = 20 * 86_400 if stamp in ("d.m.y", "m/d/y") else 0
    assert found.tolist() == [round((at.timestamp() + shift_s) * 1e6) for at in day.stamps]


def test_day_and_month_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    path = given(tmp_path, sheet(cycled(), every=60, stamp="d.m.y").text())
    with pytest.raises(Refused, match="day and month of 'Timestamp' cannot be told apart"):
        taken(path)


def test_day_and_month_are_settled_by_a_line_beyond_the_sample(tmp_path: Path) -> None:
    rows = [f"{1 + n // 1440:02d}/03/2026 {n // 60 % 24:02d}:{n % 60:02d},735.1,1.0,50.0" for n in range(1440 * 14)]
    found = taken(given(tmp_path, HEAD + "\n".join(rows) + "\n")).tracks[0].at_us
    assert found[0] == datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1e6
    assert found.size == 1440 * 14


def test_times_of_two_forms_are_refused(tmp_path: Path) -> None:
    text = HEAD + "31/03/2026 06:00,735,1,50\n03/31/2026 06:01,735,1,50\n"
    with pytest.raises(Refused, match=r"rec.csv:3: column 'Timestamp'"):
        taken(given(tmp_path, text))


def test_times_of_which_only_some_carry_a_zone_are_refused_by_line(tmp_path: Path) -> None:
    text = HEAD + ROWS.replace("06:01:00Z", "06:01:00")
    with pytest.raises(Refused, match=r"rec.csv:3: 1 times of 'Timestamp' differ"):
        taken(given(tmp_path, text))


@pytest.mark.parametrize(("zone", "day"), [("Europe/Berlin", "2026-10-25"), ("America/New_York", "2026-11-01")])
def test_an_hour_that_comes_twice_is_placed_by_the_order_of_lines(tmp_path: Path, zone: str, day: str) -> None:
    clocks = ["00:30", "01:00", "01:30", "02:00", "02:30"]
    again = clocks[1:3] if zone.startswith("America") else clocks[3:5]
    before = clocks[:3] if zone.startswith("America") else clocks
    after = ["02:00", "02:30"] if zone.startswith("America") else ["03:00", "03:30"]
    lines = [f"{day} {each}:00,735.0,{n}.5,50.0" for n, each in enumerate([*before, *again, *after])]
    with open_recording(given(tmp_path, HEAD + "\n".join(lines) + "\n")) as file:
        mapping, _ = guess(file.head())
        found = file.read(parse(write(mapping).replace('zone = ""', f'zone = "{zone}"')))
    assert set(np.diff(found.tracks[0].at_us).tolist()) == {1_800_000_000}
    assert mended(found)["times in an hour that comes twice: placed by their order"] == 4


def test_a_time_that_never_was_refuses_the_zone(tmp_path: Path) -> None:
    lines = [f"2026-03-29 0{h}:30:00,735.0,1.5,50.0" for h in (0, 1, 2, 3)]
    with open_recording(given(tmp_path, HEAD + "\n".join(lines) + "\n")) as file:
        mapping, _ = guess(file.head())
        with pytest.raises(Refused, match="never was in Europe/Berlin"):
            file.read(parse(write(mapping).replace('zone = ""', 'zone = "Europe/Berlin"')))
        assert file.read(mapping).intake.zone_known is False


def test_an_hour_that_comes_twice_and_is_written_once_is_said_to_be_open(tmp_path: Path) -> None:
    lines = [f"2026-10-25 {clock}:00,735.0,1.5,50.0" for clock in ("01:30", "02:30", "03:30")]
    with open_recording(given(tmp_path, HEAD + "\n".join(lines) + "\n")) as file:
        mapping, _ = guess(file.head())
        found = file.read(parse(write(mapping).replace('zone = ""', 'zone = "Europe/Berlin"')))
    assert mended(found)["of these, nobody can say which of the two hours: the first taken"] == 1


def test_charge_counted_positive_comes_out_negative(tmp_path: Path) -> None:
    path = given(tmp_path, HEAD + ROWS)
    with open_recording(path) as file:
        mapping, _ = guess(file.head())
        turned = parse(write(mapping).replace('positive = "unknown"', 'positive = "charge"'))
        assert file.read(turned).tracks[0].values["current_a"].tolist() == [0.0, 10.5, 10.4]
        assert file.read(mapping).tracks[0].unsigned == {"current_a"}


def test_a_charge_and_a_discharge_column_are_one_signed_point(tmp_path: Path) -> None:
    text = "Time,Charge Current [A],Discharge Current [A]\n2026-03-02T06:00:00Z,5.5,0\n2026-03-02T06:01:00Z,0,7.5\n"
    track = taken(given(tmp_path, text)).tracks[0]
    assert track.values["current_a"].tolist() == [-5.5, 7.5]
    assert not track.unsigned


def test_units_come_to_the_canonical_one(tmp_path: Path) -> None:
    text = "Time,Voltage (mV),Power [kW],SoC [fraction],Max Cell Temp [°F]\n2026-03-02T06:00:00Z,735100,-1.5,0.5,77\n"
    values = taken(given(tmp_path, text)).tracks[0].values
    assert [round(float(values[p][0]), 6) for p in ("voltage_v", "power_w", "soc_pct", "cell_temperature_max_c")] == [
        735.1,
        -1500.0,
        50.0,
        25.0,
    ]


def test_a_long_file_holds_what_its_wide_twin_holds(tmp_path: Path, reference: Recording) -> None:
    wide = clean()
    lines = ["time;signal;value"]
    lines += [
        f"{row[0]};{name};{cell}" for row in wide.rows for name, cell in zip(wide.names[1:], row[1:], strict=True)
    ]
    assert same(taken(given(tmp_path, "\n".join(lines) + "\n")), reference)


def test_assets_in_a_column_and_in_the_heads_become_tracks(tmp_path: Path) -> None:
    text = "Time,Rack,Current [A]\n" + "".join(
        f"2026-03-02T06:0{m}:00Z,R{n},{m}.{n}\n" for m in range(4) for n in (1, 2)
    )
    assert [track.asset for track in taken(given(tmp_path, text)).tracks] == ["R1", "R2"]
    text = "Time,Rack 1 Current [A],Rack 2 Current [A]\n2026-03-02T06:00:00Z,1.5,2.5\n"
    found = taken(given(tmp_path, text))
    assert {track.asset: float(track.values["current_a"][0]) for track in found.tracks} == {
        "rack-1": 1.5,
        "rack-2": 2.5,
    }


def test_parquet_gives_what_csv_gives(tmp_path: Path, reference: Recording) -> None:
    csv, parquet = given(tmp_path, clean().text()), tmp_path / "rec.parquet"
    duckdb.connect(":memory:").execute(f"COPY (SELECT * FROM read_csv('{csv}')) TO '{parquet}' (FORMAT parquet)")
    assert same(taken(parquet), reference)


def test_a_column_of_lists_is_named_among_those_that_were_not_read(tmp_path: Path) -> None:
    csv, parquet = given(tmp_path, clean().text()), tmp_path / "rec.parquet"
    rows = f"SELECT *, [1, 2] AS cells FROM read_csv('{csv}')"
    duckdb.connect(":memory:").execute(f"COPY ({rows}) TO '{parquet}' (FORMAT parquet)")
    assert taken(parquet).intake.unread[-1] == "cells"


def test_a_cut_parquet_file_is_refused(tmp_path: Path) -> None:
    csv, parquet = given(tmp_path, clean().text()), tmp_path / "rec.parquet"
    duckdb.connect(":memory:").execute(f"COPY (SELECT * FROM read_csv('{csv}')) TO '{parquet}' (FORMAT parquet)")
    parquet.write_bytes(parquet.read_bytes()[:-200])
    with pytest.raises(Refused, match="not a whole Parquet file"):
        taken(parquet)


@pytest.mark.parametrize("line", ["2026-03-02T06:03:00Z,1,2\n", "2026-03-02T06:03:00Z,1,2,3,4\n", "x\n" + ROWS[:37]])
def test_a_line_of_another_width_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(Refused, match=r"rec.csv:5: \d cells where the head of the table has 4"):
        taken(given(tmp_path, HEAD + ROWS + line))


def test_quoted_line_feeds_do_not_shift_the_line_told(tmp_path: Path) -> None:
    text = 'Timestamp,Note,SoC [%]\n2026-03-02T06:00:00Z,"a\nb",50\n2026-03-02T06:01:00Z,"c",x\n'
    with pytest.raises(Refused, match=r"rec.csv:4: column 'SoC \[%\]': 'x'"):
        taken(given(tmp_path, text))


@pytest.mark.parametrize(
    ("start", "what"),
    [(b"\x1f\x8bxxxx", "gzip"), (b"PK\x03\x04xx", "zip"), (b"", "empty"), (b"\x00\x01\x02\x00\x03", "zero bytes")],
)
def test_what_is_no_recording_is_refused_with_what_it_is(tmp_path: Path, start: bytes, what: str) -> None:
    with pytest.raises(Refused, match=what):
        taken(given(tmp_path, start))


def test_a_file_without_a_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"rec.csv:1: no head of the table"):
        taken(given(tmp_path, ROWS.replace("2026-03-02T06:00:00Z", "1772431200")))


def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        open_recording(tmp_path / "none.csv")


def test_the_digest_is_that_of_the_bytes_given(tmp_path: Path) -> None:
    path = given(tmp_path, clean().text().encode("utf-16"))
    import hashlib

    with open_recording(path) as file:
        assert file.digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert file.read(guess(file.head())[0]).intake.digest == file.digest


def test_a_mapping_that_names_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = given(tmp_path, HEAD + ROWS)
    with open_recording(path) as file:
        mapping, _ = guess(file.head())
        other = parse(write(mapping).replace('name = "SoC [%]"', 'name = "Charge"'))
        with pytest.raises(Refused, match="no column 'Charge'"):
            file.read(other)


def test_the_guess_of_the_sign_is_unknown_by_the_head_alone(tmp_path: Path) -> None:
    with open_recording(given(tmp_path, HEAD + ROWS)) as file:
        mapping, _ = guess(file.head())
    assert [column.positive for column in mapping.column if column.point == "current_a"] == [Positive.UNKNOWN]
