"""Counts from a start that the file does not name: nothing is read until a person names it."""

from pathlib import Path

import numpy as np
import pytest

from ironkeep.adapters.stores.recordings.adapter import open_recording
from ironkeep.codecs.guess import guess
from ironkeep.codecs.mapping import parse, write
from ironkeep.model.errors import Refused
from ironkeep.model.recording import Recording, TimeForm

START_US = 1_784_008_800_000_000  # 2026-07-14T06:00:00Z


def taken(folder: Path, head: str, times: list[str], start: str = "2026-07-14T08:00:00+02:00") -> Recording:
    path = folder / "rec.csv"
    path.write_text("\n".join([f"{head};Voltage [V]", *(f"{time};{51 + n}.5" for n, time in enumerate(times))]) + "\n")
    with open_recording(path) as file:
        text = write(guess(file.head())[0])
        return file.read(parse(text.replace('start = ""', f'start = "{start}"')))


@pytest.mark.parametrize(
    ("head", "times", "form"),
    [
        ("Time (s)", ["0", "60", "120"], TimeForm.ELAPSED_S),
        ("Test_Time(s)", ["0.0", "60.0", "120.0"], TimeForm.ELAPSED_S),
        ("time/s", ["0", "60", "120"], TimeForm.ELAPSED_S),
        ("Elapsed [min]", ["0", "1", "2"], TimeForm.ELAPSED_MIN),
        ("Time [ms]", ["0", "60000", "120000"], TimeForm.ELAPSED_MS),
        ("Laufzeit h", ["0", "0.0166666667", "0.0333333333"], TimeForm.ELAPSED_H),
        ("Total Time", ["0:00:00", "0:01:00", "0:02:00"], TimeForm.ELAPSED_HMS),
    ],
)
def test_a_count_is_read_from_the_start_that_a_person_names(
    tmp_path: Path, head: str, times: list[str], form: TimeForm
) -> None:
    found = taken(tmp_path, head, times)
    assert found.mapping.time.form is form
    assert np.allclose(found.tracks[0].at_us, START_US + np.array([0, 60, 120]) * 1e6, atol=100)
    assert found.intake.zone_known


def test_a_start_without_a_zone_is_as_written(tmp_path: Path) -> None:
    found = taken(tmp_path, "Time (s)", ["0", "60"], "2026-07-14 06:00")
    assert found.tracks[0].at_us[0] == START_US
    assert not found.intake.zone_known


def test_without_a_start_nothing_is_read_and_the_remedy_names_the_key(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"rec\.csv:2: column 'Time \(s\)': '5' counts from a start") as caught:
        taken(tmp_path, "Time (s)", ["5", "65"], "")
    assert "start =" in caught.value.remedy


@pytest.mark.parametrize("start", ["noon", "2026-13-01", "26:00"])
def test_a_start_that_is_no_time_is_refused(tmp_path: Path, start: str) -> None:
    with pytest.raises(Refused, match=r"\[time\] start"):
        taken(tmp_path, "Time (s)", ["0", "60"], start)


def test_a_count_that_begins_anew_is_refused_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"rec\.csv:5: column 'Time \(s\)': the count begins anew with '0'"):
        taken(tmp_path, "Time (s)", ["0", "60", "120", "0", "60", "120", "180"])


def test_lines_out_of_order_are_no_new_count(tmp_path: Path) -> None:
    found = taken(tmp_path, "Time (s)", ["0", "60", "180", "120", "240"])
    assert found.tracks[0].at_us.size == 5


def test_day_numbers_of_a_spreadsheet_stay_days(tmp_path: Path) -> None:
    path = tmp_path / "rec.csv"
    path.write_text("Time;Voltage [V]\n46217.25;51.5\n46217.26;51.6\n")
    with open_recording(path) as file:
        assert guess(file.head())[0].time.form is TimeForm.EXCEL
