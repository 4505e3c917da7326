"""Vendor maps: what the parser makes of them, and how it refuses what is wrong."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs.definition import VendorMap
from ironkeep.model.errors import Refused
from ironkeep.model.point import PointClass
from ironkeep.model.site import Device
from ironkeep.packs.equipment.library import knowledge, require
from ironkeep.packs.equipment.maps import parse, shipped

HEAD = 'name = "m"\ntitle = "t"\nsource = "s"\nkind = "bank"\nbase = 100\n'
POINT = '[[point]]\nname = "a_v"\nregister = 0\ntype = "u16"\nclass = "measurement"\n'


def test_the_example_of_the_reference_is_the_example_that_ships(root):
    doc = (root / "docs/reference/maps.md").read_text()
    example = re.search(r"```toml\n(.*?)```", doc, re.DOTALL).group(1)
    file = (root / "src/ironkeep/packs/equipment/example.toml").read_text()
    assert file.split("\n", 1)[1] == example


def test_every_map_that_ships_is_whole():
    assert "example" in shipped()
    for name, chart in shipped().items():
        assert chart.id == name
        assert all(point.point.source for point in chart.points if not point.point.hidden)


def test_an_array_puts_its_number_before_the_unit():
    text = HEAD + POINT.replace("a_v", "feed_power_w") + "count = 2\nstride = 3\n"
    assert [(each.point.name, each.register) for each in parse(text, "m").points] == [
        ("feed_power_01_w", 0),
        ("feed_power_02_w", 3),
    ]
    plain = HEAD + POINT.replace("a_v", "door") + 'count = 2\nsuffixes = ["l", "r"]\n'
    assert [each.point.name for each in parse(plain, "m").points] == ["door_l", "door_r"]


def test_a_register_with_a_power_of_ten_is_a_setting():
    chart = parse(HEAD + POINT + "scale_register = 9\n", "m")
    assert [(each.point.name, each.point.point_class) for each in chart.points][1] == ("m_sf_9", PointClass.SETTING)


WRONG = [
    ("not toml [", "m"),
    (HEAD, "the map has no point"),
    (HEAD + "colour = 1\n" + POINT, "unknown field `colour`"),
    (HEAD + POINT + "colour = 1\n", "unknown field `colour`"),
    (HEAD + POINT.replace("u16", "u17"), "type 'u17' is unknown"),
    (HEAD + POINT.replace("a_v", "A-V"), "not a name"),
    (HEAD + POINT.replace("measurement", "guess"), "guess"),
    (HEAD + POINT + POINT, "two points of this name"),
    (HEAD + POINT + POINT.replace("a_v", "b_v").replace("u16", "s16"), "register 0 also belongs to a_v"),
    (HEAD + POINT.replace("register = 0", "register = 65500"), "beyond the last address"),
    (HEAD + POINT.replace("register = 0", "register = -1"), "beyond the last address"),
    (HEAD.replace("100", "70000") + POINT, "base 70000"),
    (HEAD.replace("100", '"somewhere"') + POINT, "somewhere"),
    (HEAD + POINT + 'scale = "0"\n', "scale '0'"),
    (HEAD + POINT + 'scale = "a"\n', "scale 'a'"),
    (HEAD + POINT + 'scale = "1e99"\n', "out of range"),
    (HEAD + POINT + 'scale = "nan"\n', "scale 'nan'"),
    (HEAD + POINT + 'scale = "2"\nscale_register = 4\n', "scale and scale_register"),
    (HEAD + POINT + "absent = 65536\n", "absent 65536 does not fit"),
    (HEAD + POINT + "count = 0\n", "count 0"),
    (HEAD + POINT.replace("u16", "u32") + "count = 2\nstride = 1\n", "stride 1 is less"),
    (HEAD + POINT + 'count = 2\nsuffixes = ["l"]\n', "1 suffixes for 2"),
    (HEAD + POINT.replace("u16", "f32") + 'kind = "counter"\n', "cannot be a counter"),
    (HEAD + POINT.replace("u16", "enum") + 'scale = "2"\n', "a enum with a scale"),
    (HEAD + POINT.replace("register = 0", f"register = {'9' * 5_000}"), "a number in it is out of range"),
    (HEAD + "x = " + "[" * 100_000, "nested too deeply"),
    (HEAD + POINT + 'scale = "1e999999999"\n', "scale '1e999999999'"),
    (HEAD + POINT + "low = 10\nhigh = 5\n", "low 10 is above high 5"),
    (HEAD + POINT + "high = nan\n", "a limit that limits nothing"),
    (HEAD + POINT + "low = -inf\n", "a limit that limits nothing"),
    (HEAD + POINT + "rate = 0\n", "a limit that limits nothing"),
    (HEAD + POINT + 'unit = "kV"\n', "unit 'kV'"),
    (HEAD + POINT + 'label = "\\u001b[2J"\n', "control characters"),
    (HEAD.replace('"t"', '"a\\nb"') + POINT, "control characters"),
    (HEAD + POINT + "symbols = { on = 1 }\n", "symbols of a analog"),
    (HEAD + POINT.replace("u16", "enum") + "symbols = { on = 65536 }\n", "symbols that no register can say"),
    (HEAD + POINT.replace("u16", "bits16") + "symbols = { on = 16 }\n", "symbols that no register can say"),
    (HEAD + POINT.replace("u16", "enum") + "symbols = { on = 1, off = 1 }\n", "symbols that no register can say"),
    (HEAD + POINT + 'count = 2\nsuffixes = ["a", "B/"]\n', "suffix 'B/'"),
    (HEAD + '[[text]]\nparticular = "colour"\nregister = 0\nlength = 3\n', "not a particular"),
    (HEAD + '[[text]]\nparticular = "serial"\nregister = 0\nlength = 300\n', "length 300"),
]


@pytest.mark.parametrize(("text", "what"), WRONG)
def test_what_is_wrong_is_refused_with_the_file_and_what_it_is(text, what):
    with pytest.raises(Refused) as refused:
        parse(text, "m")
    assert what in str(refused.value)
    assert refused.value.where.startswith("m")
    assert refused.value.remedy or "also" in str(refused.value) or "stride" in str(refused.value)


def test_a_mark_before_the_text_is_no_error():
    assert parse("\ufeff" + HEAD + POINT, "m") == parse(HEAD + POINT, "m")


def test_a_code_held_in_a_signed_register_may_be_negative():
    text = HEAD + POINT.replace("u16", "s16") + 'kind = "enum"\nsymbols = { fault = -1, idle = 0 }\n'
    assert [symbol.value for symbol in parse(text, "m").points[0].point.symbols] == [-1, 0]


def test_a_map_under_another_name_than_its_file_is_refused():
    with pytest.raises(Refused, match="name the map as its file"):
        parse(HEAD + POINT, "other.toml")


@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text):
    with contextlib.suppress(Refused):
        assert isinstance(parse(text, "m"), VendorMap)


scalars = st.one_of(
    st.integers(-(2**65), 2**65),
    st.text(max_size=8).filter(lambda s: s.isprintable() and '"' not in s and "\\" not in s),
    st.booleans(),
    st.floats(),
)
keys = st.sampled_from(
    [
        "register",
        "type",
        "scale",
        "scale_register",
        "unit",
        "kind",
        "low",
        "high",
        "rate",
        "signed",
        "words",
        "absent",
        "count",
        "stride",
    ]
)


@given(st.dictionaries(keys, scalars, max_size=5))
def test_no_value_of_a_point_does_more_than_be_refused(given):
    def written(value):
        if isinstance(value, bool):
            return str(value).lower()
        return f'"{value}"' if isinstance(value, str) else repr(value)

    base = {"name": '"a_v"', "register": "0", "type": '"u16"', "class": '"measurement"'}
    lines = {**base, **{key: written(value) for key, value in given.items()}}
    text = HEAD + "[[point]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
    try:
        chart = parse(text, "m")
    except Refused:
        return
    assert all(each.register >= 0 and 100 + each.register + each.point.registers <= 65_536 for each in chart.points)


def test_a_device_that_names_an_unknown_map_is_refused_with_those_there_are():
    device = Device(id="d", asset="a", protocol="modbus", host="h", port=1, maps=("sunspec", "nonesuch"))
    with pytest.raises(Refused, match="one of sunspec, example"):
        require([device], knowledge())
