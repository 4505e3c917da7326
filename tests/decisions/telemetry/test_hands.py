"""Hand readings: a witness with a name, an instrument and an age, and never a live value."""

import pytest

from ironkeep.decisions import telemetry
from ironkeep.model.errors import Refused
from ironkeep.model.ids import RequestId
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.site import Asset, AssetKind
from ironkeep.model.time import SECOND_US
from ironkeep.model.trust import Trust
from tests.decisions.rooms import layout, now, point, site
from tests.decisions.telemetry.room import Room, named

HOUR_S = 3600


def settled() -> Room:
    where = site()
    alone = tuple(Asset(a.id, a.kind) if a.kind is AssetKind.BANK else a for a in where.assets)
    room = Room(layout(("bank",), [point("voltage_v"), point("current_a")]), where=type(where)(
        where.id, where.name, alone, where.devices,
    ))  # fmt: skip
    room.see([700.0, 10.0], seconds=13)
    return room


def reading(room: Room, value: float, *, point_name: str = "voltage_v", ago_s: float = 0.0, **more) -> Request:
    body = {
        "point": point_name,
        "value": value,
        "instrument": "DMM-7",
        "read_us": now(room.second - ago_s).at_us,
        "calibrated_until": "2031-01-31",
        **more,
    }
    return Request(RequestId("request_1"), RequestKind.RECORD_READING, "person:kim", "bank", body)


def take(room: Room, request: Request):
    (draft,) = telemetry.admit(room.memory, request, room.policy, now(room.second))
    room.commit(draft)
    return draft


def test_a_reading_that_agrees_is_a_finding_and_a_witness_for_some_hours_and_the_value_stays_what_it_was() -> None:
    room = settled()
    assert "standing:no-witness" in [r.code for r in room.judged.trust["bank"].reasons]
    draft = take(room, reading(room, 701.0, ago_s=60))
    assert (draft.body.verdict, draft.body.shown, draft.body.unit) == ("agrees", "700", "V")
    assert draft.observed_us == now(room.second - 60).at_us
    bodies = room.see([700.0, 10.0])
    assert "kim read 701 V with DMM-7; shown was 700 V" in named(bodies, "FindingOpened")[0].what
    codes = [code for code, _ in named(bodies, "TrustChanged")[-1].reasons]
    assert "standing:hand-witness" in codes
    assert "standing:no-witness" not in codes
    assert room.judged.frames[0].column("voltage_v")[0] == 700.0
    room.second += 9 * HOUR_S
    bodies = room.see([700.0, 10.0], seconds=2)
    assert [b.asset for b in named(bodies, "FindingClosed")] == ["bank"]
    assert "standing:no-witness" in [code for code, _ in named(bodies, "TrustChanged")[-1].reasons]


def test_a_difference_stands_until_another_reading_agrees_however_long_that_takes() -> None:
    room = settled()
    assert take(room, reading(room, 730.0)).body.verdict == "differs"
    bodies = room.see([700.0, 10.0], seconds=2)
    assert named(bodies, "TrustChanged")[-1].after == Trust.VERIFY_LOCALLY
    assert named(bodies, "FindingOpened")[0].code == "verify:hand.voltage_v"
    room.second += 20 * HOUR_S
    assert room.see([700.0, 10.0], seconds=60)[-1:] == [] or room.judged.trust["bank"].state is Trust.VERIFY_LOCALLY
    take(room, reading(room, 700.5))
    room.see([700.0, 10.0], seconds=40)
    assert room.judged.trust["bank"].state is Trust.DEGRADED


@pytest.mark.safety("S35")
@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"ago_s": 1000}, "alone"),
        ({"calibrated_until": ""}, "uncalibrated"),
        ({"calibrated_until": "2026-01-31"}, "uncalibrated"),
    ],
)
def test_an_old_reading_or_a_worn_instrument_is_kept_and_is_no_witness(more, verdict: str) -> None:
    room = settled()
    room.second += 2000
    room.see([700.0, 10.0], seconds=13)
    assert take(room, reading(room, 730.0, **more)).body.verdict == verdict
    room.see([700.0, 10.0], seconds=2)
    assert room.judged.trust["bank"].state is Trust.DEGRADED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"point_name": "pressure_bar"}, "offers no point"),
        ({"ago_s": 10 * HOUR_S}, "last hours"),
        ({"ago_s": -600}, "last hours"),
        ({"instrument": " "}, "no instrument"),
        ({"value": 1e15}, "no reading"),
        ({"value": "a lot"}, "float"),
    ],
)
def test_what_cannot_be_a_reading_is_refused_with_a_reason(change, words: str) -> None:
    room = settled()
    value = change.pop("value", 700.0)
    with pytest.raises(Refused, match=words):
        take(room, reading(room, value, **change))


def test_only_a_named_person_reads_an_instrument() -> None:
    room = settled()
    asked = reading(room, 700.0)
    with pytest.raises(Refused, match="named person"):
        take(room, Request(asked.id, asked.kind, "engine", asked.subject, asked.body))


def test_a_reading_survives_a_restart() -> None:
    room = settled()
    take(room, reading(room, 730.0))
    room.see([700.0, 10.0], seconds=2)
    room.memory = telemetry.thaw(telemetry.freeze(room.memory))
    room.see([700.0, 10.0], seconds=60)
    assert room.judged.trust["bank"].state is Trust.VERIFY_LOCALLY
    assert room.memory.standing.hands["bank|voltage_v"].at_us == now(13).at_us // SECOND_US * SECOND_US
