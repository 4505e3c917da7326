"""What the alarms room remembers: the alarm list, which is a fold of facts alone, and its timers.

What a fact makes of the list is said in `alarm_list.py`. Lost devices, changed settings and trust are folded here too,
so that an alarm can cite the fact that led to it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.alarms.alarm_list import tell
from ironkeep.decisions.alarms.glance import Glance
from ironkeep.decisions.alarms.kin import Kin
from ironkeep.decisions.alarms.policy import Policy
from ironkeep.decisions.alarms.watch import Watches
from ironkeep.facts import alarm as facts_alarm
from ironkeep.facts import device, telemetry
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.fold import Fold, Folded
from ironkeep.model.alarm import Alarm
from ironkeep.model.gather import Mask
from ironkeep.model.time import SECOND_US

RAISES_KEPT_US: Final = 3600 * SECOND_US  # how long times of raising are remembered
Ring = tuple[tuple[int, NDArray[np.float32]], ...]  # when (monotonic), and the values of a block then, (R, k)
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
    seq: int = 0  # of that fact


class Flood(msgspec.Struct, frozen=True):
    """An alarm flood that has not ended."""

    since_us: int
    count: int


class Standing(msgspec.Struct, frozen=True):
    """The fold. `drifts` are keyed by asset and point, joined by a bar."""

    alarms: dict[str, Alarm] = {}
    places: dict[str, str] = {}  # "rule@asset" -> the alarm of the list that stands there
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
class Again:
    """Which columns an alarm that stood at the start needs before it may clear, (R, k): all that are `present`, and
    those that it `named` whatever becomes of them.
    """

    present: Mask
    named: Mask


@dataclass(frozen=True, slots=True)
class Memory(Folded[Standing]):
    """The fold and the columns."""

    watches: Watches | None = None
    kin: Kin | None = None
    glance: Glance | None = None
    timers: Mapping[str, Timers] = field(default_factory=dict)
    rings: Mapping[str, Ring] = field(default_factory=dict)
    ever: tuple[Mask, ...] = ()  # by frame: which values were usable in any turn
    again: Mapping[str, Again] = field(default_factory=dict)  # by block of columns
    events: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


def empty(policy: Policy) -> Memory:
    """A room that remembers nothing."""
    assert policy.site.id
    return Memory(Standing())


def _apply(new: Standing, fact: Fact, body: Body) -> None:
    match body:
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
            tell(new.alarms, new.places, fact, body)
            if isinstance(body, facts_alarm.AlarmRaised):
                new.raises[body.alarm] = fact.at


def _forget_raises(new: Standing, last: Fact) -> None:
    for alarm in [a for a, at in new.raises.items() if last.at - at > RAISES_KEPT_US]:
        del new.raises[alarm]


def _drift(new: Standing, fact: Fact, body: telemetry.SettingChanged) -> None:
    key = f"{body.asset}|{body.point}"
    before = new.drifts[key].before if key in new.drifts else body.before
    if body.after == before:
        new.drifts.pop(key, None)
    elif body.protective:
        new.drifts[key] = Drift(body.asset, body.point, before, body.after, body.unit, body.meaning, fact.id, fact.seq)


FOLD: Final = Fold("alarms", 3, Standing, Memory, KINDS, _apply, _forget_raises)
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
