"""The turn, the desk and the scribe, on real rooms and a real spine."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ironkeep.facts.envelope import Draft
from ironkeep.facts.site import SiteDeclared
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.ids import RequestId, derive
from ironkeep.model.quality import Quality
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US
from ironkeep.model.trust import Trust
from tests.engine.engine_room import EngineRoom, engine_room


def request(what: RequestKind, subject: str, number: int = 1, /, **body: object) -> Request:
    return Request(
        id=RequestId(derive("request", 1_790_000_000_000_000, number, what, subject)),
        kind=what,
        actor="console" if what is RequestKind.RECORD_ACCESS else "person:kim",
        subject=subject,
        body=body,
    )


async def with_gas(room: EngineRoom) -> str:
    """Play off-gas until its alarm stands; the alarm's id."""
    await room.seconds(20)
    room.plant.inject("off-gas-without-heat")
    for _ in range(120):
        await room.seconds(1)
        raised = [f for f in room.facts("AlarmRaised") if f.body["life_safety"]]
        if raised:
            return str(raised[0].body["alarm"])
    raise AssertionError("no gas alarm within 120 s")


def test_an_alarm_is_acknowledged_once_by_name_and_asking_again_gives_the_same_answer(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            alarm = await with_gas(room)
            ask = request(RequestKind.ACKNOWLEDGE_ALARM, alarm)
            first = await room.desk.ask(ask)
            again = await room.desk.ask(ask)
            assert first.accepted, first.reason
            assert first == again
            assert [f.cause for f in room.facts("AlarmAcknowledged")] == [ask.id]
        async with engine_room(tmp_path) as room:
            assert (await room.desk.ask(ask)).seqs == first.seqs
            assert len(room.facts("AlarmAcknowledged")) == 1

    asyncio.run(story())


def test_a_refused_request_is_a_fact_with_its_reason(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            await room.seconds(2)
            outcome = await room.desk.ask(request(RequestKind.ACKNOWLEDGE_ALARM, "alarm_00000000000000000000000000"))
            assert not outcome.accepted
            assert outcome.reason
            refused = room.facts("RequestRefused")
            assert [f.body["reason"] for f in refused] == [outcome.reason]
            assert refused[0].body["by"] == "person:kim"

    asyncio.run(story())


def test_two_requests_about_one_thing_in_one_group_see_each_other(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            alarm = await with_gas(room)
            asked = [request(RequestKind.ACKNOWLEDGE_ALARM, alarm, number) for number in range(4)]
            outcomes = await asyncio.gather(*(room.desk.ask(each) for each in asked))
            assert sum(outcome.accepted for outcome in outcomes) == 1
            assert len(room.facts("AlarmAcknowledged")) == 1

    asyncio.run(story())


def test_access_is_recorded_as_the_console_tells_it_and_nothing_else_enters_that_way(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            told = request(RequestKind.RECORD_ACCESS, "kim", kind="SessionOpened", account="kim", origin="127.0.0.1")
            assert (await room.desk.ask(told)).accepted
            forged = request(RequestKind.RECORD_ACCESS, "kim", 2, kind="AlarmReturned", alarm="x", asset="y", value="1")
            assert not (await room.desk.ask(forged)).accepted
            assert len(room.facts("SessionOpened")) == 1
            assert not room.facts("AlarmReturned")

    asyncio.run(story())


def test_a_full_disk_stops_neither_reading_nor_judging_and_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            await room.seconds(20)
            before = len(room.facts())
            room.store.full = True
            room.scribe.keep([Draft(SiteDeclared("s", "S", "0", 1, 1, True), actor="engine")])
            await room.seconds(3)
            health = await room.desk.health()
            assert not health.live
            assert "disk is full" in health.reasons[0]
            with pytest.raises(Unavailable, match="disk is full"):
                await room.desk.ask(
                    request(RequestKind.RECORD_ACCESS, "kim", kind="SessionClosed", account="k", why="w")
                )
            room.store.full = False
            await room.seconds(1)
            assert (await room.desk.health()).live
            assert len(room.facts("SiteDeclared")) == 1
            assert len(room.facts()) > before

    asyncio.run(story())


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_an_hour_is_a_fact_and_moves_no_turn(tmp_path: Path, hours: int) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            await room.seconds(15)
            raised = len(room.facts("AlarmRaised"))
            room.clock.skew_us += hours * 3600 * SECOND_US
            await room.seconds(5)
            jumps = room.facts("ClockJumped")
            assert [round(f.body["step_ms"] / 3_600_000) for f in jumps] == [hours]
            assert jumps[0].clock == "jumped"
            assert len(room.facts("AlarmRaised")) == raised
            assert [f.seq for f in room.facts()] == list(range(len(room.facts())))

    asyncio.run(story())


def test_an_engine_that_stood_still_says_so_and_calls_no_device_lost(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            await room.seconds(15)
            room.clock.mono_us += 60 * SECOND_US
            await room.seconds(5)
            assert [fact.body["stalled_ms"] for fact in room.facts("EngineStalled")] == [61_000]
            assert room.facts("ClockJumped") == room.facts("DeviceLost") == room.facts("AlarmRaised") == []

    asyncio.run(story())


def test_a_room_that_breaks_is_dropped_loudly_and_what_it_did_not_judge_is_not_shown_as_live(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            await room.seconds(15)
            sound = room.rooms.policies
            room.rooms.policies = replace(sound, telemetry=None)  # a policy that no decision can work with
            await room.seconds(2)
            failed = room.facts("RoomFailed")
            assert [f.body["room"] for f in failed] == ["telemetry"]
            live = await anext(room.desk.follow())
            assert live.health.rooms_failed == ("telemetry",)
            assert live.health.reasons == ("readings are not judged: the telemetry room failed",)
            assert not live.health.live
            stale = int(Quality.STALE)
            assert all(int.from_bytes(frame.quality[:2], "little") & stale for frame in live.frames)
            room.rooms.policies = sound
            await room.seconds(1)
            assert [f.body["room"] for f in room.facts("RoomRecovered")] == ["telemetry"]

    asyncio.run(story())


@pytest.mark.safety("S26")
def test_while_readings_are_not_judged_no_alarm_about_trust_returns_and_no_stage_is_lowered(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            await room.seconds(15)
            room.plant.inject("gateway-frozen")
            await room.seconds(15)
            assert "gateway-frozen" in [f.body["rule"] for f in room.facts("AlarmRaised")]
            room.rooms.policies = replace(room.rooms.policies, telemetry=None)
            await room.seconds(15)
            assert room.facts("AlarmReturned") == []
            live = await anext(room.desk.follow())
            assert {trust.state for trust in live.trust} == {Trust.UNTRUSTED}
            assert "con-1" in (room.rooms.incidents.untrusted or ())

    asyncio.run(story())


def test_what_no_fact_can_hold_is_left_out_loudly_and_all_else_is_written(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            sound = room.rooms.policies
            rules = tuple(
                msgspec.structs.replace(rule, cause="c" * 70_000) if rule.id == "cooling-failed" else rule
                for rule in sound.alarms.rules
            )
            room.rooms.policies = replace(sound, alarms=msgspec.structs.replace(sound.alarms, rules=rules))
            await room.seconds(15)
            room.plant.inject("hvac-loss")
            room.plant.inject("string-contactor-fault")
            await room.seconds(15)
            assert [f.body["rule"] for f in room.facts("AlarmRaised")] == ["contactor-dropped"]
            assert [f.body["room"] for f in room.facts("RoomFailed")] == ["alarms"]
            assert "the limit is" in room.facts("RoomFailed")[0].body["error"]
            assert (await anext(room.desk.follow())).health.rooms_failed == ("alarms",)
            room.plant.clear()
            await room.seconds(4)
            assert [f.body["room"] for f in room.facts("RoomRecovered")] == ["alarms"]

    asyncio.run(story())


def test_a_request_that_no_fact_can_hold_is_refused_and_others_beside_it_are_answered(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            long = Request(RequestId("r-long"), RequestKind.ACKNOWLEDGE_ALARM, "person:kim", "n" * 70_000)
            fine = Request(RequestId("r-fine"), RequestKind.ACKNOWLEDGE_ALARM, "person:kim", "alarm_none")
            said = await asyncio.gather(room.desk.ask(long), room.desk.ask(fine), return_exceptions=True)
            assert isinstance(said[0], Refused)
            assert "the limit is" in str(said[0])
            assert not said[1].accepted
            assert [f.body["request"] for f in room.facts("RequestRefused")] == ["r-fine"]

    asyncio.run(story())


def test_a_follower_that_sleeps_misses_turns_and_gets_the_newest_with_its_layouts_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with engine_room(tmp_path) as room:
            await room.seconds(2)
            follower = room.desk.follow()
            first = await anext(follower)
            assert first.layouts
            await room.seconds(5)
            second = await anext(follower)
            assert second.turn == first.turn + 5
            assert second.layouts == ()

    asyncio.run(story())
