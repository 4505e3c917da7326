"""Whatever stands in a site file, it is a site or it is refused; nothing else ever comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.model.errors import Refused
from ironkeep.model.site import Asset, Device, Paper, Site
from ironkeep.packs.sites.declare import declare, declare_text
from ironkeep.packs.sites.demo import address_demo, demo_text
from ironkeep.twin.layout import SITE

GOOD = address_demo(demo_text(), {device.id: 1024 + n for n, device in enumerate(SITE.devices)} | {"nut": 1023})
SMALL = "\n\n".join(GOOD.split("\n\n")[1:9])
WORDS = st.sampled_from(
    [
        *("[site]", "[[asset]]", "[[device]]", "[device.children]", "id", "kind", "port", "host", "maps", "children"),
        *(
            "tap",
            '"/t"',
            "chain",
            '"802@40070+62"',
            "writers",
            "slots",
            "slot_holders",
            "tls",
            "ups",
            '"nut"',
            "isolation",
            "installed_on",
            "chemistry",
            "{ ca = 1 }",
        ),
        *("feeds", "=", '"cab-a"', '"{1..3}"', "1e400", "-1", "0x10", "99999999999999999999", "true", "nan", "inf"),
        *("1979-05-27", "[]", "{}", "[[]]", "{", "#", "'''", '"""', "\\u0000", "{n}", "{n:02}", "{n:99}", ".", "\n"),
    ]
)
VALUES = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.none(), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


def outcome(text: str) -> Site | Refused:
    try:
        return declare_text(text)
    except Refused as refused:
        return refused


def told(result: Site | Refused) -> bool:
    """A site, or a refusal that says where and what to do."""
    return isinstance(result, Site) or bool(result.what and result.where and result.remedy)


@given(st.text(max_size=400))
def test_any_text_is_a_site_or_refused(text: str) -> None:
    assert told(outcome(text))


@given(st.lists(WORDS, max_size=60))
def test_any_heap_of_the_format_s_own_words_is_a_site_or_refused(words: list[str]) -> None:
    assert told(outcome(" ".join(words)))


@settings(max_examples=150)
@given(st.data())
def test_a_good_file_with_pieces_cut_moved_and_changed_is_a_site_or_refused(data: st.DataObject) -> None:
    text = SMALL
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 60)))
        text = text[:start] + data.draw(st.one_of(st.text(max_size=12), WORDS)) + text[end:]
    assert told(outcome(text))


KEYS = st.one_of(
    st.text(max_size=12), *(st.sampled_from(kind.__struct_fields__) for kind in (Site, Asset, Paper, Device))
)


@given(st.sampled_from(["site", "asset", "device"]), KEYS, VALUES)
def test_any_value_under_any_key_is_a_site_or_refused(table: str, key: str, value: object) -> None:
    head = f"[{table}]" if table == "site" else f"[[{table}]]"
    assert told(outcome(f"{SMALL}\n{head}\n{_quoted(key)} = {_written(value)}\n"))


@given(st.binary(max_size=300))
def test_any_bytes_in_a_file_are_a_site_or_refused(tmp_path_factory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("site") / "any.toml"
    path.write_bytes(data)
    try:
        result: Site | Refused = declare(path)[0]
    except Refused as refused:
        result = refused
    assert told(result)


def test_the_pieces_that_are_changed_are_a_good_site_to_begin_with() -> None:
    assert isinstance(outcome(GOOD), Site)


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08X}" for c in text if not 0xD800 <= ord(c) < 0xE000) + '"'


def _written(value: object) -> str:
    """A drawn value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(_written(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(k)} = {_written(v)}" for k, v in value.items()) + "}"
    return "''" if value is None else str(value)
