"""Lines of Network UPS Tools: what is a word, what is an answer, and that no line can be made that changes anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs import nut
from ironkeep.codecs.nut import Answer, Lines, Request, Verb, words_of
from ironkeep.model.link import LineFault

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60)
NAMES = st.from_regex(nut._NAME, fullmatch=True)


def answer(request: Request, *lines: bytes) -> Answer:
    """What the lines are as an answer; the last one, and none before, must make it whole."""
    found = Answer(request)
    assert [found.take(each) for each in lines] == [False] * (len(lines) - 1) + [True]
    return found


@given(NAMES, PRINTABLE)
def test_a_line_that_we_write_reads_back_as_its_words(name, value):
    raw = nut.line("VAR", "ups", name, value=value)
    assert raw.endswith(b"\n")
    assert words_of(raw[:-1]) == ("VAR", "ups", name, value)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'VAR a b "c d"', ("VAR", "a", "b", "c d")),
        (rb'VAR a b "say \"so\" \\ \#1"', ("VAR", "a", "b", 'say "so" \\ #1')),
        (b'VAR a b ""', ("VAR", "a", "b", "")),
        (b"  OK   Goodbye ", ("OK", "Goodbye")),
        (b'"a b" c', ("a b", "c")),
        (b'x "23\xb0C"', ("x", "23\ufffdC")),
        (b'x "a\x00\x1bb"', ("x", "a\ufffd\ufffdb")),
        ('x "23 °C"'.encode(), ("x", "23 °C")),
        (b"", ()),
    ],
)
def test_words_are_cut_at_spaces_and_taken_out_of_quotes(raw, words):
    assert words_of(raw) == words


@pytest.mark.parametrize(
    "raw",
    [b'VAR a "b', b'VAR a "b\\', b'a "b"c', b"a\tb", b"a\rb", b"OK\r", b"a\x00", b"\xff", b'a"b', b"a\\b", b"x" * 129],
)
def test_a_line_with_anything_else_is_malformed(raw):
    assert words_of(raw) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_words_without_control_characters_or_malformed(raw):
    words = words_of(raw)
    assert words is None or all(word.isprintable() or "\ufffd" in word or word.strip() for word in words)
    assert words is None or not any(ord(letter) < 32 for word in words for letter in word)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_lines_are_the_same_however_the_stream_is_chunked(chunks):
    whole, apart = Lines(), Lines()
    data = b"".join(chunks)
    expected = whole.feed(data)
    assert [each for chunk in chunks for each in apart.feed(chunk)] == expected == data.split(b"\n")[:-1]
    assert apart.empty == (not data.split(b"\n")[-1])


def test_a_line_that_is_too_long_breaks_the_stream_and_holds_nothing():
    lines = Lines()
    assert lines.feed(b"good\n" + b"x" * (nut.LINE_BYTES_MAX + 1)) == [b"good"]
    assert lines.broken is LineFault.TOO_LONG
    assert lines.empty
    assert lines.feed(b"\nmore\n") == []


def test_a_list_is_taken_when_every_line_belongs_to_it():
    found = answer(
        nut.list_variables("ups"),
        b"BEGIN LIST VAR ups",
        b'VAR ups battery.charge "93"',
        b'VAR ups ups.status "OL"',
        b"END LIST VAR ups",
    )
    assert found.fault is None
    assert found.rows == {"battery.charge": "93", "ups.status": "OL"}


def test_the_upses_of_a_server_are_names_with_descriptions():
    found = answer(nut.list_ups(), b"BEGIN LIST UPS", b'UPS a "the first"', b'UPS b ""', b"END LIST UPS")
    assert found.rows == {"a": "the first", "b": ""}


BEGIN = b"BEGIN LIST VAR ups"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ((b"BEGIN LIST VAR other",), LineFault.OTHER),
        ((b"BEGIN LIST RW ups",), LineFault.OTHER),
        ((b'VAR ups battery.charge "93"',), LineFault.OTHER),
        ((b"END LIST VAR ups",), LineFault.OTHER),
        ((b"OK",), LineFault.OTHER),
        ((BEGIN, b'VAR other battery.charge "93"'), LineFault.OTHER),
        ((BEGIN, b'RW ups battery.charge "93"'), LineFault.OTHER),
        ((BEGIN, b'VAR ups battery.charge "93" "94"'), LineFault.OTHER),
        ((BEGIN, b"VAR ups battery.charge"), LineFault.OTHER),
        ((BEGIN, b'VAR ups a "1"', b'VAR ups a "1"'), LineFault.TWICE),
        ((BEGIN, b'VAR ups "a b" "1"'), LineFault.MALFORMED),
        ((BEGIN, b"ERR DATA-STALE"), LineFault.OTHER),
        ((BEGIN, BEGIN), LineFault.OTHER),
        ((BEGIN, b"END LIST VAR other"), LineFault.OTHER),
        ((b"",), LineFault.MALFORMED),
        ((b"ERR",), LineFault.MALFORMED),
        ((b'ERR "a b"',), LineFault.MALFORMED),
    ],
)
def test_an_answer_with_one_line_that_does_not_belong_to_it_is_refused_whole(lines, fault):
    found = answer(nut.list_variables("ups"), *lines)
    assert found.fault is fault
    assert found.rows == {}


def test_a_list_beyond_its_largest_size_is_refused():
    found = Answer(nut.list_variables("ups"))
    found.take(BEGIN)
    for n in range(nut.LIST_LINES_MAX):
        assert not found.take(b'VAR ups v%d "1"' % n)
    assert found.take(b'VAR ups one.more "1"')
    assert found.fault is LineFault.TOO_MANY


@pytest.mark.parametrize("code", ["DATA-STALE", "DRIVER-NOT-CONNECTED", "UNKNOWN-UPS", "A-CODE-OF-TOMORROW"])
def test_an_error_is_an_answer_with_a_code(code):
    found = answer(nut.list_variables("ups"), f"ERR {code} and more".encode())
    assert (found.error, found.fault) == (code, None)


def test_the_answers_of_the_other_questions():
    assert answer(nut.start_tls(), b"OK STARTTLS").fault is None
    assert answer(nut.start_tls(), b"OK").fault is LineFault.OTHER
    assert answer(nut.username("a"), b"OK").fault is None
    assert answer(nut.password("a"), b"BEGIN LIST UPS").fault is LineFault.OTHER
    assert answer(nut.logout(), b"OK Goodbye").text == "OK Goodbye"
    assert answer(nut.version(), b"Network UPS Tools upsd 2.8.0 - see its pages").text.startswith("Network UPS Tools")
    assert answer(nut.version(), b"BEGIN LIST VAR ups").fault is LineFault.OTHER
    assert answer(nut.version(), b"ERR ACCESS-DENIED").error == "ACCESS-DENIED"
    assert answer(nut.version(), b"").fault is LineFault.MALFORMED


@given(st.lists(st.binary(max_size=80), max_size=30))
def test_no_stream_of_bytes_makes_an_answer_with_a_fault_and_values(lines):
    found = Answer(nut.list_variables("ups"))
    for each in lines:
        if found.take(each):
            break
    assert not (found.fault and found.rows)


@pytest.mark.parametrize(
    ("text", "value"), [("93", 93.0), ("-1", -1.0), ("+2.50", 2.5), (" 7 ", 7.0), ("0", 0.0), ("231.4", 231.4)]
)
def test_a_number_is_decimal_digits(text, value):
    assert nut.number(text) == value


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "1e5", "0x10", "1,5", "1_000", "12 V", "--1", "1.", "\u0663", "9" * 20]
)
def test_anything_else_is_no_number(text):
    assert nut.number(text) is None


@pytest.mark.safety("S01", "S09", "S51", "S52", "S53")
def test_there_is_no_verb_that_changes_anything_and_none_that_logs_in():
    assert {verb.value for verb in Verb} == {"LIST", "VER", "STARTTLS", "USERNAME", "PASSWORD", "LOGOUT"}
    makers = [getattr(nut, name) for name in dir(nut) if callable(getattr(nut, name)) and name.islower()]
    made = [each for each in makers if getattr(each, "__annotations__", {}).get("return") is Request]
    assert len(made) == len(Verb) + 1  # two kinds of list, one of each other
    lines = [each(*["x"] * len(each.__annotations__.keys() - {"return"})).wire for each in made]
    assert {line.split()[0] for line in lines} == {verb.value.encode() for verb in Verb}
    assert {line for line in lines if line.startswith(b"LIST")} == {b"LIST UPS\n", b"LIST VAR x\n"}


@given(PRINTABLE)
def test_no_name_or_secret_can_carry_a_second_line(text):
    assert nut.username(text).wire.count(b"\n") == 1
    assert nut.password(text).wire.count(b"\n") == 1
