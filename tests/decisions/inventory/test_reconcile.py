"""Who says what about which asset: matched by what, kept apart, nothing overwritten."""

import msgspec
import pytest

from ironkeep.decisions.inventory.reconcile import reconcile
from ironkeep.facts.device import TalkOverheard
from ironkeep.model.register import Form, Source, Talk
from ironkeep.model.site import AssetKind
from tests.decisions.inventory.registers import DAY_US, World, asset, described, imported, reached, site, talk


def ledger(world):
    return reconcile(world.policy, world.memory.standing, world.shelf)


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ({"asset": "b", "serial": "ANOTHER"}, "asset id"),
        ({"serial": "sn-1", "address": "10.9.9.9"}, "serial"),
        ({"mac": "AA:BB:CC:00:00:01"}, "mac"),
        ({"address": "10.0.0.5"}, "address"),
        ({"address": "10.0.0.5:502"}, "address"),
        ({"name": "UPS Left"}, "name"),
    ],
)
def test_a_record_finds_its_asset_by_the_surest_key_it_has(fields, by):
    declared = asset("b", serial="SN-1", mac="aa:bb:cc:00:00:01")
    named = type(declared)(declared.id, declared.kind, name="ups left", paper=declared.paper)
    world = World(site(named, devices={"b": "10.0.0.5:502"}))
    world.take(imported(Form.CSV, fields))
    found = ledger(world)
    assert [match.by for match in found.entries["b"].said] == [by]
    assert found.strangers == ()


def test_a_serial_that_two_assets_share_matches_neither():
    world = World(site(asset("a", serial="SN"), asset("b", serial="SN")))
    world.take(imported(Form.CSV, {"serial": "sn"}))
    found = ledger(world)
    assert not found.entries["a"].said
    assert not found.entries["b"].said
    assert [each.key for each in found.strangers] == ["sn"]


def test_a_serial_that_only_the_device_itself_told_identifies_it_too():
    world = World(site(asset("a"), devices={"a": "10.0.0.5:502"}))
    world.say(reached("a"), described("a", serial="SN-READ"))
    world.take(imported(Form.CSV, {"serial": "SN-READ", "owner": "power team"}))
    entry = ledger(world).entries["a"]
    assert [(m.said.source, m.by) for m in entry.said] == [(Source.OBSERVED, "device"), (Source.IMPORTED, "serial")]
    assert entry.known("owner") == "power team"


def test_no_source_overwrites_another_and_what_was_read_counts_for_versions():
    world = World(site(asset("a", firmware="1.0", owner="paper"), devices={"a": "10.0.0.5:502"}))
    world.say(reached("a"), described("a", firmware="2.0"))
    world.take(imported(Form.CSV, {"asset": "a", "firmware": "3.0", "owner": "list"}))
    entry = ledger(world).entries["a"]
    assert entry.declared["firmware"] == "1.0"
    assert [m.said.fields["firmware"] for m in entry.said] == ["2.0", "3.0"]
    assert entry.known("firmware") == "2.0"
    assert entry.known("owner") == "paper"


def test_unknown_never_hides_an_answer_and_stays_an_answer_of_its_own():
    world = World(site(asset("a", owner="unknown", contact="unknown")))
    world.take(imported(Form.CSV, {"asset": "a", "owner": "power team"}))
    entry = ledger(world).entries["a"]
    assert entry.known("owner") == "power team"
    assert (entry.effective["contact"], entry.known("contact")) == ("unknown", "")


def test_parts_inherit_what_the_whole_says_and_nothing_that_is_their_own():
    whole = asset("b", owner="power team", contact="2210", serial="B1", isolation=("Q1",))
    world = World(site(whole, asset("b.s1", AssetKind.STRING), asset("b.s1.m01", AssetKind.MODULE, owner="lab")))
    found = ledger(world).entries
    assert (found["b.s1"].known("contact"), found["b.s1"].known("isolation")) == ("2210", "Q1")
    assert found["b.s1.m01"].known("owner") == "lab"
    assert found["b.s1.m01"].known("serial") == ""


def test_what_matches_nothing_is_one_stranger_however_many_sources_name_it():
    world = World(site(asset("a")))
    world.take(
        imported(Form.ARP, {"address": "10.0.0.9", "mac": "aa:bb:cc:00:00:09"}, name="arp.txt"),
        imported(Form.DHCP, {"mac": "aa:bb:cc:00:00:09", "name": "laptop-7"}, name="leases"),
        imported(Form.PCAP, name="tap.pcap", talks=(talk("10.0.0.9", "10.0.0.77", "http", 80),)),
    )
    found = {each.key: each for each in ledger(world).strangers}
    assert set(found) == {"aa:bb:cc:00:00:09", "10.0.0.77"}
    laptop = found["aa:bb:cc:00:00:09"]
    assert laptop.value("name") == "laptop-7"
    assert len(laptop.talks) == 1


def test_conversations_go_to_the_assets_at_their_ends_and_broadcasts_to_nobody():
    world = World(site(asset("a"), devices={"a": "10.0.0.5:502"}))
    talks = (talk("10.0.0.9", "10.0.0.5", writes=3), talk("10.0.0.9", "239.1.1.1", "mdns", 5353),
             talk("10.0.0.5", "255.255.255.255", "dhcp", 67))  # fmt: skip
    world.take(imported(Form.PCAP, name="tap.pcap", talks=talks))
    found = ledger(world)
    assert (len(found.entries["a"].answered), len(found.entries["a"].asked)) == (1, 1)
    assert [(each.key, each.written) for each in found.strangers] == [("10.0.0.9", {"a"})]


def test_traffic_is_known_by_the_address_that_a_list_gives_an_asset_whichever_came_first():
    world = World(site(asset("a"), asset("b")))
    world.take(imported(Form.PCAP, name="tap.pcap", talks=(talk("10.0.0.9", "10.2.0.1", writes=1),)))
    world.take(imported(Form.CSV, {"asset": "a", "address": "10.2.0.1"}))
    found = ledger(world)
    assert len(found.entries["a"].answered) == 1
    assert [(each.key, each.written) for each in found.strangers] == [("10.0.0.9", {"a"})]


def test_an_address_that_lists_give_to_two_assets_leads_to_neither_and_takes_none_that_is_declared():
    world = World(site(asset("a"), asset("b"), asset("c", address="10.2.0.3")))
    world.take(imported(Form.CSV, {"asset": "a", "address": "10.2.0.1"}, {"asset": "b", "address": "10.2.0.1"}))
    world.take(imported(Form.CSV, {"asset": "a", "address": "10.2.0.3"}, name="other.csv"))
    talks = (talk("10.0.0.9", "10.2.0.1"), talk("10.0.0.9", "10.2.0.3"))
    world.take(imported(Form.PCAP, name="tap.pcap", talks=talks))
    found = ledger(world)
    assert not found.entries["a"].answered
    assert not found.entries["b"].answered
    assert len(found.entries["c"].answered) == 1


def overheard(each: Talk, at: str = "bms-dev") -> TalkOverheard:
    return TalkOverheard(at, "bms", **msgspec.structs.asdict(each))


def test_a_stranger_heard_at_a_live_tap_is_one_as_in_a_capture_until_it_is_long_gone():
    world = World(site(asset("bms"), devices={"bms": "10.0.0.5:502"}))
    world.say(overheard(talk("10.0.0.66", "10.0.0.5", writes=1)), overheard(talk("10.0.0.66", "10.0.0.7")))
    found = reconcile(world.policy, world.memory.standing, {})
    assert {stranger.key: sorted(stranger.written) for stranger in found.strangers} == {
        "10.0.0.66": ["bms"],
        "10.0.0.7": [],
    }
    assert found.captured
    world.say(overheard(talk("10.0.0.9", "10.0.0.5", last_us=40 * DAY_US), at="elsewhere"))
    assert len(world.memory.standing.heard) == 3, "that another tap hears others says nothing of this one"
    world.say(overheard(talk("10.0.0.9", "10.0.0.5", last_us=40 * DAY_US)))
    gone = reconcile(world.policy, world.memory.standing, {})
    assert [stranger.key for stranger in gone.strangers] == ["10.0.0.9"]


def test_an_import_whose_text_is_not_at_hand_is_named_and_says_nothing():
    world = World(site(asset("a")))
    world.take(imported(Form.CSV, {"asset": "a", "owner": "x"}))
    world.shelf.clear()
    found = ledger(world)
    assert found.waiting == ("list.csv",)
    assert found.entries["a"].said == []


def test_a_withdrawn_import_leaves_nothing_behind():
    from ironkeep.facts.register import ImportWithdrawn

    world = World(site(asset("a")))
    before = ledger(world)
    world.take(imported(Form.CSV, {"asset": "a", "owner": "x"}, {"name": "stranger"}))
    assert ledger(world).strangers
    world.say(ImportWithdrawn(next(iter(world.memory.standing.imports)), "wrong file"))
    after = ledger(world)
    assert (after.strangers, after.entries["a"].effective) == (before.strangers, before.entries["a"].effective)
