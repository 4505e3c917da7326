"""Every way of writing a time that is taken means the same moment, and what may mean two is not taken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ironkeep.adapters.stores.recordings import times
from ironkeep.adapters.stores.recordings.adapter import open_recording
from ironkeep.codecs.guess import guess
from ironkeep.codecs.timecolumn import date_form
from ironkeep.model.errors import Refused
from ironkeep.model.recording import FileWords, Mapping, TimeForm, TimeWords

MOMENT = datetime(2026, 7, 14, 22, 3, 5, tzinfo=UTC)
AS_WRITTEN = {
    TimeForm.ISO: (
        "2026-07-14 22:03:05",
        "2026-07-14T22:03:05",
        "2026/07/14 22:03:05",
        "2026.07.14 22:03:05",
        "2026-07-14 22.03.05",
        "2026-07-14 22:03:05,000",
        "20260714T220305",
        "20260714 220305",
        "20260714220305",
        "2026-07-14 10:03:05 p.m.",
        "'2026-07-14 22:03:05",
    ),
    TimeForm.DMY: (
        "14.07.2026 22:03:05",
        "14/7/2026 22:03:05",
        "14.07.2026 22.03.05",
        "14.07.2026, 22:03:05",
        "14.07.2026 22:03:05,000",
        "Tue 14.07.2026 22:03:05",
        "Di, 14.07.26 22:03:05",
    ),
    TimeForm.MDY: ("07/14/2026 10:03:05 PM", "7/14/2026 10:03:05 p.m."),
    TimeForm.YMD: ("26/07/14 22:03:05", "26-07-14 22:03:05"),
    TimeForm.NAMED: ("14-Jul-2026 22:03:05", "Tue, 14 Jul 2026 22:03:05", "July 14, 2026 10:03:05 PM"),
}
WITH_ZONE = {
    TimeForm.ISO: (
        ("2026-07-14T22:03:05Z", 0),
        ("2026-07-14 22:03:05 UTC", 0),
        ("20260714T220305Z", 0),
        ("2026-07-15T00:03:05+02:00", 0),
        ("2026-07-15T00:03:05.000+0200", 0),
        ("2026-07-15T00:03:05+02", 0),
        ("2026-07-15 00:03:05 GMT+2", 0),
        ("2026-07-15 00:03:05 UTC+02:00", 0),
        ("2026-07-15T00:03:05+02:00[Europe/Berlin]", 0),
        ("2026-07-15 00:03:05 CEST", 0),
        ("2026-07-14 23:03:05 CET", 0),  # an offset, summer or not
        ("2026-07-14 17:33:05-04:30", 0),
    ),
    TimeForm.DMY: (("15.07.2026 00:03:05 CEST", 0), ("14/07/2026 22:03:05Z", 0), ("15/07/2026 00:03:05 +02:00", 0)),
    TimeForm.NAMED: (("Wed, 15 Jul 2026 00:03:05 +0200", 0),),
}
NOT_TAKEN = (
    "2026-07-14 22:03:05 IST",
    "2026-07-14 22:03:05 CST",
    "2026-07-14 22:03:05 EST",
    "2026-07-14 22:03:05 +25:00",
    "2026-07-14 22:03:05 +02:75",
    "2026-07-14T22:03:05+25:00",
    "2026-07-14T22:03:05+02:75",
    "2026-07-14 22:03:05 local",
    "Tue Jul 14 22:03:05 2026",
)


def read(form: TimeForm, texts: list[str]) -> list[tuple[int | None, bool]]:
    """What each text means in microseconds, and whether it carries a zone."""
    mapping = Mapping(FileWords(), TimeWords("t", form), ())
    listed = ", ".join("('" + text.replace("'", "''") + "')" for text in texts)
    scan = times.prepared(f"SELECT * FROM (VALUES {listed}) AS given(c0)", "c0", "VARCHAR", form)
    stamp, zoned = times.stamp(mapping, "c0", "VARCHAR"), times.zoned("c0", "VARCHAR", form)
    with duckdb.connect() as engine:
        return engine.execute(f"SELECT {stamp}, {zoned} FROM ({scan})").fetchall()


@pytest.mark.parametrize("form", AS_WRITTEN)
def test_one_moment_is_read_however_it_is_written(form: TimeForm) -> None:
    texts = AS_WRITTEN[form]
    assert dict(zip(texts, read(form, list(texts)), strict=True)) == {
        text: (round(MOMENT.timestamp() * 1e6), False) for text in texts
    }


@pytest.mark.parametrize("form", WITH_ZONE)
def test_a_zone_behind_a_time_is_taken_off_it(form: TimeForm) -> None:
    texts = [text for text, _ in WITH_ZONE[form]]
    assert dict(zip(texts, read(form, texts), strict=True)) == {
        text: (round(MOMENT.timestamp() * 1e6), True) for text in texts
    }


def test_a_word_that_may_name_two_zones_is_not_taken() -> None:
    assert [stamp for stamp, _ in read(TimeForm.ISO, list(NOT_TAKEN))] == [None] * len(NOT_TAKEN)


def test_a_refused_zone_is_named_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"rec\.csv:2: .*IST.* may name several zones: export UTC, or the offset") as told:
        taken(tmp_path, "Timestamp,Voltage [V]\n2026-07-14 22:03:05 IST,700\n2026-07-14 22:04:05 IST,701\n")
    assert "+05:30" in str(told.value)


def taken(folder: Path, text: str) -> tuple[int, ...]:
    """The stamps of a file read by the guess at it."""
    path = folder / "rec.csv"
    path.write_text(text)
    with open_recording(path) as file:
        mapping, _ = guess(file.head())
        return tuple(int(at) for at in file.read(mapping).tracks[0].at_us)


@pytest.mark.parametrize(
    ("times_there", "why"),
    [
        (("22:03:05", "22:04:05"), "a time of day without its day"),
        (("0.0", "10.0"), "counts from a start"),
        (("3866911200.0", "3866911210.0"), "no time of a form that we know"),  # seconds from 1904, as LabVIEW writes
    ],
)
def test_a_column_called_time_that_holds_none_is_refused_by_its_line(
    tmp_path: Path, times_there: tuple[str, ...], why: str
) -> None:
    lines = "".join(f"{each},700\n" for each in times_there)
    with pytest.raises(Refused, match=rf"rec\.csv:2: column 'Time \[s\]': .*{why}"):
        taken(tmp_path, f"Time [s],Voltage [V]\n{lines}")


@pytest.mark.parametrize(
    ("head", "zone"),
    [
        ("Timestamp (UTC)", "UTC"),
        ("utc_time", "UTC"),
        ("TimeUTC", "UTC"),
        ("timestamp Europe/Berlin (+01:00)", "Europe/Berlin"),
        ("Time (UTC+2)", ""),  # summer or winter, nobody knows
        ("Zeit", ""),
    ],
)
def test_a_head_tells_the_zone_of_its_times(tmp_path: Path, head: str, zone: str) -> None:
    path = tmp_path / "rec.csv"
    path.write_text(f"{head},Voltage [V]\n2026-07-14 22:03:05,700\n2026-07-14 22:04:05,701\n")
    with open_recording(path) as file:
        assert guess(file.head())[0].time.zone == zone


def test_nanoseconds_of_our_years_are_times(tmp_path: Path) -> None:
    first = round(MOMENT.timestamp()) * 10**9
    assert taken(tmp_path, f"time,Voltage [V]\n{first},700\n{first + 10**10},701\n")[0] == first // 1000


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (("14/07/2026",), TimeForm.DMY),
        (("07/14/2026",), TimeForm.MDY),
        (("07/14/26",), TimeForm.MDY),
        (("07/08/2026",), TimeForm.OPEN),
        (("14.07.26",), TimeForm.DMY),  # between dots the year is last
        (("26/07/14",), TimeForm.OPEN),  # in 2014 or in 2026, one day alone does not tell
        (("26/07/14", "26/07/15", "26/07/16"), TimeForm.YMD),
        (("14/07/26", "15/07/26", "16/07/26"), TimeForm.DMY),
        (("30/12/25", "31/12/25", "01/01/26"), TimeForm.DMY),
    ],
)
def test_the_day_is_told_from_month_and_year_or_left_open(dates: tuple[str, ...], form: TimeForm) -> None:
    parts = [date.replace(".", "/").split("/") for date in dates]
    assert date_form([(int(a), int(b), c) for a, b, c in parts], "." in dates[0]) is form


def test_an_hour_that_comes_twice_is_told_where_no_zone_is_known(tmp_path: Path) -> None:
    start = datetime(2026, 10, 25, 2, 0, tzinfo=UTC)
    marks = [start + timedelta(minutes=n) for n in range(60)]
    lines = "".join(f"{mark:%d.%m.%Y %H:%M},{700 + n}\n" for n, mark in enumerate([*marks, *marks]))
    path = tmp_path / "rec.csv"
    path.write_text(f"Time,Voltage [V]\n{lines}")
    with open_recording(path) as file:
        told = [each.what for each in file.read(guess(file.head())[0]).intake.mended]
    assert any("steps back by an hour to 2026-10-25T02:00:00" in what for what in told)
