"""Chemistry profiles: other limits and cards, the same controls for all (INV-10)."""

import re
from importlib.resources import files

import pytest

from ironkeep.model.errors import Refused
from ironkeep.model.site import Chemistry
from ironkeep.packs.chemistries.read import parse, parse_controls, shipped

WHOLE = """id = "lfp"
name = "LFP"
[[limit]]
text = "l"
source = "s"
[[risk]]
text = "r"
source = "s"
[[card]]
text = "c"
source = "s"
"""


def test_every_chemistry_of_a_site_file_has_a_profile_also_the_unknown_one():
    profiles, _ = shipped()
    assert {each.id for each in profiles} == {str(each) for each in Chemistry}


@pytest.mark.safety("S54")
def test_two_chemistries_have_other_limits_and_cards_and_share_one_list_of_controls():
    profiles, controls = shipped()
    by_id = {each.id: each for each in profiles}
    assert by_id["lfp"].limits != by_id["nmc"].limits
    assert by_id["lfp"].card != by_id["nmc"].card
    assert len(controls) >= 9
    assert not any("control" in field for field in by_id["lfp"].__struct_fields__)


def test_every_line_has_a_source_and_every_card_keeps_people_out():
    for each in shipped()[0]:
        assert all(line.source for part in (each.limits, each.risks, each.card) for line in part)
        assert any("No entry" in line.text or "no entry" in line.text for line in each.card)


@pytest.mark.safety("S29")
def test_no_profile_can_take_a_control_away_and_none_is_without_the_lines_that_hold_for_all():
    profiles, controls = shipped()
    for each in profiles:
        said = " ".join(line.text for line in each.card)
        assert "Doors stay shut" in said, each.id
        assert "No switching inside the enclosure" in said, each.id
        assert len(each.limits) >= 1
        assert len(each.risks) >= 1
    assert len({each.card for each in profiles}) == len(profiles)
    assert parse_controls(_controls_text()) == controls


def _controls_text() -> str:
    return (files("ironkeep.packs.chemistries") / "controls.toml").read_text(encoding="utf-8")


def test_every_chemistry_beyond_the_unknown_has_a_figure_with_its_source_or_says_that_it_has_none():
    for each in shipped()[0]:
        for line in each.limits:
            assert line.value
            if "not known" not in line.value:
                assert re.search(r"\d", line.value), (each.id, line.text)
                assert not line.source.startswith("no "), (each.id, line.text)


def test_a_room_is_two_numbers_with_a_source():
    room = '[room]\ntext = "room"\nvalue = "10 to 40"\nsource = "sheet"\n'
    assert parse(WHOLE + room, "x").room.value == "10 to 40"
    for wrong in (room.replace("10 to 40", "40 to 10"), room.replace('"sheet"', '""')):
        with pytest.raises(Refused, match="room"):
            parse(WHOLE + wrong, "x")


@pytest.mark.parametrize(
    "text",
    [
        WHOLE.replace('id = "lfp"', 'id = "magic"'),
        WHOLE.replace('source = "s"', 'source = ""', 1),
        WHOLE.replace("[[risk]]", "[[fear]]"),
        WHOLE + "[[control]]\ntext = 'fewer'\nsource = 's'\n",
        "id = ",
    ],
)
def test_a_profile_that_lacks_a_source_or_brings_controls_of_its_own_is_refused(text):
    assert parse(WHOLE, "lfp.toml").id == "lfp"
    with pytest.raises(Refused):
        parse(text, "lfp.toml")


def test_an_empty_list_of_controls_is_refused():
    with pytest.raises(Refused):
        parse_controls("control = []")
