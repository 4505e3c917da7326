"""Chemistry profiles: other limits and cards, the same controls for all (INV-10)."""

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
