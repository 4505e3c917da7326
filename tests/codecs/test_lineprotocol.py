"""Line protocol: names with escaped signs, numbers of each kind, and what is no point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs.lineprotocol import Line, is_no_point, key, parse, shape

AT = "1784008800000000000"
NAMES = st.text(
    st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters='\\"#'), min_size=1, max_size=8
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"m v=1.5 {AT}", Line("m", (), (("v", "1.5"),), AT)),
        (f"m,a=1,b=2 v=12i,w=7u {AT}", Line("m", (("a", "1"), ("b", "2")), (("v", "12"), ("w", "7")), AT)),
        (f"m,a=R\\ 1 v=true {AT}", Line("m", (("a", "R 1"),), (("v", "true"),), AT)),
        (f'm s="x, y=\\"z\\"",v=-1e3 {AT}', Line("m", (), (("s", 'x, y="z"'), ("v", "-1e3")), AT)),
        (f"my\\,m v\\=x=1 {AT}", Line("my,m", (), (("v=x", "1"),), AT)),
    ],
)
def test_a_line_becomes_its_parts(text: str, line: Line) -> None:
    assert parse(text) == (line, 0)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("m v=1.5", 8),
        ("m v=1.5 noon", 8),
        (f"m v= {AT}", 3),
        (f"m {AT}", 3),
        ("", 1),
        ("voltage", 1),
        (f'm v="a {AT}', 3),
    ],
)
def test_a_line_that_is_none_is_told_by_its_column(text: str, column: int) -> None:
    assert parse(text) == (None, column)


def escaped(text: str) -> str:
    for sign in ",= ":
        text = text.replace(sign, f"\\{sign}")
    return text


@given(
    NAMES,
    st.dictionaries(NAMES, NAMES, max_size=3),
    st.dictionaries(NAMES, st.floats(-1e9, 1e9), min_size=1, max_size=3),
)
def test_what_is_written_is_read_back(name: str, tags: dict[str, str], fields: dict[str, float]) -> None:
    head = "".join(f",{escaped(key)}={escaped(value)}" for key, value in tags.items())
    body = ",".join(f"{escaped(key)}={value!r}" for key, value in fields.items())
    line, column = parse(f"{escaped(name)}{head} {body} {AT}")
    assert column == 0
    assert line == Line(name, tuple(tags.items()), tuple((key, repr(value)) for key, value in fields.items()), AT)


def test_what_an_export_puts_around_its_points_is_none() -> None:
    assert all(is_no_point(text) for text in ("", "  ", "# DML", "CREATE DATABASE x WITH NAME autogen", "USE x"))
    assert not is_no_point(f"m v=1 {AT}")


FIELDS = st.lists(
    st.tuples(st.sampled_from(["v", "i", "s.o", "v w"]), st.text('0123456789-.eiu=,xf "\\', min_size=1, max_size=6)),
    min_size=1,
    max_size=3,
)
LINES = st.builds(
    lambda series, fields, time, end: f"{series} {','.join(f'{name}={value}' for name, value in fields)} {time}{end}",
    st.sampled_from(["m", "m,a=1", "m,a=1,b=2", "m,a"]),
    FIELDS,
    st.sampled_from([AT, "1", "-1", "noon", f"{AT}0", ""]),
    st.sampled_from(["", "\n", "\r\n", " "]),
)


@given(LINES, LINES)
def test_a_line_of_a_known_shape_has_the_parts_that_it_has_when_read_alone(one: str, other: str) -> None:
    pattern = shape(one.rstrip("\r\n"))
    found = pattern.fullmatch(other, len(key(other))) if pattern is not None and key(one) == key(other) else None
    if found is not None:
        line, column = parse(other.rstrip("\r\n"))
        assert column == 0
        assert line is not None
        assert found.groups() == (*(value for _, value in line.fields), line.time)
        assert [name for name, _ in line.fields] == [name for name, _ in parse(one.rstrip("\r\n"))[0].fields]


def test_a_line_that_differs_in_its_values_alone_is_of_the_same_shape() -> None:
    one, other = f"m,a=1 v=1.5,n=3i {AT}", "m,a=1 v=-2e3,n=-17i 12\n"
    assert shape(one).fullmatch(other, len(key(other))).groups() == ("-2e3", "-17", "12")
    assert not shape(one).fullmatch(f"m,a=1 v=1.5,n=3 {AT}", len(key(one)))
