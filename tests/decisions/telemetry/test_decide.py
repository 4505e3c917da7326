"""The telemetry room, row by row: every reason bit, devices, passports, trust and what missing data may do."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.decisions import telemetry
from ironkeep.decisions.telemetry.memory import Held
from ironkeep.decisions.telemetry.reasons import trust_drafts
from ironkeep.model.check import Bound, Check, Relation, SettingMeaning
from ironkeep.model.errors import Refused
from ironkeep.model.finding import FindingKind
from ironkeep.model.ids import AssetId, DeviceId, PointName, RequestId
from ironkeep.model.link import LinkState, Particulars, Writer
from ironkeep.model.point import PointClass, PointKind
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.register import Talk
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.site import AssetKind
from ironkeep.model.trust import Trust
from tests.decisions.rooms import facts, frame, layout, link, now, picture, point, site
from tests.decisions.telemetry.room import Room, named

BANK = AssetId("bank")


def plain(**more) -> Room:
    return Room(layout(("bank",), [point("voltage_v", low=0.0, high=1000.0, rate_per_s=50.0), point("free_v")]), **more)


def test_a_row_settles_for_ten_polls_and_is_usable_then() -> None:
    room = plain()
    room.see([500.0, 1.0], seconds=9)
    assert room.bits("voltage_v") & Quality.SETTLING
    room.see([500.0, 1.0], seconds=2)
    assert room.bits("voltage_v").usable


def test_a_value_beyond_its_range_is_bad_and_needs_two_good_samples_to_leave_bad() -> None:
    room = plain()
    room.see([500.0, 1.0], seconds=12)
    room.see([2000.0, 1.0])
    assert room.bits("voltage_v") & Quality.RANGE
    assert room.bits("free_v").usable
    room.layout = layout(("bank",), [point("voltage_v", low=0.0, high=1000.0), point("free_v")])
    room.see([500.0, 1.0])
    assert not room.bits("voltage_v").usable
    room.see([500.0, 1.0])
    assert room.bits("voltage_v").usable


def test_a_leap_is_marked_as_too_fast_and_a_walk_is_not() -> None:
    room = plain()
    room.see([500.0, 1.0], seconds=12)
    room.see([540.0, 1.0])
    assert room.bits("voltage_v").usable
    room.see([700.0, 1.0])
    assert room.bits("voltage_v") & Quality.RATE


def test_bounds_of_physics_hold_where_a_point_is_silent_itself() -> None:
    room = plain(bounds=(Bound("free_*", low=0.0, high=5.0),))
    room.see([500.0, 6.0])
    assert room.bits("free_v") & Quality.RANGE


def test_a_row_is_stale_after_its_limit_and_one_period_more_and_a_wall_clock_that_jumps_changes_nothing() -> None:
    room = plain()
    room.see([500.0, 1.0], seconds=12)
    room.see([500.0, 1.0], seconds=4, polls=12)
    assert room.bits("voltage_v").usable
    room.see([500.0, 1.0], polls=12)
    assert room.bits("voltage_v") & Quality.STALE
    fresh = plain()
    fresh.see([500.0, 1.0], seconds=12)
    fresh.second += 1
    one = frame(fresh.layout, 13, [500.0, 1.0])
    hour = now(13)
    hour = type(hour)(hour.at_us + 3_600_000_000, hour.mono_us)
    _, judged, _ = telemetry.decide(fresh.memory, picture(13, one, links=(link("bank", 13),)), fresh.policy, hour)
    assert not judged.frames[0].quality_of("voltage_v")[0] & Quality.STALE


def test_the_adapters_own_bits_stay_and_make_nothing_usable() -> None:
    for bit in (Quality.ABSENT, Quality.EXCEPTION, Quality.LOST):
        room = plain()
        room.see([np.nan, 1.0], quality=[[int(bit), 0]], seconds=12)
        assert room.bits("voltage_v") & bit
        assert not room.bits("voltage_v").usable


def test_a_counter_that_goes_back_is_out_of_order_and_one_that_wraps_is_not() -> None:
    shape = layout(("bank",), [point("voltage_v")], [point("energy_wh", PointKind.COUNTER)])
    room = Room(shape)
    room.see([1.0], [[1000]], seconds=12)
    room.see([1.0], [[900]])
    assert room.bits("energy_wh") & Quality.ORDER
    room = Room(shape)
    room.see([1.0], [[2**32 - 5]], seconds=12)
    room.see([1.0], [[3]])
    assert not room.bits("energy_wh") & Quality.ORDER


def test_the_same_sample_delivered_again_as_if_new_is_a_duplicate() -> None:
    room = plain()
    room.see([500.0, 1.0], seconds=12)
    one = frame(room.layout, 13, [500.0, 1.0])
    old = room.judged.frames[0]
    again = type(one)(one.layout, one.at_us, one.analog, one.integer, one.quality, old.collected_us, one.polls)
    _, judged, _ = telemetry.decide(room.memory, picture(13, again), room.policy, now(13))
    assert judged.frames[0].quality_of("voltage_v")[0] & Quality.DUPLICATE


def hearted() -> Room:
    return Room(
        layout(("bank",), [point("voltage_v")], [point("heartbeat_count", PointKind.COUNTER, PointClass.VOLATILE)])
    )


def test_a_heartbeat_that_stands_still_under_a_live_link_freezes_everything_behind_it() -> None:
    room = hearted()
    for second in range(1, 20):
        room.see([1.0], [[second]])
    assert room.bits("voltage_v").usable
    bodies = room.see([2.0], [[19]], seconds=6)
    assert room.bits("voltage_v") & Quality.FROZEN
    (trust,) = named(bodies, "TrustChanged")
    assert trust.after == Trust.UNTRUSTED
    assert trust.reasons[0][0] == "frozen:gateway"
    assert named(bodies, "FindingOpened")[0].code == "frozen:gateway"


@pytest.mark.safety("S59")
def test_without_a_heartbeat_the_detector_is_reported_unavailable() -> None:
    room = plain()
    bodies = room.see([500.0, 1.0], seconds=14)
    assert [b.code for b in named(bodies, "FindingOpened")] == ["no-heartbeat"]
    assert room.see([500.0, 1.0], seconds=30) == []  # said once
    reasons = [r.code for r in room.judged.trust[BANK].reasons]
    assert "standing:no-heartbeat" in reasons
    assert room.judged.trust[BANK].news == ()


@pytest.mark.safety("S44", "S47")
def test_a_restart_is_a_finding_and_no_change_of_trust_and_a_wrap_is_neither() -> None:
    room = hearted()
    for second in range(1, 20):
        room.see([1.0], [[5000 + second]])
    bodies = room.see([1.0], [[3]])
    assert [b.code for b in named(bodies, "FindingOpened")] == ["restarted"]
    assert named(bodies, "TrustChanged") == []
    wrap = hearted()
    for second in range(65_520, 65_550):
        bodies = wrap.see([1.0], [[second % 65_536]])
    assert wrap.memory.standing.findings == {}


@pytest.mark.safety("S59")
def test_after_a_restart_a_heart_that_beats_is_never_said_to_be_missing() -> None:
    room = hearted()
    for second in range(20):
        room.see([1.0], [[second]])
    stood = room.judged.trust[BANK]
    room.memory = telemetry.thaw(telemetry.freeze(room.memory))
    room.second += 1
    undescribed = picture(room.second, links=(link("bank", 0),))  # no device has said yet what it offers
    room.memory, _, drafts = telemetry.decide(room.memory, undescribed, room.policy, now(room.second))
    told = [draft.body for draft in drafts]
    for second in range(20):
        told += room.see([1.0], [[second]], polls=second + 1)
    assert named(told, "TrustChanged") == named(told, "FindingOpened") == []
    assert room.judged.trust[BANK] == stood


def test_silence_is_one_loss_an_endpoint_and_its_end_is_told() -> None:
    where = site()
    room = plain(where=where)
    room.see([500.0, 1.0], seconds=12)
    quiet = (link("bank", 12, state=LinkState.DOWN),)
    bodies = room.see([np.nan, np.nan], quality=[[4, 4]], seconds=8, polls=12, links=quiet)
    assert [b.device for b in named(bodies, "DeviceLost")] == ["bank-dev"]
    assert named(bodies, "TrustChanged")[-1].after == Trust.UNTRUSTED
    assert named(room.see([np.nan, np.nan], quality=[[4, 4]], seconds=30, polls=12, links=quiet), "DeviceLost") == []
    bodies = room.see([500.0, 1.0], seconds=2)
    assert [b.silent_ms > 8000 for b in named(bodies, "DeviceReached")] == [True]
    assert room.judged.trust[BANK].state is Trust.UNTRUSTED  # hysteresis
    bodies = room.see([500.0, 1.0], seconds=40)
    assert named(bodies, "TrustChanged")[-1].after == Trust.DEGRADED


@pytest.mark.parametrize("period_s", [0.5, 1.0, 5.0, 60.0])
def test_a_device_is_lost_when_polls_are_missed_and_never_between_two_of_them(period_s: float) -> None:
    where = site()
    seldom = tuple(msgspec.structs.replace(each, period_s=period_s) for each in where.devices)
    room = plain(where=msgspec.structs.replace(where, devices=seldom))
    told = []
    for second in range(1, 201):
        told += room.see([500.0, 1.0], links=(link("bank", 1 + int(second / period_s)),))
    assert named(told, "DeviceLost") == []
    limit = max(8, int(3 * period_s))
    quiet = (link("bank", 1 + int(200 / period_s)),)
    assert named(room.see([500.0, 1.0], links=quiet, seconds=limit - int(200 % period_s) - 1), "DeviceLost") == []
    assert len(named(room.see([500.0, 1.0], links=quiet, seconds=2), "DeviceLost")) == 1


def test_silence_while_we_stood_still_ourselves_is_nobodys_and_a_slow_engine_still_finds_a_loss() -> None:
    room = plain()
    room.see([500.0, 1.0], seconds=12)
    quiet = (link("bank", 12),)
    room.second += 60
    assert named(room.see([500.0, 1.0], polls=12, links=quiet), "DeviceLost") == []
    assert named(room.see([500.0, 1.0], polls=13, links=(link("bank", 13),)), "DeviceLost") == []
    told = []
    for _ in range(3):
        room.second += 9
        told += room.see([500.0, 1.0], polls=13, links=(link("bank", 13),))
    assert [body.device for body in named(told, "DeviceLost")] == ["bank-dev"]


def test_what_a_device_says_about_itself_is_kept_and_a_change_asks_for_a_look() -> None:
    room = plain()
    said = Particulars(DeviceId("bank-dev"), BANK, "Maker", "M1", version="1.0")
    bodies = room.see([500.0, 1.0], seconds=12, particulars=(said,))
    assert [b.firmware for b in named(bodies, "DeviceDescribed")] == ["1.0"]
    new = Particulars(DeviceId("bank-dev"), BANK, "Maker", "M1", version="2.0")
    bodies = room.see([500.0, 1.0], seconds=3, particulars=(new,))
    assert [(b.field, b.before, b.after) for b in named(bodies, "ParticularsChanged")] == [("firmware", "1.0", "2.0")]
    assert named(bodies, "TrustChanged")[-1].after == Trust.VERIFY_LOCALLY


def test_refused_replies_are_at_most_one_fact_a_minute_with_their_count() -> None:
    room = plain()
    counts = []
    for second in range(1, 131):
        bodies = room.see([500.0, 1.0], links=(link("bank", second, faults={"unit id": second}),))
        counts += [b.count for b in named(bodies, "ReplyRefused")]
    assert counts == [1, 60, 60]


@pytest.mark.safety("S44")
def test_who_writes_undeclared_is_told_with_what_once_a_minute_and_stays_a_finding() -> None:
    where = site()
    bank = msgspec.structs.replace(where.devices[0], tap="/t", writers=("10.0.0.10",))
    room = plain(where=msgspec.structs.replace(where, devices=(bank, *where.devices[1:])))
    told = []
    for second in range(1, 131):
        writers = (Writer("10.0.0.66", second, ("register 7 = 1: done",)), Writer("10.0.0.10", second))
        told += named(room.see([500.0, 1.0], links=(link("bank", second, writers=writers),)), "WriteOverheard")
    assert [(b.writer, b.count, b.what) for b in told] == [
        ("10.0.0.66", count, "register 7 = 1: done") for count in (1, 60, 60)
    ]
    (found,) = [f for f in telemetry.findings(room.memory) if f.kind is FindingKind.WRITE_OVERHEARD]
    assert found.what == (
        "10.0.0.66, not among its declared writers, was overheard writing to bank-dev: register 7 = 1: done"
    )
    assert found.attack == "T0855"


def test_who_talks_at_a_tap_is_told_once_a_day_and_at_its_first_write() -> None:
    room, told = plain(), []
    heard = Talk("10.0.0.66", "10.0.0.5", "modbus", 502, 4, 4, 0, 0, 1, 2)
    for _ in range(3):
        told += named(room.see([500.0, 1.0], links=(link("bank", 1, talks=(heard,)),)), "TalkOverheard")
    writes = msgspec.structs.replace(heard, writes=1)
    for _ in range(3):
        told += named(room.see([500.0, 1.0], links=(link("bank", 1, talks=(writes,)),)), "TalkOverheard")
    assert [(b.asker, b.reads, b.writes) for b in told] == [("10.0.0.66", 4, 0), ("10.0.0.66", 4, 1)]


def settled_settings() -> Room:
    shape = layout(("bank",), [point("voltage_v"), point("trip_over_c", cls=PointClass.SETTING)])
    return Room(shape, settings=(SettingMeaning("trip_*", "a trip", protective=True),))


@pytest.mark.safety("S56")
def test_settings_make_a_passport_at_the_first_settled_read_and_a_change_is_told_once() -> None:
    room = settled_settings()
    assert named(room.see([1.0, 60.0], seconds=9), "PassportTaken") == []
    (taken,) = named(room.see([1.0, 60.0], seconds=4), "PassportTaken")
    assert taken.settings == {"trip_over_c": "60 C"}
    bodies = room.see([1.0, 75.5], seconds=5)
    (change,) = named(bodies, "SettingChanged")
    assert (change.before, change.after, change.unit, change.protective) == ("60", "75.5", "C", True)
    assert named(bodies, "TrustChanged")[-1].after == Trust.VERIFY_LOCALLY


def test_each_further_changed_setting_is_named_in_the_trust_and_the_finding() -> None:
    shape = layout(
        ("bank",), [point("voltage_v"), *(point(n, cls=PointClass.SETTING) for n in ("droop_pct", "trip_c"))]
    )
    room = Room(shape)
    room.see([1.0, 5.0, 60.0], seconds=13)
    for values, named_now in (
        ([1.0, 2.0, 60.0], "droop_pct"),
        ([1.0, 2.0, 75.0], "droop_pct, trip_c"),
        ([1.0, 5.0, 75.0], "trip_c"),
    ):
        room.see(values, seconds=4)
        words = f"settings differ from the passport: {named_now}"
        assert [r.text for r in room.judged.trust[BANK].news] == [words]
        assert [f.what for f in telemetry.findings(room.memory) if f.kind is FindingKind.SETTING_CHANGED] == [words]


def test_a_setting_that_cannot_be_read_changes_nothing() -> None:
    room = settled_settings()
    room.see([1.0, 60.0], seconds=13)
    bodies = room.see([1.0, np.nan], quality=[[0, int(Quality.LOST)]], seconds=5)
    bodies += room.see([1.0, 60.0], seconds=5)
    assert named(bodies, "SettingChanged") == []


def approval(actor: str = "person:kim", subject: str = "bank") -> Request:
    return Request(RequestId("request_1"), RequestKind.APPROVE_SETTING, actor, subject)


def test_a_named_person_approves_a_changed_setting_and_the_reason_ends() -> None:
    room = settled_settings()
    room.see([1.0, 60.0], seconds=13)
    with pytest.raises(Refused, match="nothing differs"):
        telemetry.admit(room.memory, approval(), room.policy, now(room.second))
    room.see([1.0, 75.0], seconds=3)
    with pytest.raises(Refused, match="named person"):
        telemetry.admit(room.memory, approval("engine"), room.policy, now(room.second))
    (draft,) = telemetry.admit(room.memory, approval(), room.policy, now(room.second))
    assert draft.body.settings == {"trip_over_c": "75 C"}
    assert draft.body.approved_by == "person:kim"
    room.commit(draft)
    bodies = room.see([1.0, 75.0], seconds=40)
    assert named(bodies, "TrustChanged")[-1].after == Trust.DEGRADED
    assert named(bodies, "FindingClosed")


def product() -> Check:
    return Check(
        "power", Relation.PRODUCT, PointName("power_w"), PointName("voltage_v"), 10.0, "no product",
        second=PointName("current_a"), asset_kinds=(AssetKind.BANK,), hold_s=3.0,
    )  # fmt: skip


def test_a_contradiction_is_held_until_it_is_positively_disproved_and_missing_data_ends_nothing() -> None:
    shape = layout(("bank",), [point("power_w"), point("voltage_v"), point("current_a")])
    room = Room(shape, checks=(product(),))
    room.see([1000.0, 100.0, 10.0], seconds=14)
    bodies = room.see([2000.0, 100.0, 10.0], seconds=6)
    assert named(bodies, "TrustChanged")[-1].after == Trust.VERIFY_LOCALLY
    assert room.bits("power_w") & Quality.PHYSICS
    assert room.bits("power_w").usable  # doubted, shown with its reason
    gone = room.see([np.nan, 100.0, 10.0], quality=[[int(Quality.ABSENT), 0, 0]], seconds=200)
    assert named(gone, "TrustChanged") == []
    back = room.see([1000.0, 100.0, 10.0], seconds=29)
    assert named(back, "TrustChanged") == []
    assert named(room.see([1000.0, 100.0, 10.0], seconds=8), "TrustChanged")[-1].after == Trust.DEGRADED


def test_what_was_held_is_held_after_a_restart() -> None:
    shape = layout(("bank",), [point("power_w"), point("voltage_v"), point("current_a")])
    room = Room(shape, checks=(product(),))
    room.see([1000.0, 100.0, 10.0], seconds=14)
    room.see([2000.0, 100.0, 10.0], seconds=6)
    room.memory = telemetry.thaw(telemetry.freeze(room.memory))
    bodies = room.see([np.nan, 100.0, 10.0], quality=[[int(Quality.ABSENT), 0, 0]], seconds=60)
    assert named(bodies, "TrustChanged") == []
    assert room.judged.trust[BANK].state is Trust.VERIFY_LOCALLY


@pytest.mark.safety("S60")
def test_a_copied_cell_is_inferred_and_one_that_differs_once_is_not() -> None:
    cells = [point(f"cell_temperature_{i:02}_c") for i in (1, 2, 3)]
    room = Room(layout(("bank.s1.m1",), cells))
    draws = np.random.default_rng(3)
    for _ in range(60):
        one, other = draws.integers(20, 30, 2)
        room.see([one, one, other])
    assert not room.bits("cell_temperature_01_c") & Quality.INFERRED
    assert room.bits("cell_temperature_02_c") & Quality.INFERRED
    assert not room.bits("cell_temperature_03_c") & Quality.INFERRED
    room.see([20.0, 21.0, 20.0])
    room.see([20.0, 20.0, 20.0])
    assert not room.bits("cell_temperature_02_c") & Quality.INFERRED


def test_a_value_stands_still_only_where_something_coupled_moves() -> None:
    check = Check("still", Relation.EXCITED, PointName("current_a"), PointName("current_a"), 20.0, "stands still",
                  asset_kinds=(AssetKind.STRING,), samples=12, hold_s=0.5)  # fmt: skip
    room = Room(layout(("bank", "bank.s1"), [point("current_a")]), checks=(check,))
    room.see([[100.0], [50.0]], seconds=60)
    assert not room.bits("current_a", 1) & Quality.FROZEN
    for second in range(20):
        room.see([[100.0 + 3 * second], [50.0]])
    assert room.bits("current_a", 1) & Quality.FROZEN
    held = room.see([[160.0], [50.0]], seconds=60)  # the exciter rests: no disproof
    assert not named(held, "FindingClosed")
    moving = [body for second in range(45) for body in room.see([[160.0], [50.0 + 0.1 * (second // 4 % 3)]])]
    assert [body.asset for body in named(moving, "FindingClosed")] == ["bank.s1"]  # rounded values that live repeat
    assert room.judged.trust[AssetId("bank.s1")].state is Trust.DEGRADED  # no part is more proven than its bank


def test_a_step_to_rest_convicts_nobody_who_was_read_after_it_while_what_excites_was_read_before() -> None:
    check = Check("still", Relation.EXCITED, PointName("current_a"), PointName("current_a"), 20.0, "stands still",
                  asset_kinds=(AssetKind.STRING,), samples=12, hold_s=0.5)  # fmt: skip
    room = Room(layout(("bank", "bank.s1"), [point("current_a")]), checks=(check,))
    for second in range(20):
        room.see([[400.0 + second], [40.0 + second]])
    room.see([[420.0], [0.0]])  # the string says so already, the bank a moment later
    room.see([[0.0], [0.0]], seconds=30)
    assert not room.bits("current_a", 1) & Quality.FROZEN


def test_the_first_step_after_a_long_rest_convicts_nobody_whose_new_sample_is_still_to_come() -> None:
    check = Check("still", Relation.EXCITED, PointName("current_a"), PointName("current_a"), 20.0, "stands still",
                  asset_kinds=(AssetKind.STRING,), samples=12, hold_s=0.5)  # fmt: skip
    room = Room(layout(("bank", "bank.s1"), [point("current_a")]), checks=(check,))
    room.see([[100.0], [50.0]], seconds=60)
    for second in (61, 62, 63):  # the bank is read again, the string is not
        room.see([[400.0], [50.0]], polls=np.array([second, 60]))
        assert not room.bits("current_a", 1) & Quality.FROZEN
    room.see([[400.0], [200.0]], seconds=20)
    assert not room.bits("current_a", 1) & Quality.FROZEN
    room.see([[200.0], [200.0]], seconds=5)  # it is read again and again after the step, and is still the same
    assert room.bits("current_a", 1) & Quality.FROZEN


VALUES = st.one_of(st.floats(width=32), st.just(float("nan")))
BITS = st.integers(0, 2**16 - 1)
TURNS = st.tuples(VALUES, VALUES, VALUES, st.integers(ABSENT_INTEGER, 2**62), BITS, st.booleans())


@settings(max_examples=40)
@given(st.lists(TURNS, min_size=1, max_size=12))
def test_no_frame_however_odd_breaks_the_room_or_makes_a_missing_value_usable(seen) -> None:
    shape = layout(
        ("bank",),
        [point("power_w"), point("voltage_v", low=0.0, high=1e3, rate_per_s=1.0), point("current_a")],
        [point("heartbeat_count", PointKind.COUNTER)],
    )
    room = Room(shape, checks=(product(),))
    for power, volts, amps, beat, bits, answered in seen:
        quality = [[bits & 7, 0, 0, bits >> 8 & 7]]
        room.see([power, volts, amps], [[beat]], quality, polls=None if answered else 1)
        for name, given_ in (("power_w", bits & 7), ("heartbeat_count", bits >> 8 & 7)):
            assert int(room.bits(name)) & given_ == given_
            assert not (given_ and room.bits(name).usable)


def test_the_same_memory_decides_the_same_again_ids_included_and_freezes_whole() -> None:
    room = plain()
    room.see([500.0, 1.0], seconds=11)
    sight = picture(12, frame(room.layout, 12, [500.0, 1.0]), links=(link("bank", 12),))
    one = telemetry.decide(room.memory, sight, room.policy, now(12))
    two = telemetry.decide(room.memory, sight, room.policy, now(12))
    assert one[2] == two[2]
    assert telemetry.digest(one[0]) == telemetry.digest(two[0])
    assert telemetry.thaw(telemetry.freeze(room.memory)).standing == room.memory.standing


def test_what_is_held_against_a_thousand_parts_is_held_against_the_whole_in_a_fact_that_fits() -> None:
    parts = [f"bank.{'m' * 60}{i:04}" for i in range(1_000)]
    shape = layout(("bank", *parts), [point("voltage_v", low=0.0, high=1000.0)])
    room = Room(shape)
    fine = [[500.0]] * 1_001
    room.see(fine, seconds=12)
    held = {(part, "frozen:voltage"): Held("it stands still", Trust.DEGRADED, None) for part in parts}
    drafts = list(trust_drafts(room.memory, held, {BANK: ()}, lambda _: True, now(13)))
    made = facts(0, 13, *drafts)  # sealing refuses what does not fit
    whole = next(fact.typed() for fact in made if fact.body["asset"] == "bank")
    assert ("parts", "and 950 more parts below it") in whole.reasons
    assert (whole.after, len(whole.reasons)) == (Trust.DEGRADED, 51)
