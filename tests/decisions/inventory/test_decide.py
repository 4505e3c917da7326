"""Which differences enter the OT queue, when they leave it, and what people may do with imports."""

import msgspec
import pytest

from ironkeep.decisions import inventory
from ironkeep.facts.envelope import Draft
from ironkeep.facts.register import CheckRecorded, ImportTaken, ImportWithdrawn
from ironkeep.facts.telemetry import FindingClosed, FindingOpened
from ironkeep.model.errors import Refused
from ironkeep.model.ids import RequestId
from ironkeep.model.register import Form
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.site import LifeStage
from tests.decisions.inventory.registers import World, asset, described, imported, lost, reached, site, talk
from tests.decisions.rooms import now

TAP = imported(
    Form.PCAP, name="tap", talks=(talk("10.0.0.9", "10.0.0.5", writes=2), talk("10.0.0.9", "10.0.0.5", "http", 80))
)


def turn(world, shelf=None):
    """One turn whose drafts are committed; the bodies."""
    held = world.shelf if shelf is None else shelf
    world.memory, _, drafts = inventory.decide(world.memory, held, world.policy, now(world.seq))
    world.say(*drafts)
    return [draft.body for draft in drafts]


def battery() -> World:
    declared = site(
        asset("a", firmware="1.0"),
        asset("old", state=LifeStage.RETIRED),
        devices={"a": "10.0.0.5:502", "old": "10.0.0.7:502"},
    )
    world = World(declared)
    world.say(reached("a"), described("a", firmware="1.1"), reached("old"))
    world.take(TAP)
    return world


def test_the_four_differences_that_are_events_become_findings_once():
    world = battery()
    found = {(body.asset, body.finding_kind) for body in turn(world)}
    assert found == {
        ("a", "unknown device"),
        ("a", "version differs"),
        ("a", "interface not declared"),
        ("old", "retired but talking"),
    }
    assert turn(world) == []
    writer = next(f for f in inventory.findings(world.memory) if f.kind == "unknown device")
    assert "10.0.0.9 writes to a" in writer.what
    assert writer.attack == "T0848"


def test_what_is_no_longer_so_is_closed_and_what_is_so_in_other_words_is_opened_anew():
    world = battery()
    turn(world)
    world.say(described("a", firmware="1.0"))
    assert [type(body) for body in turn(world)] == [FindingClosed]
    world.say(described("a", firmware="1.2"))
    turn(world)
    world.say(described("a", firmware="1.3"))
    bodies = turn(world)
    assert {type(body) for body in bodies} == {FindingOpened, FindingClosed}
    assert "1.3" in next(body.what for body in bodies if isinstance(body, FindingOpened))
    assert len([f for f in inventory.findings(world.memory) if f.kind == "version differs"]) == 1


def test_while_an_import_cannot_be_read_nothing_is_closed():
    world = battery()
    turn(world)
    stood = inventory.findings(world.memory)
    assert turn(world, shelf={}) == []
    assert inventory.findings(world.memory) == stood
    world.say(ImportWithdrawn(next(iter(world.memory.standing.imports)), "wrong tap"))
    assert {body.asset for body in turn(world)} == {"a"}


def test_a_list_alone_makes_no_finding_of_what_nobody_saw():
    world = World(site(asset("a")))
    world.take(imported(Form.CSV, {"serial": "X1", "name": "forgotten"}))
    assert turn(world) == []


def test_more_findings_than_the_limit_are_told_as_one_that_counts_them():
    world = World(site(asset("a")), findings_max=5)
    world.take(imported(Form.ARP, *({"address": f"10.1.0.{n}"} for n in range(1, 41)), name="arp"))
    bodies = turn(world)
    assert len(bodies) == 5
    assert any("36 further differences" in body.what for body in bodies)


def test_findings_of_other_rooms_are_not_ours_to_close():
    world = battery()
    other = FindingOpened("finding_x", "frozen values", "a", "still", "exact", "look", "")
    world.say(Draft(other, "room:telemetry"))
    assert not any(isinstance(body, FindingClosed) for body in turn(world))
    assert all(finding.id != "finding_x" for finding in inventory.findings(world.memory))


def test_the_same_memory_and_imports_decide_the_same_again():
    world = battery()
    one = inventory.decide(world.memory, world.shelf, world.policy, now(9))
    two = inventory.decide(world.memory, world.shelf, world.policy, now(9))
    assert one[2] == two[2]


def test_the_folded_state_survives_freezing():
    world = battery()
    turn(world)
    again = inventory.thaw(inventory.freeze(world.memory))
    assert again.standing == world.memory.standing
    assert inventory.freeze(again) == inventory.freeze(world.memory)


def ask(kind, subject, **body) -> Request:
    return Request(RequestId("request_1"), kind, "person:kim", subject, body)


def test_an_import_at_hand_is_taken_whole_by_name():
    world = World(site(asset("a")))
    made = imported(Form.CSV, {"asset": "a"}, {"name": "b"})
    drafts = inventory.admit(world.memory, ask(RequestKind.TAKE_IMPORT, "d1"), {"d1": made}, world.policy, now(1))
    body = drafts[0].body
    assert isinstance(body, ImportTaken)
    assert (body.records, body.digest, body.file_sha256, drafts[0].actor) == (2, "d1", made.sha256, "person:kim")


@pytest.mark.parametrize(
    ("policy", "taken", "why"),
    [
        ({}, None, "no import lies"),
        ({"records_max": 1}, "two", "2 records; the limit is 1"),
        ({"talks_max": 1}, "tap", "2 conversations; the limit is 1"),
        ({"imports_max": 0}, "two", "as many as there may be"),
    ],
)
def test_an_import_that_is_not_there_or_too_large_is_refused_with_the_reason(policy, taken, why):
    world = World(site(asset("a")), **policy)
    two = imported(Form.CSV, {"asset": "a"}, {"name": "b"})
    shelf = {"tap": {"d1": TAP}, "two": {"d1": two}}.get(taken, {})
    with pytest.raises(Refused, match=why) as found:
        inventory.admit(world.memory, ask(RequestKind.TAKE_IMPORT, "d1"), shelf, world.policy, now(1))
    assert found.value.remedy


def test_the_same_file_is_taken_once_and_again_only_after_it_was_withdrawn():
    world = World(site(asset("a")))
    made = imported(Form.CSV, {"asset": "a"})
    world.take(made)
    again = ask(RequestKind.TAKE_IMPORT, "d2")
    shelf = {"d2": msgspec.structs.replace(made, name="renamed.csv")}
    with pytest.raises(Refused, match="in the register already, as list"):
        inventory.admit(world.memory, again, shelf, world.policy, now(1))
    (taken,) = world.memory.standing.imports
    drafts = inventory.admit(
        world.memory, ask(RequestKind.WITHDRAW_IMPORT, taken, why="wrong site"), {}, world.policy, now(2)
    )
    world.say(*drafts)
    assert inventory.admit(world.memory, again, shelf, world.policy, now(3))


@pytest.mark.parametrize(("subject", "body"), [("import_none", {"why": "x"}), (None, {}), (None, {"why": " "})])
def test_withdrawing_names_an_import_that_stands_and_says_why(subject, body):
    world = World(site(asset("a")))
    world.take(imported(Form.CSV, {"asset": "a"}))
    named = subject or next(iter(world.memory.standing.imports))
    with pytest.raises(Refused):
        inventory.admit(world.memory, ask(RequestKind.WITHDRAW_IMPORT, named, **body), {}, world.policy, now(1))


def test_a_request_of_another_room_is_refused():
    world = World(site(asset("a")))
    with pytest.raises(Refused, match="does not know"):
        inventory.admit(world.memory, ask(RequestKind.TAKE_COMMAND, "x"), {}, world.policy, now(1))


def test_retired_equipment_that_falls_silent_closes_its_finding_and_one_that_answers_again_opens_it():
    world = battery()
    turn(world)
    world.say(lost("old"))
    assert [body.asset for body in turn(world)] == ["old"]
    world.say(reached("old"))
    assert [body.finding_kind for body in turn(world)] == ["retired but talking"]


def test_two_papers_that_differ_about_retirement_make_a_finding_that_is_likely_and_ends_with_the_silence():
    world = World(site(asset("a", state=LifeStage.ACTIVE), devices={"a": "10.0.0.5:502"}))
    world.take(imported(Form.CSV, {"asset": "a", "state": "retired"}, name="disposals.csv"))
    assert turn(world) == []
    world.say(reached("a"))
    (opened,) = turn(world)
    assert (opened.finding_kind, opened.sure) == ("retired but talking", "likely")
    world.say(lost("a"))
    assert [body.finding for body in turn(world)] == [opened.finding]


def test_a_device_that_comes_and_goes_costs_no_new_reconciliation():
    world = battery()
    turn(world)
    before = world.memory.found
    world.say(lost("a"))
    turn(world)
    assert world.memory.found is before


class Counting:
    """Counts every record and conversation that is looked at."""

    def __init__(self) -> None:
        self.seen = 0

    def over(self, held):
        counting = self

        class Watched(tuple):
            __slots__ = ()

            def __iter__(self):
                for each in tuple.__iter__(self):
                    counting.seen += 1
                    yield each

        return msgspec.structs.replace(held, records=Watched(held.records), talks=Watched(held.talks))


def crowded(steps_max: int, findings_max: int = 30) -> tuple[World, Counting]:
    """A hundred assets, a list of them, a capture of as many talks, and strangers in both."""
    declared = site(*(asset(f"b{n}", firmware="1.0") for n in range(100)), devices={"b1": "10.0.0.5:502"})
    world = World(declared, steps_max=steps_max, findings_max=findings_max)
    world.say(reached("b1"), described("b1", firmware="1.1"))
    world.take(imported(Form.CSV, *({"asset": f"b{n}", "address": f"10.2.0.{n}"} for n in range(100))))
    heard = tuple(talk(f"10.9.0.{n}", f"10.2.0.{n}", "http", 80, writes=n % 2) for n in range(1, 100))
    world.take(imported(Form.PCAP, name="tap", talks=heard))
    counting = Counting()
    world.shelf = {digest: counting.over(held) for digest, held in world.shelf.items()}
    return world, counting


def settled(world) -> list:
    """Turns until the room has thought to the end; all bodies."""
    bodies = []
    for _ in range(1_000):
        bodies += turn(world)
        if world.memory.study is None:
            return bodies
    raise AssertionError("the thought does not end")


def test_no_turn_takes_more_steps_than_the_policy_allows_however_much_was_imported():
    world, counting = crowded(steps_max=40)
    turns = 0
    while turns == 0 or world.memory.study is not None:
        before, turns = counting.seen, turns + 1
        bodies = turn(world)
        assert counting.seen - before <= 40
        assert not bodies or world.memory.study is None
    assert turns >= 10
    assert len(bodies) == 30


@pytest.mark.parametrize("steps_max", [1, 7, 100, 1_000_000])
def test_slices_of_any_size_find_the_same(steps_max):
    world, _ = crowded(steps_max)
    whole, _ = crowded(10_000_000)
    assert [(b.asset, b.code, b.what) for b in settled(world)] == [(b.asset, b.code, b.what) for b in turn(whole)]


def test_a_memory_in_the_middle_of_a_thought_decides_the_same_again():
    world, _ = crowded(steps_max=100)
    turn(world)
    middle = world.memory
    one = settled(world)
    world.memory = middle
    assert [body.what for body in settled(world)] == [body.what for body in one]


def test_equipment_that_never_rests_does_not_keep_a_thought_from_its_end():
    world, _ = crowded(steps_max=100, findings_max=1_000)
    bodies = []
    for n in range(20):
        world.say(described("b1", firmware=f"2.{n}"))
        bodies += turn(world)
    assert any("itself says 2." in body.what for body in bodies if isinstance(body, FindingOpened))


def test_an_import_that_is_taken_back_in_the_middle_of_a_thought_is_not_found_in():
    world, _ = crowded(steps_max=100)
    turn(world)
    for taken in tuple(world.memory.standing.imports):
        world.say(ImportWithdrawn(taken, "wrong network"))
    assert {body.code for body in settled(world)} == {"version"}


def record(**body):
    told = {"done_on": "2026-11-01", "document": "report 7", "found": "works"} | body
    return ask(RequestKind.RECORD_CHECK, told.pop("item", "local control"), **told)


def test_a_word_about_the_checklist_stands_under_the_name_of_whoever_gave_it():
    world = World(site(asset("a")))
    (draft,) = inventory.admit(world.memory, record(), {}, world.policy, now(1))
    assert draft.body == CheckRecorded("local control", "2026-11-01", "report 7", "works", "person:kim")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"item": "tea"}, "no item 'tea'"),
        ({"done_on": "soon"}, "no date"),
        ({"done_on": "2126-01-01"}, "still to come"),
        ({"document": ""}, "document is missing"),
        ({"found": "x" * 501}, "found is missing or too long"),
    ],
)
def test_a_word_that_says_nothing_is_refused(wrong, why):
    world = World(site(asset("a")))
    with pytest.raises(Refused, match=why):
        inventory.admit(world.memory, record(**wrong), {}, world.policy, now(1))
