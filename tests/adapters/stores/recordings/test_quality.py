"""Columns that say how good values are: what they call bad is absent, by its word, whatever number stands there."""

from pathlib import Path

import numpy as np
import pytest

from ironkeep.adapters.stores.recordings.adapter import open_recording
from ironkeep.codecs.guess import guess
from ironkeep.codecs.mapping import parse, write
from ironkeep.model.errors import Refused
from ironkeep.model.recording import Mapping, QualityWords, Recording

ROWS = 30
BAD = (4, 5, 20)


def taken(folder: Path, head: str, cells: list[list[str]], change: tuple[str, str] = ("", "")) -> Recording:
    path = folder / "rec.csv"
    rows = (f"2026-07-14T06:{n:02d}:00Z,{','.join(row)}" for n, row in enumerate(cells))
    path.write_text("\n".join([head, *rows]) + "\n")
    with open_recording(path) as file:
        text = write(guess(file.head())[0])
        assert change[0] in text
        return file.read(parse(text.replace(*change)))


def cells(good: str, bad: str, value: str = "0") -> list[list[str]]:
    """Volts, their quality and amperes; where it is bad the voltage is a number that looks like any other."""
    return [[value if n in BAD else f"73{n % 9}.5", bad if n in BAD else good, f"{n % 4}.5"] for n in range(ROWS)]


def absent(recording: Recording, point: str) -> tuple[int, ...]:
    return tuple(np.flatnonzero(np.isnan(recording.tracks[0].values[point])).tolist())


def told(recording: Recording) -> dict[str, tuple[int, int]]:
    return {each.what: (each.count, each.line) for each in recording.intake.mended}


@pytest.mark.parametrize(
    ("good", "bad"),
    [("Good", "Bad"), ("192", "0"), ("192", "64"), ("0", "2147483648"), ("valid", "invalid"), ("GUT", "Schlecht")],
)
def test_a_value_that_is_called_bad_is_absent_and_the_word_is_told(tmp_path: Path, good: str, bad: str) -> None:
    found = taken(tmp_path, "Time,Voltage [V],Voltage Quality,Current [A]", cells(good, bad, "731.5"))
    assert absent(found, "voltage_v") == BAD
    assert absent(found, "current_a") == ()
    assert told(found)[f"values left out because 'Voltage Quality' says {bad!r}"] == (3, 6)
    assert not found.intake.unread


def test_blanks_are_good_where_all_else_is_bad(tmp_path: Path) -> None:
    found = taken(tmp_path, "Time,Voltage [V],Voltage Quality,Current [A]", cells("", "Bad", "700"))
    assert absent(found, "voltage_v") == BAD


def test_a_blank_is_absent_where_other_words_are_good(tmp_path: Path) -> None:
    found = taken(tmp_path, "Time,Voltage [V],Voltage Quality,Current [A]", cells("Good", "", "700"))
    assert absent(found, "voltage_v") == BAD
    assert told(found)["values left out because 'Voltage Quality' says nothing"] == (3, 6)


def test_one_column_of_quality_tells_of_its_whole_row(tmp_path: Path) -> None:
    rows = [[volts, amps, word] for volts, word, amps in cells("Good", "Uncertain")]
    found = taken(tmp_path, "Time,Voltage [V],Current [A],Status", rows)
    assert absent(found, "voltage_v") == absent(found, "current_a") == BAD


def test_columns_of_one_name_tell_of_the_column_to_their_left(tmp_path: Path) -> None:
    rows = [[*row, "Good, Raw".replace(",", "")] for row in cells("Good", "Bad")]
    rows = [[*row[:3], "Good"] for row in rows]
    found = taken(tmp_path, "Time,Voltage [V],Quality,Current [A],Quality", rows)
    assert (absent(found, "voltage_v"), absent(found, "current_a")) == (BAD, ())


def test_a_word_of_no_number_in_a_bad_row_does_not_refuse_the_file(tmp_path: Path) -> None:
    found = taken(tmp_path, "Time,Voltage [V],Voltage Quality,Current [A]", cells("Good", "Bad", "Comm 17"))
    assert absent(found, "voltage_v") == BAD


def test_a_word_that_the_sample_did_not_show_makes_absent_as_well(tmp_path: Path) -> None:
    rows = [[f"7{n % 9}5.0", "Good" if n < 900 else "Good, Local Override"[:4] + "ish", "1.5"] for n in range(960)]
    path = tmp_path / "rec.csv"
    lines = [f"2026-07-14T{n // 60:02d}:{n % 60:02d}:00Z,{','.join(row)}" for n, row in enumerate(rows)]
    path.write_text("\n".join(["Time,Voltage [V],Quality,Current [A]", *lines]) + "\n")
    with open_recording(path) as file:
        found = file.read(guess(file.head())[0])
    assert absent(found, "voltage_v") == tuple(range(900, 960))
    assert told(found)["values left out because 'Quality' says 'Goodish'"] == (60, 902)


def test_codes_that_may_be_either_way_round_are_left_out_until_a_person_says(tmp_path: Path) -> None:
    rows = cells("1", "0", "731.5")
    found = taken(tmp_path, "Time,Voltage [V],Voltage Quality,Current [A]", rows)
    assert found.intake.unread == ("Voltage Quality",)
    said = '[[quality]]\nname = "Voltage Quality"\ngood = ["1"]\nof = ["Voltage [V]"]\n'
    found = taken(tmp_path, "Time,Voltage [V],Voltage Quality,Current [A]", rows, ("[[column]]", f"{said}\n[[column]]"))
    assert absent(found, "voltage_v") == BAD


def test_the_state_of_a_device_says_nothing_of_its_values(tmp_path: Path) -> None:
    rows = [[volts, amps, word] for volts, word, amps in cells("OK", "Alarm", "735.0")]
    found = taken(tmp_path, "Time,Voltage [V],Current [A],Status", rows)
    assert absent(found, "voltage_v") == ()
    assert found.mapping.quality == ()


def test_in_a_long_file_it_tells_of_the_value_of_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rec.csv"
    lines = ["Tagname,TimeStamp,Value,Quality"]
    for n, (volts, word, amps) in enumerate(cells("192", "0")):
        lines += [
            f"R1.{tag},2026-07-14 06:{n:02d}:00,{value},{quality}"
            for tag, value, quality in (("Voltage_V", volts, word), ("Current_A", amps, "192"))
        ]
    path.write_text("\n".join(lines) + "\n")
    with open_recording(path) as file:
        mapping = guess(file.head())[0]
        found = file.read(mapping)
    assert mapping.quality[0].name == "Quality"
    assert (absent(found, "voltage_v"), absent(found, "current_a")) == (BAD, ())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ('name = "Q"\ngood = []', "which of its words"),
        ('name = "Voltage [V]"\ngood = ["a"]', "as well"),
        ('name = "Q"\ngood = ["a"]\nof = ["X"]', "no mapped column 'X'"),
    ],
)
def test_words_of_quality_that_do_not_fit_are_refused_by_their_place(words: str, why: str) -> None:
    text = (
        f'[file]\n[time]\ncolumn = "t"\n[[quality]]\n{words}\n[[column]]\nname = "Voltage [V]"\npoint = "voltage_v"\n'
    )
    with pytest.raises(Refused, match=r"\[\[quality\]\] 1") as caught:
        parse(text)
    assert why in str(caught.value)


def test_a_mapping_with_quality_is_written_and_read_back() -> None:
    text = '[file]\n[time]\ncolumn = "t"\n[[column]]\nname = "V"\npoint = "voltage_v"\n'
    mapping: Mapping = parse(text + '[[quality]]\nname = "Q"\ngood = ["Good", ""]\nof = ["V"]\n')
    assert mapping.quality == (QualityWords("Q", ("Good", ""), ("V",)),)
    assert parse(write(mapping)) == mapping
