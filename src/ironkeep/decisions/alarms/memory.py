"""What the alarms room remembers: the alarm list, which is a fold of facts alone, and its timers.

An alarm is on the list from AlarmRaised until it has returned and was acknowledged, and was reset where it latches.
Lost devices, changed settings and trust are folded here too, so that an alarm can cite the fact that led to it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.alarms.glance import Glance
from ironkeep.decisions.alarms.policy import Policy
from ironkeep.decisions.alarms.watch import Watches
from ironkeep.facts import alarm as facts_alarm
from ironkeep.facts import device, telemetry
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.fold import Fold, Folded
from ironkeep.model.alarm import Alarm, IncidentClass
from ironkeep.model.annunciation import AlarmState, Annunciator, Priority
from ironkeep.model.gather import Mask
from ironkeep.model.ids import AlarmId, AssetId, IncidentId
from ironkeep.model.time import SECOND_US

RAISES_KEPT_US: Final = 3600 * SECOND_US  # how long times of raising are remembered
KINDS: Final = (
    "AlarmRaised AlarmReturned AlarmAcknowledged AlarmShelved AlarmUnshelved AlarmReset FloodBegan FloodEnded "
    "DeviceLost DeviceReached SettingChanged TrustChanged IncidentOpened AlarmJoined"
)


class LostDevice(msgspec.Struct, frozen=True):
    """A device that is lost, by the fact that says so."""

    asset: str
    fact: str


class Drift(msgspec.Struct, frozen=True):
    """A protective setting that is not what its passport says."""

    asset: str
    point: str
    before: str
    after: str
    unit: str
    meaning: str
    fact: str


class Flood(msgspec.Struct, frozen=True):
    """An alarm flood that has not ended."""

    since_us: int
    count: int


class Standing(msgspec.Struct, frozen=True):
    """The fold. `drifts` are keyed by asset and point, joined by a bar."""

    alarms: dict[str, Alarm] = {}
    lost: dict[str, LostDevice] = {}
    known: dict[str, str] = {}  # device -> asset, of every device ever reached or lost
    drifts: dict[str, Drift] = {}
    trust_facts: dict[str, str] = {}  # asset -> the fact of its newest trust state
    raises: dict[str, int] = {}  # alarm -> when, within the last hour
    flood: list[Flood] = []  # none or one


@dataclass(frozen=True, slots=True)
class Timers:
    """Since when the condition of each row is true, and since when it is positively gone (monotonic, 0 = it is not)."""

    true_us: NDArray[np.int64]
    clear_us: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Memory(Folded[Standing]):
    """The fold and the columns."""

    watches: Watches | None = None
    glance: Glance | None = None
    timers: Mapping[str, Timers] = field(default_factory=dict)
    rings: Mapping[str, tuple[tuple[int, NDArray[np.float32]], ...]] = field(default_factory=dict)
    ever: tuple[Mask, ...] = ()  # by frame: which values were usable in any turn
    again: Mapping[str, Mask] = field(
        default_factory=dict
    )  # by block of columns: which must be before an alarm may clear
    events: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


def empty(policy: Policy) -> Memory:
    """A room that remembers nothing."""
    assert policy.site.id
    return Memory(Standing())


def _apply(new: Standing, fact: Fact, body: Body) -> None:
    match body:
        case facts_alarm.AlarmRaised():
            for old in [k for k, a in new.alarms.items() if a.rule == body.rule and a.asset == body.asset]:
                del new.alarms[old]  # the new raising takes the place of one that had returned
            new.alarms[body.alarm] = raised(body, fact)
            new.raises[body.alarm] = fact.at
        case device.DeviceLost():
            new.lost[body.device] = LostDevice(body.asset, fact.id)
            new.known[body.device] = body.asset
        case device.DeviceReached():
            new.lost.pop(body.device, None)
            new.known[body.device] = body.asset
        case telemetry.SettingChanged():
            _drift(new, fact, body)
        case telemetry.TrustChanged():
            new.trust_facts[body.asset] = fact.id
        case facts_alarm.FloodBegan():
            new.flood[:] = [Flood(fact.at, body.count)]
        case facts_alarm.FloodEnded():
            new.flood.clear()
        case _:
            known = new.alarms.get(getattr(body, "alarm", ""))
            if known is not None:
                _change(new, known, fact, body)
            elif fact.kind == "IncidentOpened":
                for name in fact.body["alarms"]:
                    _claim(new, str(name), str(fact.body["incident"]))


def _forget_raises(new: Standing, last: Fact) -> None:
    for alarm in [a for a, at in new.raises.items() if last.at - at > RAISES_KEPT_US]:
        del new.raises[alarm]


def _drift(new: Standing, fact: Fact, body: telemetry.SettingChanged) -> None:
    key = f"{body.asset}|{body.point}"
    before = new.drifts[key].before if key in new.drifts else body.before
    if body.after == before:
        new.drifts.pop(key, None)
    elif body.protective:
        new.drifts[key] = Drift(body.asset, body.point, before, body.after, body.unit, body.meaning, fact.id)


def _claim(new: Standing, alarm: str, incident: str) -> None:
    if alarm in new.alarms:
        new.alarms[alarm] = msgspec.structs.replace(new.alarms[alarm], incident=IncidentId(incident))


def _change(new: Standing, known: Alarm, fact: Fact, body: Body) -> None:
    after = changed(known, fact, body)
    if after.state is AlarmState.NORMAL:
        new.alarms.pop(known.id, None)
    else:
        new.alarms[known.id] = after


def changed(known: Alarm, fact: Fact, body: Body) -> Alarm:
    """The alarm after a fact about it, with the state that follows: NORMAL where it leaves the list."""
    change, at_us = msgspec.structs.replace, fact.observed_at or fact.at
    match body:
        case facts_alarm.AlarmReturned():
            after = change(known, returned_us=at_us)
        case facts_alarm.AlarmAcknowledged():
            after = change(known, acknowledged_us=fact.at, acknowledged_by=body.by)
        case facts_alarm.AlarmShelved():
            after = change(known, shelved_until_us=body.until)
        case facts_alarm.AlarmUnshelved():
            after = change(known, shelved_until_us=None)
        case facts_alarm.AlarmReset():
            return change(known, state=AlarmState.NORMAL, returned_us=known.returned_us or at_us)
        case _:
            return change(known, incident=IncidentId(str(fact.body.get("incident", known.incident))))
    return change(after, state=state_of(after))


def raised(body: facts_alarm.AlarmRaised, fact: Fact) -> Alarm:
    """The alarm as it stands when its raising is a fact: unacknowledged, with all that the fact says."""
    return Alarm(
        id=AlarmId(body.alarm),
        rule=body.rule,
        asset=AssetId(body.asset),
        state=AlarmState.UNACKNOWLEDGED,
        priority=Priority(body.priority),
        title=body.title,
        value_text=body.value,
        raised_us=fact.observed_at or fact.at,
        raised_seq=fact.seq,
        annunciator=Annunciator(body.annunciator),
        incident_class=IncidentClass(body.incident_class),
        cause=body.cause,
        consequence=body.consequence,
        action=body.action,
        respond_s=body.respond_s,
        life_safety=body.life_safety,
        latched=body.latched,
        members=tuple(AssetId(a) for a in body.members),
        attack=body.attack,
    )


def state_of(alarm: Alarm) -> AlarmState:
    """The ISA-18.2 state that follows from what happened to an alarm."""
    if alarm.shelved_until_us is not None:
        return AlarmState.SHELVED
    if alarm.returned_us is None:
        return AlarmState.ACKNOWLEDGED if alarm.acknowledged_us is not None else AlarmState.UNACKNOWLEDGED
    if alarm.acknowledged_us is None:
        return AlarmState.RETURNED_UNACKNOWLEDGED
    return AlarmState.LATCHED if alarm.latched else AlarmState.NORMAL


FOLD: Final = Fold("alarms", 1, Standing, Memory, KINDS, _apply, _forget_raises)
absorb, freeze, thaw = FOLD.absorb, FOLD.freeze, FOLD.thaw


def standing(memory: Memory) -> tuple[Alarm, ...]:
    """The alarm list: most urgent first, then oldest."""
    return tuple(sorted(memory.standing.alarms.values(), key=lambda a: (a.priority, a.raised_seq)))


def flood(memory: Memory) -> Flood | None:
    """The alarm flood that is on, if any."""
    return memory.standing.flood[0] if memory.standing.flood else None


def digest(memory: Memory) -> str:
    """Hex SHA-256 over the standing state and the timers."""
    found = hashlib.sha256(freeze(memory))
    for name in sorted(memory.timers):
        found.update(name.encode())
        found.update(np.ascontiguousarray(memory.timers[name].true_us).tobytes())
        found.update(np.ascontiguousarray(memory.timers[name].clear_us).tobytes())
    found.update(repr(sorted(memory.events.items())).encode())
    return found.hexdigest()
