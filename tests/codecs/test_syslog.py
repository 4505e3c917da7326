"""Lines of syslog: whatever a fact says stays within its quotes and its line, and the line finds its way back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs.syslog import LINE_BYTES_MAX, NUMBER_MAX, Facility, Place, Severity, framed, line, place
from ironkeep.model.errors import Refused

LEAF = "ab" * 32
HEAD = re.compile(rb"<\d{1,3}>1 [0-9T:.Z-]{27} [!-~]{1,255} ironkeep - [!-~]{1,32} \[ironkeep@32473 ")


def made(text: str = "it began", value: str = "x", host: str = "keep-1", site: str = "harbor", at_us: int = 0) -> bytes:
    where = Place(site, 7, LEAF)
    return line(
        where,
        facility=Facility.LOCAL0,
        severity=Severity.ERROR,
        at_us=at_us,
        host=host,
        kind="AlarmRaised",
        text=text,
        more=(("asset", value),),
    )


def test_a_line_is_as_the_standard_writes_it() -> None:
    assert made(at_us=1_795_000_000_123_456) == (
        b"<131>1 2026-11-18T11:06:40.123456Z keep-1 ironkeep - AlarmRaised "
        b'[ironkeep@32473 site="harbor" seq="7" leaf="' + LEAF.encode() + b'" asset="x"] it began'
    )
    assert framed(b"abc") == b"3 abc"


def test_the_number_of_the_owner_stands_in_the_name_and_any_number_is_read_back() -> None:
    place_of = Place("harbor", 7, LEAF)
    telling = {"facility": Facility.LOCAL0, "severity": Severity.ERROR, "at_us": 0, "host": "h", "kind": "K"}
    for number in (1, 12_345, NUMBER_MAX):
        raw = line(place_of, **telling, text="x", number=number).decode()
        assert f'[ironkeep@{number} site="harbor" ' in raw
        assert place(raw) == place_of


@given(st.text(), st.text(max_size=400), st.text(max_size=300), st.text(max_size=40))
def test_nothing_that_is_said_ends_the_line_or_leaves_its_quotes(text: str, value: str, host: str, site: str) -> None:
    raw = made(text, value, host, site)
    assert HEAD.match(raw)
    assert len(raw) <= LINE_BYTES_MAX
    assert not re.search(rb"[\x00-\x1f\x7f]", raw)
    said = raw.decode()
    assert place(said).seq == 7
    assert place(said).leaf == LEAF


@given(st.text(alphabet='ä"]\\ x', min_size=7, max_size=7))
def test_a_text_that_is_too_long_is_cut_between_letters(text: str) -> None:
    raw = made(text * LINE_BYTES_MAX)
    assert LINE_BYTES_MAX - 4 < len(raw) <= LINE_BYTES_MAX
    raw.decode()


def test_words_beyond_ascii_are_announced() -> None:
    assert "\ufeffö" in made("ö").decode()
    assert "\ufeff" not in made("o").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<34>1 - - - - -",
        '[ironkeep@32473 seq="1"]',
        f'[ironkeep@32473 seq="x" leaf="{LEAF}"]',
        f'seq="1" leaf="{LEAF}"',
    ],
)
def test_a_line_that_names_no_fact_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="no fact"):
        place(text)


@given(st.text())
def test_any_text_is_a_place_or_refused(text: str) -> None:
    try:
        place(text)
    except Refused:
        return
