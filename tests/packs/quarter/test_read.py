"""The checklist as shipped, and what is refused."""

import pytest

from ironkeep.model.errors import Refused
from ironkeep.model.register import DutyItem
from ironkeep.packs.quarter.read import parse, shipped


def test_the_nine_items_of_the_article_stand_once_each_with_their_requirements():
    found = shipped()
    assert [each.item for each in found] == list(DutyItem)
    assert len(found) == 9
    rows = {row for each in found for row in each.rows}
    assert {"INV-01", "INV-04", "INV-05", "ACC-10", "INC-08", "ACC-06", "ACC-11", "AVL-03", "TEL-08"} <= rows


@pytest.mark.parametrize("text", ["duty = []", "[[duty]]\nitem = 'tea'\n", "x = ", "[[duty]]\nitem = 'inventory'\n"])
def test_a_checklist_that_lacks_an_item_or_a_text_is_refused(text):
    with pytest.raises(Refused):
        parse(text)
