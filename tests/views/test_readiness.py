"""The quarter's checklist: what is seen, what is only said, and what nobody knows."""

import msgspec
import pytest

from ironkeep.facts.register import CheckRecorded, ImportTaken
from ironkeep.model.register import DutyItem, Form, Readiness
from ironkeep.model.site import AssetKind, Interface
from ironkeep.programs.inventory import lore
from ironkeep.views import readiness
from ironkeep.views.register import Register
from tests.decisions.inventory.registers import asset, described, imported, lost, reached, site, talk
from tests.decisions.rooms import facts, now

NOW_US = now(100).at_us
DONE, NOT_DONE, NOT_KNOWN = Readiness.DONE, Readiness.NOT_DONE, Readiness.NOT_KNOWN
WHOLE = {
    "owner": "o", "contact": "2210", "vendor": "v", "vendor_contact": "1", "maker": "m", "model": "x", "serial": "s1",
    "firmware": "1.0", "isolation": ("Q1",), "depends_on": ("grid",), "cloud": "none", "credentials": "unique",
    "interfaces": (Interface.WEB_PAGE,), "state": "active", "installed_on": "2021-01-01", "retention": "none",
    "design_life_until": "2040-01-01", "support_until": "2039-01-01", "inspected_until": "2038-01-01",
    "patch_window": "Sunday", "chemistry": "lfp", "location": "room 1",
}  # fmt: skip


def whole(**more):
    made = asset("b", **(WHOLE | more))
    return site(msgspec.structs.replace(made, purpose="backup"), devices={"b": "10.0.0.5:502"})


def items(declared, *bodies, imports=(), words=()):
    """The checklist by item, after facts and imports."""
    made = Register(declared)
    shelf = {}
    for n, each in enumerate(imports):
        shelf[f"d{n}"] = each
        told = ImportTaken(
            f"import_{n}", each.form, each.name, f"d{n}", each.sha256, len(each.records), len(each.talks)
        )
        made.fold(facts(n, n, told))
    made.fold(facts(20, 20, *bodies))
    found = readiness.readiness(made.book(shelf, lore(), NOW_US), facts(50, 50, *words))
    return {each.duty.item: each for each in found}


MET = (reached("b"), described("b", firmware="1.0"))
TAP = imported(Form.PCAP, name="tap", talks=(talk("10.0.0.5", "10.0.0.5"),))


def test_there_are_nine_items_each_with_why_a_next_step_and_the_event_behind_it():
    found = items(whole())
    assert list(found) == list(DutyItem)
    assert [each.number for each in found.values()] == list(range(1, 10))
    for each in found.values():
        assert each.why
        assert each.next_step
        assert each.duty.event
        assert each.duty.rows


def test_nothing_that_cannot_be_seen_is_done_without_a_word():
    found = items(whole(), *MET, imports=(TAP,))
    unseen = (DutyItem.PHYSICAL_ACCESS, DutyItem.REVOCATION, DutyItem.LOCAL_CONTROL, DutyItem.HAND_OVER)
    assert {found[each].state for each in unseen} == {NOT_KNOWN}
    assert found[DutyItem.SHUTDOWN].state is NOT_KNOWN
    assert found[DutyItem.SHUTDOWN].proofs[0].path == "/inventory/card/b"


def test_what_is_seen_is_judged_by_what_is_seen_with_the_facts_that_show_it():
    found = items(whole(), *MET, imports=(TAP,))
    assert found[DutyItem.VERSIONS].state is DONE
    assert any(proof.seq == 21 for proof in found[DutyItem.VERSIONS].proofs)
    assert found[DutyItem.STATUS].state is DONE
    assert found[DutyItem.INTERFACES].state is DONE
    assert any(proof.seq == 0 for proof in found[DutyItem.INTERFACES].proofs)


@pytest.mark.parametrize(
    ("paper", "bodies", "item", "state"),
    [
        ({}, (), DutyItem.INVENTORY, NOT_KNOWN),
        ({"serial": None, "vendor": None, "maker": None}, MET, DutyItem.INVENTORY, NOT_DONE),
        ({}, MET, DutyItem.INVENTORY, DONE),
        ({"interfaces": None}, MET, DutyItem.INTERFACES, NOT_DONE),
        ({}, MET, DutyItem.INTERFACES, NOT_KNOWN),
        ({}, (), DutyItem.VERSIONS, NOT_KNOWN),
        ({"firmware": "0.9"}, MET, DutyItem.VERSIONS, NOT_DONE),
        ({"isolation": None}, MET, DutyItem.SHUTDOWN, NOT_DONE),
        ({"contact": None}, MET, DutyItem.SHUTDOWN, NOT_DONE),
        ({}, (), DutyItem.STATUS, NOT_KNOWN),
        ({}, (*MET, lost("b")), DutyItem.STATUS, NOT_DONE),
    ],
)
def test_each_item_that_can_be_seen_is_not_done_where_something_is_missing_and_not_known_where_nobody_looked(
    paper, bodies, item, state
):
    assert items(whole(**paper), *bodies)[item].state is state


def test_a_bank_that_is_read_through_the_public_internet_is_not_known_without_its_cloud():
    far = msgspec.structs.replace(whole(), devices=tuple(msgspec.structs.replace(d, host="8.8.8.8")
                                                         for d in whole().devices))  # fmt: skip
    found = items(far, *MET)[DutyItem.STATUS]
    assert found.state is NOT_KNOWN
    assert "8.8.8.8" in found.why


def test_a_word_makes_not_known_done_and_says_that_nothing_was_measured():
    word = CheckRecorded("local control", "2026-11-01", "report 7", "panel and key of bank b work", "person:kim")
    found = items(whole(), words=(word,))[DutyItem.LOCAL_CONTROL]
    assert found.state is DONE
    assert found.by_word
    assert "by word of kim" in found.why
    assert "measured none" in found.why
    assert any(proof.seq == 50 for proof in found.proofs)
    assert "again within" in found.next_step


def test_a_word_never_turns_a_gap_that_is_seen_into_done():
    word = CheckRecorded("versions", "2026-11-01", "report 8", "all checked", "person:kim")
    found = items(whole(firmware="0.9"), *MET, words=(word,))[DutyItem.VERSIONS]
    assert found.state is NOT_DONE
    assert not found.by_word


def test_a_word_older_than_a_quarter_counts_no_more_and_a_newer_one_stands():
    old = CheckRecorded("local control", "2026-01-01", "report 1", "fine", "person:kim")
    assert items(whole(), words=(old,))[DutyItem.LOCAL_CONTROL].state is NOT_KNOWN
    new = CheckRecorded("local control", "2026-11-02", "report 2", "fine", "person:lee")
    found = items(whole(), words=(new, old))[DutyItem.LOCAL_CONTROL]
    assert found.word.document == "report 2"


def test_a_room_whose_inspection_is_overdue_is_not_validated():
    room = asset("r", AssetKind.ROOM, inspected_until="2020-01-01")
    declared = msgspec.structs.replace(whole(), assets=(*whole().assets, room))
    found = items(declared)[DutyItem.PHYSICAL_ACCESS]
    assert found.state is NOT_DONE
    assert "r is overdue" in found.why
