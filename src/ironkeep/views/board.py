"""The alarm board: a fold of the facts of alarms into the list that people work from (ISA-18.2, safety S42-S44).

Unacknowledged before acknowledged, then by priority, then what still stands before what is gone, then oldest first, so
that a row does not jump when a newer one of its kind comes. Life-safety rows stand first of their priority and are
never folded into a group. What a fact makes of an alarm is the room's own rule; the board keeps beside it what has
ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ironkeep.decisions.alarms import tell
from ironkeep.facts.envelope import Fact
from ironkeep.model.alarm import Alarm
from ironkeep.model.annunciation import AlarmState
from ironkeep.model.ids import AssetId

KINDS: tuple[str, ...] = (
    *("AlarmRaised", "AlarmReturned", "AlarmAcknowledged", "AlarmShelved", "AlarmUnshelved", "AlarmReset"),
    *("IncidentOpened", "AlarmJoined"),
)
GROUP_FROM = 5  # as many alarms of one rule become one line, unless life safety
ENDED_MAX = 200  # ended alarms kept for the page's tail

_WAITING = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED)


@dataclass(frozen=True)
class Board:
    """Standing alarms by id, and by rule and asset which of them stands there; `ended` the last that left the list, the
    newest last.
    """

    standing: dict[str, Alarm] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    ended: tuple[Alarm, ...] = ()

    @property
    def rows(self) -> tuple[Alarm, ...]:
        """Standing and not shelved, in the order of the list."""
        return tuple(sorted((a for a in self.standing.values() if a.state is not AlarmState.SHELVED), key=order))

    @property
    def shelved(self) -> tuple[Alarm, ...]:
        """Shelved, soonest back first."""
        found = [a for a in self.standing.values() if a.state is AlarmState.SHELVED]
        return tuple(sorted(found, key=lambda a: (a.shelved_until_us or 0, a.id)))

    @property
    def unacknowledged(self) -> int:
        """How many wait for a person."""
        return sum(waits(a) for a in self.standing.values())


EMPTY = Board()


def waits(alarm: Alarm) -> bool:
    """Does the alarm wait for an acknowledgement?"""
    return alarm.state in _WAITING


def order(alarm: Alarm) -> tuple[int, int, int, int, int, str]:
    """The sort key of the list."""
    gone = alarm.returned_us is not None
    return (not waits(alarm), alarm.priority, not alarm.life_safety, gone, alarm.raised_us, alarm.id)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: one alarm, or several of one rule and state (`more` counts those beside the first)."""

    alarm: Alarm
    more: int = 0
    assets: tuple[AssetId, ...] = ()


def lines(alarms: Sequence[Alarm]) -> tuple[Line, ...]:
    """Floods folded: GROUP_FROM or more of one rule, priority and state are one line; life safety never."""
    groups: dict[tuple[str, int, str], list[Alarm]] = {}
    for each in alarms:
        if not each.life_safety:
            groups.setdefault((each.rule, each.priority, each.state), []).append(each)
    done: set[tuple[str, int, str]] = set()
    found = []
    for each in alarms:
        key = (each.rule, each.priority, str(each.state))
        group = groups.get(key, []) if not each.life_safety else []
        if len(group) < GROUP_FROM:
            found.append(Line(each, 0, each.members))
        elif key not in done:
            done.add(key)
            found.append(Line(each, len(group) - 1, tuple(a.asset for a in islice(group, 3))))
    return tuple(found)


def fold(board: Board, facts: Iterable[Fact]) -> Board:
    """The board after the facts. Facts of other kinds pass by; a fact about an alarm it does not know is ignored."""
    news = [fact for fact in facts if fact.kind in KINDS]
    if not news:
        return board
    standing, places = dict(board.standing), dict(board.places)
    left = [tell(standing, places, fact, fact.typed()) for fact in news]
    ended = (*board.ended, *(alarm for alarm in left if alarm is not None))
    return Board(standing, places, ended[-ENDED_MAX:])
