"""Time as a value."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.model.errors import Refused
from ironkeep.model.time import age_text, parse_rfc3339, rfc3339

YEAR_2200_US = 7_258_118_400_000_000


@given(st.integers(0, YEAR_2200_US))
def test_a_time_written_and_read_again_is_the_same_microsecond(at_us: int) -> None:
    assert parse_rfc3339(rfc3339(at_us)) == at_us


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:00:00-01:00", 0),
        ("2026-11-20T11:20:04.000001Z", 1_795_173_604_000_001),
        ("2026-11-20 11:20:04.123456789Z", 1_795_173_604_123_456),
        ("2026-11-20t11:20:04z", 1_795_173_604_000_000),
    ],
)
def test_rfc_3339_forms_are_read(text: str, at_us: int) -> None:
    assert parse_rfc3339(text) == at_us


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-20", "2026-11-20T11:20:04", "2026-13-01T00:00:00Z", "1e9"])
def test_what_is_not_a_time_with_zone_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match="2026-11-20T11:20:04Z"):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-11-20T00:00:00+00:60",
        "2026-11-20T00:00:00+24:00",
    ],
)
def test_a_time_that_utc_has_no_name_for_or_no_zone_has_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_rfc3339(text)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(Refused):
        assert rfc3339(parse_rfc3339(text))


@pytest.mark.parametrize(
    ("age_us", "text"),
    [(-5, "0.0 s"), (800_000, "0.8 s"), (42_000_000, "42 s"), (360_000_000, "6 min"), (10_800_000_000, "3 h")],
)
def test_an_age_is_short_and_never_negative(age_us: int, text: str) -> None:
    assert age_text(age_us) == text
