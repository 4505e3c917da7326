"""What is open about an asset: each kind of gap with a row where it stands and one where it does not."""

from datetime import date

import pytest

from ironkeep.decisions.inventory import gaps, mandatory
from ironkeep.decisions.inventory.reconcile import reconcile
from ironkeep.model.register import Form, GapKind
from ironkeep.model.site import AssetKind, Chemistry, Credentials, LifeStage, Purpose
from tests.decisions.inventory.registers import World, asset, described, imported, lost, reached, site, talk

TODAY = date(2026, 11, 21)


def open_at(world, name="a"):
    ledger = reconcile(world.policy, world.memory.standing, world.shelf)
    gaps.find(ledger, world.policy, TODAY)
    return ledger.entries[name].gaps


@pytest.mark.parametrize(
    ("paper", "kind"),
    [
        ({"owner": "x"}, GapKind.NO_OWNER),
        ({"contact": "x"}, GapKind.NO_CONTACT),
        ({"location": "x"}, GapKind.NO_LOCATION),
        ({"isolation": ("Q1",)}, GapKind.NO_ISOLATION),
        ({"chemistry": Chemistry.LFP}, GapKind.CHEMISTRY_UNKNOWN),
        ({"credentials": Credentials.UNIQUE}, GapKind.CREDENTIALS_UNKNOWN),
        ({"patch_window": "Sundays"}, GapKind.PATCH_UNKNOWN),
        ({"design_life_until": "2031-01-01"}, GapKind.LIFE_UNKNOWN),
        ({"support_until": "2031-01-01"}, GapKind.SUPPORT_UNKNOWN),
        ({"support_until": "not announced"}, GapKind.SUPPORT_UNKNOWN),
        ({"inspected_until": "2027-12-01"}, GapKind.INSPECTION_UNKNOWN),
    ],
)
def test_a_field_that_no_source_answers_is_a_gap_and_an_answer_closes_it(paper, kind):
    assert open_at(World(site(asset("a"))))[kind] == "no source says"
    assert kind not in open_at(World(site(asset("a", **paper))))


def test_said_to_be_unknown_is_another_gap_than_never_said():
    found = open_at(World(site(asset("a", owner="unknown", chemistry=Chemistry.UNKNOWN))))
    assert found[GapKind.NO_OWNER] == found[GapKind.CHEMISTRY_UNKNOWN] == "said to be unknown"


def test_a_list_that_says_none_names_no_isolation_point():
    assert "says that there is none" in open_at(World(site(asset("a", isolation=()))))[GapKind.NO_ISOLATION]


@pytest.mark.parametrize(
    ("paper", "kind"),
    [
        ({"design_life_until": "2026-11-20"}, GapKind.LIFE_ENDED),
        ({"design_life_until": "2027-11-01"}, GapKind.LIFE_ENDING),
        ({"support_until": "2025-01-01"}, GapKind.SUPPORT_ENDED),
        ({"support_until": "2027-06-01"}, GapKind.SUPPORT_ENDING),
        ({"inspected_until": "2026-01-01"}, GapKind.INSPECTION_OVERDUE),
        ({"credentials": Credentials.DEFAULT}, GapKind.CREDENTIALS_SHARED),
        ({"credentials": Credentials.SHARED}, GapKind.CREDENTIALS_SHARED),
    ],
)
def test_what_ran_out_or_runs_out_within_its_lead_time_is_told(paper, kind):
    assert kind in open_at(World(site(asset("a", **paper))))


@pytest.mark.parametrize(
    ("paper", "kind"),
    [
        ({"design_life_until": "2026-11-21"}, GapKind.LIFE_ENDED),
        ({"design_life_until": "2028-11-01"}, GapKind.LIFE_ENDING),
        ({"support_until": "not announced"}, GapKind.SUPPORT_ENDED),
        ({"support_until": "unknown"}, GapKind.SUPPORT_ENDED),
        ({"support_until": "2028-06-01"}, GapKind.SUPPORT_ENDING),
    ],
)
def test_a_date_that_is_ahead_or_not_announced_is_not_told_as_past(paper, kind):
    assert kind not in open_at(World(site(asset("a", **paper))))


def test_a_migration_plan_closes_the_warning_that_support_ends():
    world = World(site(asset("a", support_until="2027-06-01")))
    assert GapKind.SUPPORT_ENDING in open_at(world)
    world.take(imported(Form.CSV, {"asset": "a", "migration": "DOC-17"}))
    assert GapKind.SUPPORT_ENDING not in open_at(world)


def test_a_date_that_is_none_is_said_and_not_guessed():
    world = World(site(asset("a")))
    world.take(imported(Form.CSV, {"asset": "a", "support_until": "next spring"}))
    assert "which is no date" in open_at(world)[GapKind.VALUES_CONFLICT]


def test_a_meter_without_a_calibration_date_and_one_past_it():
    assert GapKind.CALIBRATION_UNKNOWN in open_at(World(site(asset("a", AssetKind.METER))))
    late = World(site(asset("a", AssetKind.METER, calibrated_until="2026-01-01")))
    assert GapKind.CALIBRATION_OVERDUE in open_at(late)


def test_a_parent_that_is_not_in_the_site_file_is_told_and_a_string_without_one_too():
    assert "nowhere" in open_at(World(site(asset("a", parent="nowhere"))))[GapKind.NO_PARENT]
    assert GapKind.NO_PARENT in open_at(World(site(asset("a", AssetKind.STRING))))
    assert GapKind.NO_PARENT not in open_at(World(site(asset("b"), asset("b.s1", AssetKind.STRING))), "b.s1")


def test_a_version_read_that_is_not_the_one_on_paper_differs():
    world = World(site(asset("a", firmware="1.0"), devices={"a": "10.0.0.5:502"}))
    world.say(reached("a"), described("a", firmware="1.1"))
    assert open_at(world)[GapKind.VERSION_DIFFERS] == "the site file says 1.0, a-dev itself says 1.1"


def test_the_same_version_in_other_letters_does_not_differ():
    world = World(site(asset("a", firmware="V1.0 b"), devices={"a": "10.0.0.5:502"}))
    world.say(reached("a"), described("a", firmware="v1.0  B"))
    assert GapKind.VERSION_DIFFERS not in open_at(world)


def test_one_serial_number_on_two_assets_is_told_at_both():
    world = World(site(asset("a", serial="SN"), asset("b", serial="sn")))
    assert "also that of b" in open_at(world)[GapKind.SERIAL_TWICE]
    assert "also that of a" in open_at(world, "b")[GapKind.SERIAL_TWICE]


def test_an_address_that_moved_is_told_when_a_surer_key_says_that_it_is_the_same_device():
    world = World(site(asset("a", serial="SN"), devices={"a": "10.0.0.5:502"}))
    world.take(imported(Form.CSV, {"serial": "SN", "address": "10.0.0.6:502"}))
    assert "10.0.0.6:502" in open_at(world)[GapKind.ADDRESS_MOVED]


def test_sources_that_disagree_are_named_with_what_each_says():
    world = World(site(asset("a", maker="Acme")))
    world.take(imported(Form.NETBOX, {"asset": "a", "maker": "Apex"}, name="netbox.json"))
    assert open_at(world)[GapKind.VALUES_CONFLICT] == "maker: Acme (the site file), Apex (netbox.json)"


def test_declared_and_never_met_is_missing_and_met_and_lost_is_silent():
    world = World(site(asset("a"), asset("b"), devices={"a": "10.0.0.5:502", "b": "10.0.0.6:502"}))
    assert GapKind.MISSING_DEVICE not in open_at(world)  # nobody has looked yet
    world.say(reached("b"))
    assert "never answered" in open_at(world)[GapKind.MISSING_DEVICE]
    world.say(lost("a"))  # asked again and again, and nobody was ever there
    assert open_at(world).keys() & {GapKind.MISSING_DEVICE, GapKind.ACTIVE_SILENT} == {GapKind.MISSING_DEVICE}
    world.say(lost("b"))
    assert "b-dev silent since" in open_at(world, "b")[GapKind.ACTIVE_SILENT]
    world.say(reached("b"))
    assert GapKind.ACTIVE_SILENT not in open_at(world, "b")


@pytest.mark.parametrize("stage", [LifeStage.PLANNED, LifeStage.SPARE])
def test_what_is_planned_or_spare_may_be_silent(stage):
    world = World(site(asset("a", state=stage), asset("b"), devices={"a": "10.0.0.5:502", "b": "10.0.0.6:502"}))
    world.say(reached("b"))
    assert GapKind.MISSING_DEVICE not in open_at(world)


def test_a_list_that_names_more_than_half_of_a_kind_counts_it_and_a_shorter_one_does_not():
    world = World(site(*(asset(name) for name in "abcd")))
    world.take(imported(Form.CSV, {"asset": "b"}, {"asset": "c"}))
    assert GapKind.MISSING_DEVICE not in open_at(world)
    world.take(imported(Form.CSV, {"asset": "b"}, {"asset": "c"}, {"asset": "d"}, name="count.csv"))
    assert "count.csv" in open_at(world)[GapKind.MISSING_DEVICE]
    assert GapKind.MISSING_DEVICE not in open_at(world, "c")


def test_retired_equipment_that_answers_or_is_overheard_is_told_and_what_is_silent_is_not():
    world = World(site(asset("a", state=LifeStage.RETIRED), devices={"a": "10.0.0.5:502"}))
    assert GapKind.RETIRED_TALKING not in open_at(world)
    world.take(imported(Form.PCAP, name="tap", talks=(talk("10.0.0.8", "10.0.0.5"),)))
    assert "heard speaking modbus" in open_at(world)[GapKind.RETIRED_TALKING]
    world.say(reached("a"))
    assert "a-dev answers" in open_at(world)[GapKind.RETIRED_TALKING]


def test_equipment_that_a_list_calls_retired_and_that_talks_is_told_though_the_site_file_says_active():
    world = World(site(asset("a", state=LifeStage.ACTIVE), devices={"a": "10.0.0.5:502"}))
    world.take(imported(Form.CSV, {"asset": "a", "state": "Retired"}, name="disposals.csv"))
    assert GapKind.RETIRED_TALKING not in open_at(world)
    assert "state: active (the site file), Retired (disposals.csv)" in open_at(world)[GapKind.VALUES_CONFLICT]
    world.say(reached("a"))
    told = open_at(world)[GapKind.RETIRED_TALKING]
    assert told.startswith("retired in disposals.csv, active in the site file; a-dev answers")
    assert GapKind.CREDENTIALS_UNKNOWN in open_at(world)  # what counts as active owes its answers


def test_an_interface_that_answers_and_is_not_declared_is_told_and_a_declared_one_is_not():
    world = World(site(asset("a"), devices={"a": "10.0.0.5:502"}))
    world.take(imported(Form.PCAP, name="tap", talks=(talk("10.0.0.8", "10.0.0.5"),)))
    assert GapKind.INTERFACE_UNDECLARED not in open_at(world)
    world.take(imported(Form.ZEEK, name="conn.log", talks=(talk("10.0.0.8", "10.0.0.5", "http", 80),)))
    assert open_at(world)[GapKind.INTERFACE_UNDECLARED] == "http on port 80 answered to 10.0.0.8"
    world.take(imported(Form.CSV, {"asset": "a", "interfaces": "serial, web page"}, name="faces.csv"))
    assert GapKind.INTERFACE_UNDECLARED not in open_at(world)


def test_a_writer_that_nobody_declared_is_told_at_what_it_wrote_to():
    world = World(site(asset("a"), asset("ems"), devices={"a": "10.0.0.5:502", "ems": "10.0.0.8:502"}))
    world.take(imported(Form.PCAP, name="tap", talks=(talk("10.0.0.8", "10.0.0.5", writes=2),)))
    assert GapKind.WRITER_UNKNOWN not in open_at(world)
    world.take(imported(Form.PCAP, name="tap2", talks=(talk("10.0.0.9", "10.0.0.5", writes=2),)))
    assert "10.0.0.9 wrote to it" in open_at(world)[GapKind.WRITER_UNKNOWN]


def test_a_purpose_on_paper_closes_its_gap():
    bank = asset("a")
    told = type(bank)(bank.id, bank.kind, purpose=Purpose.BACKUP)
    assert GapKind.PURPOSE_UNKNOWN in open_at(World(site(bank)))
    assert GapKind.PURPOSE_UNKNOWN not in open_at(World(site(told)))


def test_a_missing_field_lowers_the_score_and_unknown_does_not_raise_it():
    def score(**paper):
        world = World(site(asset("a", **paper)))
        ledger = reconcile(world.policy, world.memory.standing, {})
        return mandatory.score(ledger.entries["a"])

    assert score(owner="x").pct > score().pct
    assert score(owner="unknown").pct == score().pct
    assert score(owner="unknown").unknown == 1
    assert (score(owner="x") + score()).answered == score(owner="x").answered + score().answered


def test_every_kind_of_asset_has_mandatory_fields_of_the_register():
    from ironkeep.model.register import FIELDS

    assert set(mandatory.MANDATORY) == set(AssetKind)
    assert {name for fields in mandatory.MANDATORY.values() for name in fields} <= set(FIELDS)


@pytest.mark.parametrize(
    ("paper", "listed", "told"),
    [
        ({"firmware": "1.0"}, {"firmware": "1.2"}, "firmware: 1.0 (the site file), 1.2 (list.csv)"),
        ({"credentials": Credentials.UNIQUE}, {"credentials": "default"}, "credentials: unique"),
        ({"isolation": ("Q1", "F3")}, {"isolation": "Q1"}, "isolation: Q1, F3 (the site file), Q1 (list.csv)"),
    ],
)
def test_two_papers_that_differ_about_a_version_a_log_in_or_a_breaker_are_told(paper, listed, told):
    world = World(site(asset("a", **paper)))
    world.take(imported(Form.CSV, {"asset": "a", **listed}))
    assert told in open_at(world)[GapKind.VALUES_CONFLICT]


def test_isolation_points_in_another_order_are_the_same():
    world = World(site(asset("a", isolation=("Q1", "F3"))))
    world.take(imported(Form.CSV, {"asset": "a", "isolation": "f3,  Q1"}))
    assert GapKind.VALUES_CONFLICT not in open_at(world)


def test_every_other_address_that_sources_give_an_asset_is_told():
    world = World(site(asset("a", serial="S1", address="10.0.0.6:502")))
    one, two = ({"serial": "S1", "address": host} for host in ("10.0.0.66", "10.0.0.61"))
    world.take(imported(Form.CSV, one), imported(Form.NETBOX, two, name="netbox.json"))
    words = "10.0.0.6 on paper, 10.0.0.66 in list.csv (list.csv:2), 10.0.0.61 in netbox.json (netbox.json:2)"
    assert open_at(world)[GapKind.ADDRESS_MOVED] == words
