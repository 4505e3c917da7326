"""The state at a past moment, with what the register found and could not answer for then."""

from ironkeep.decisions import inventory
from ironkeep.facts.envelope import Draft
from ironkeep.facts.register import ImportTaken, ImportWithdrawn
from ironkeep.facts.site import SiteDeclared
from ironkeep.model.register import Form
from ironkeep.programs.inventory import lore
from ironkeep.views.as_of import NO_PAPERS, NO_SITE, as_of
from tests.decisions.inventory.registers import World, asset, described, imported, reached, site
from tests.decisions.rooms import facts, now

HERE = site(asset("b", firmware="1.0"), devices={"b": "10.0.0.5:502"})
TAP = imported(Form.ARP, {"address": "10.9.9.9"}, name="arp.txt")
MET = (
    SiteDeclared("s", "S", "digest", 1, 1, simulated=False),
    reached("b"),
    described("b", firmware="1.1"),
    ImportTaken("import_1", Form.ARP, "arp.txt", "d1", TAP.sha256, 1, 0),
)


def papers(digest, digests):
    return (HERE if digest == "digest" else None), {each: TAP for each in digests if each == "d1"}


def story() -> tuple:
    """The facts, with those that the inventory room itself said."""
    world = World(HERE)
    made = facts(0, 0, *MET)
    world.memory = inventory.absorb(world.memory, made)
    _, _, drafts = inventory.decide(world.memory, {"d1": TAP}, world.policy, now(1))
    return made + facts(len(made), 1, *(Draft(draft.body, draft.actor) for draft in drafts))


def test_findings_of_the_register_stand_beside_those_of_telemetry():
    found = as_of(story(), now(5).at_us)
    assert {str(each.kind) for each in found.findings} == {"unknown device", "version differs"}
    assert found.register.why == NO_PAPERS
    assert found.register.imports == ("arp.txt",)


def test_with_the_site_file_and_imports_of_that_time_the_gaps_of_that_time_are_known():
    found = as_of(story(), now(5).at_us, papers, lore()).register
    assert found.why == ""
    assert found.unknown == 1
    kinds = {gap.kind: gap for gap in found.gaps}
    assert kinds["version differs"].assets == ("b",)
    assert kinds["unknown device"].count == 1
    assert found.answered_pct is not None


def test_what_was_taken_back_later_still_stood_before():
    made = story()
    gone = facts(len(made), 2, ImportWithdrawn("import_1", "wrong"))
    assert as_of(made, now(5).at_us, papers, lore()).register.unknown == 1
    assert as_of((*made, *gone), now(5).at_us, papers, lore()).register.unknown == 0


def test_a_site_file_or_import_that_is_not_at_hand_is_said_and_not_taken_for_no_gap():
    lost = as_of(story(), now(5).at_us, lambda digest, digests: (None, {}), lore()).register
    assert (lost.why, lost.unknown, lost.gaps) == (NO_SITE, None, ())
    waiting = as_of(story(), now(5).at_us, lambda digest, digests: (HERE, {}), lore()).register
    assert waiting.waiting == ("arp.txt",)


def test_an_empty_record_has_no_register():
    found = as_of((), 0, papers, lore())
    assert found.findings == ()
    assert found.register.why == NO_SITE
