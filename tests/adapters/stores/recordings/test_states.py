"""Words of two positions become 0 and 1 in every layout and form; another word is refused by file, line and column."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from ironkeep.codecs.mapping import parse
from ironkeep.model.errors import Refused
from ironkeep.model.recording import Recording
from ironkeep.programs.analyse import loaded

ROWS = 3_000  # more than the sample holds
STAMPS = [f"2026-03-02T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z" for n in range(ROWS)]
CLOSED = [n % 100 >= 30 for n in range(ROWS)]
WORDS = ["Closed" if each else "Open" for each in CLOSED]


def wide(words: list[str], decimal: str = ".") -> str:
    rows = (f"{at};{n % 7}{decimal}5;{word}" for n, (at, word) in enumerate(zip(STAMPS, words, strict=True)))
    return "\n".join(("Time;SoC [%];Main contactor", *rows)) + "\n"


def taken(tmp_path: Path, text: str, mapping: str = "") -> Recording:
    path = tmp_path / "rec.csv"
    path.write_text(text)
    given = tmp_path / "map.toml" if mapping else None
    if given is not None:
        given.write_text(mapping)
    return loaded(path, given)[0]


def states(recording: Recording) -> list[float]:
    (track,) = recording.tracks
    assert track.states["contactor_state"] == ("open", "closed")
    return track.values["contactor_state"].tolist()


@pytest.mark.parametrize("decimal", [".", ","])  # read at once, and cell by cell
def test_a_column_of_words_is_one_of_states(tmp_path: Path, decimal: str) -> None:
    assert states(taken(tmp_path, wide(WORDS, decimal))) == [float(each) for each in CLOSED]


def test_a_long_file_may_hold_words_and_numbers_in_one_column(tmp_path: Path) -> None:
    pairs = [(at, name, text) for n, at in enumerate(STAMPS) for name, text in (("SoC %", "50.5"), ("K", WORDS[n]))]
    text = "\n".join(("time,signal,value", *(f"{at},{name},{cell}" for at, name, cell in pairs)))
    found = taken(tmp_path, text.replace(",K,", ",Contactor,"))
    assert states(found) == [float(each) for each in CLOSED]
    assert set(found.tracks[0].values["soc_pct"]) == {50.5}


def test_a_parquet_file_may_hold_booleans(tmp_path: Path) -> None:
    path = tmp_path / "rec.parquet"
    rows = "SELECT TIMESTAMP '2026-03-02' + n * INTERVAL 1 SECOND AS time, 50.0 AS soc, n % 100 >= 30 AS contactor"
    duckdb.connect(":memory:").execute(f"COPY ({rows} FROM range({ROWS}) t(n)) TO '{path}' (FORMAT parquet)")
    (track,) = loaded(path, None)[0].tracks
    assert track.values["contactor_state"].tolist() == [float(each) for each in CLOSED]


def test_words_for_no_value_are_absent(tmp_path: Path) -> None:
    found = states(taken(tmp_path, wide(["n/a" if n == 7 else "" if n == 8 else word for n, word in enumerate(WORDS)])))
    assert np.isnan(found[7:9]).all()
    assert np.isfinite(found[9:]).all()


def test_a_column_that_says_a_third_word_beyond_the_sample_is_left_out_and_said(tmp_path: Path) -> None:
    found = taken(tmp_path, wide(["Tripped" if n == 900 else word for n, word in enumerate(WORDS)]))
    assert "contactor_state" not in found.tracks[0].values
    (why,) = [each.why for each in found.intake.guesses if each.subject == "Main contactor"]
    assert "'Tripped'" in why


def test_a_third_word_in_a_column_that_a_person_mapped_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "rec.csv"
    path.write_text(wide(WORDS))
    mapping = loaded(path, None)[1]
    spoilt = wide(["Tripped" if n == 900 else word for n, word in enumerate(WORDS)])
    with pytest.raises(Refused, match=r"rec.csv:902: column 'Main contactor': 'Tripped' is neither one of open"):
        taken(tmp_path, spoilt, mapping)
    mended = mapping.replace('off = ["open",', 'off = ["tripped", "open",')
    assert parse(mended).column[-1].off[0] == "tripped"
    assert taken(tmp_path, spoilt, mended).tracks[0].values["contactor_state"][900] == 0.0


def test_a_word_that_means_no_value_elsewhere_may_be_a_position(tmp_path: Path) -> None:
    text = wide(["offline" if word == "Open" else "online" for word in WORDS])
    mapping = loaded(_written(tmp_path, wide(WORDS)), None)[1]
    lines = [
        'off = ["offline"]' if line.startswith("off =") else 'on = ["online"]' if line.startswith("on =") else line
        for line in mapping.splitlines()
    ]
    found = taken(tmp_path, text, "\n".join(lines))
    assert found.tracks[0].values["contactor_state"].tolist() == [float(each) for each in CLOSED]


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "first.csv"
    path.write_text(text)
    return path
