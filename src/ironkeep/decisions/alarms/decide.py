"""What starts, what stops. One turn of the alarms room, in the order in which it thinks.

First the conditions of all rules on the judged frames, then those that facts bring (a lost device, a changed setting,
a lost trust), then shelves that have run out, then the flood. Every draft is what the facts do not say yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from ironkeep.decisions.alarms import conditions, events, glance
from ironkeep.decisions.alarms.conditions import Condition, Turn
from ironkeep.decisions.alarms.kin import Kin, Stronger
from ironkeep.decisions.alarms.memory import Again, Memory, Standing, Timers, standing
from ironkeep.decisions.alarms.policy import Policy
from ironkeep.decisions.alarms.watch import Watch, watches
from ironkeep.decisions.alarms.words import limit_text, named_in, value_text
from ironkeep.facts.alarm import AlarmRaised, AlarmReturned, AlarmUnshelved, FloodBegan, FloodEnded
from ironkeep.facts.envelope import Draft
from ironkeep.model.alarm import Alarm, AlarmRule
from ironkeep.model.annunciation import AlarmState
from ironkeep.model.ids import AssetId, derive
from ironkeep.model.link import Link
from ironkeep.model.time import SECOND_US, Now
from ironkeep.model.trust import Judged

ACTOR = "room:alarms"


@dataclass(slots=True)
class Raising:
    """What is raised and returned this turn, and what already stands: (rule, asset) -> alarm not yet returned."""

    active: dict[tuple[str, str], Alarm]
    stronger: Stronger
    drafts: list[Draft]
    now: Now

    def free(self, rule: AlarmRule, asset: str) -> bool:
        """May it be raised: it does not stand already, and nothing stronger stands on the same equipment?"""
        return (rule.id, asset) not in self.active and not self.stronger.over(rule, asset)

    def raise_(
        self, rule: AlarmRule, asset: str, value: str, limit: str, cause: str | None = None, members: Sequence[str] = ()
    ) -> None:
        """Draft an AlarmRaised of what is free."""
        assert (rule.id, asset) not in self.active
        body = AlarmRaised(
            alarm=derive("alarm", self.now.at_us, rule.id, asset),
            rule=rule.id,
            asset=asset,
            priority=int(rule.priority),
            title=rule.title,
            value=value,
            limit=limit,
            cause=rule.cause,
            consequence=rule.consequence,
            action=rule.action,
            respond_s=rule.respond_s,
            annunciator=str(rule.annunciator),
            incident_class=str(rule.incident),
            life_safety=rule.life_safety,
            latched=rule.latched,
            members=tuple(members),
            attack=rule.attack,
        )
        self.drafts.append(Draft(body, ACTOR, cause=cause, observed_us=self.now.at_us))
        self.stronger.stands(rule.id, asset)

    def return_(self, rule: AlarmRule, asset: str, value: str) -> None:
        """Draft an AlarmReturned for an alarm that stands."""
        alarm = self.active.get((rule.id, asset))
        if alarm is not None:
            body = AlarmReturned(alarm.id, asset, value)
            self.drafts.append(Draft(body, ACTOR, cause=None, observed_us=self.now.at_us))


def decide(
    memory: Memory, sight: tuple[Judged, tuple[Link, ...]], policy: Policy, now: Now
) -> tuple[Memory, tuple[Alarm, ...], tuple[Draft, ...]]:
    """The alarm list as it stands (from facts before this turn), and the drafts of what changed."""
    judged, links = sight
    memory = _compiled(memory, judged, policy)
    alarms = memory.standing.alarms.values()
    assert memory.kin is not None
    rules = {rule.id for rule in policy.rules}
    active: dict[tuple[str, str], Alarm] = {}
    orphans: list[Draft] = []
    for alarm in (each for each in alarms if each.returned_us is None):
        if alarm.rule in rules and memory.kin.declares(alarm.asset):
            active[alarm.rule, str(alarm.asset)] = alarm
        else:  # nothing that is read can ever return it
            what = "its asset" if alarm.rule in rules else "its rule"
            orphans.append(Draft(AlarmReturned(alarm.id, alarm.asset, f"{what} is no longer declared"), ACTOR))
    stronger = Stronger(policy.rules, memory.kin)
    for rule_id, asset in active:
        stronger.stands(rule_id, asset)
    announced = _announced(memory, policy, stronger)
    raising = Raising(active, stronger, orphans, now)
    seen = glance.look(judged.frames)
    ever = tuple(before | usable for before, usable in zip(memory.ever, seen.usable, strict=True))
    turn = Turn(judged.frames, now, seen, ever, memory.again, memory.rings, {}, {})
    timers = _frames(memory, turn, raising)
    happening = events.happening(memory.standing, judged, links, policy)
    happening = {key: told for key, told in happening.items() if memory.kin.declares(key[1])}
    kept_events = _events(memory, happening, raising, policy)
    _shelves(memory.standing, raising)
    _flood(memory.standing, raising, policy)
    kept = replace(memory, timers=timers, rings=turn.rings, ever=ever, events=kept_events)
    return kept, announced, tuple(raising.drafts)


def _compiled(memory: Memory, judged: Judged, policy: Policy) -> Memory:
    """The memory with watches for the layouts in sight; timers start anew when the layouts are others, and a row whose
    alarm stands needs its columns again before it may clear: the one that the alarm names, and whatever is not absent.
    """
    digests = tuple(frame.layout.digest for frame in judged.frames)
    if memory.watches is not None and memory.watches.digests == digests:
        return memory
    layouts = [frame.layout for frame in judged.frames]
    made = watches(layouts, policy)
    again: dict[str, Again] = {}
    standing_on: dict[str, list[Alarm]] = {}
    for alarm in memory.standing.alarms.values():
        if alarm.returned_us is None:
            standing_on.setdefault(alarm.rule, []).append(alarm)
    for watch in made.each:
        layout = layouts[watch.frame]
        for alarm in standing_on.get(watch.rule.id, ()):
            row = layout.row_index.get(alarm.asset)
            if row is not None:
                none = np.zeros((2, len(layout.assets), watch.columns.size), np.bool_)
                wanted = again.setdefault(watch.block, Again(*none))
                wanted.present[row] = True
                wanted.named[row] |= named_in(alarm.value_text, watch, layout)
    never = tuple(np.zeros(frame.quality.shape, np.bool_) for frame in judged.frames)
    looks = glance.glance_of(made.each, layouts)
    return replace(
        memory, watches=made, kin=Kin(policy.site), glance=looks, timers={}, rings={}, ever=never, again=again
    )


def _frames(memory: Memory, turn: Turn, raising: Raising) -> dict[str, Timers]:
    """Judge every watch, move its timers, and draft what is due."""
    timers: dict[str, Timers] = {}
    assert memory.watches is not None
    assert memory.glance is not None
    active: dict[str, list[str]] = {}
    for rule_id, asset in raising.active:
        active.setdefault(rule_id, []).append(asset)
    possible = glance.possible(memory.glance, turn.seen)
    for watch, could in zip(memory.watches.each, possible.tolist(), strict=True):
        standing_here = active.get(watch.rule.id)
        old = memory.timers.get(watch.key)
        if old is None and not standing_here and not could:
            continue
        condition = conditions.judge(watch, turn)
        if old is None and not standing_here and not condition.true.any():
            continue  # nothing is on and nothing begins: nothing to remember
        timers[watch.key] = moved = _timed(old, condition, turn.now)
        _due(watch, condition, moved, standing_here or [], turn, raising)
        if not standing_here and not moved.true_us.any():
            del timers[watch.key]
    return timers


def _timed(old: Timers | None, condition: Condition, now: Now) -> Timers:
    rows = len(condition.true)
    true = old.true_us if old is not None else np.zeros(rows, np.int64)
    clear = old.clear_us if old is not None else np.zeros(rows, np.int64)
    began = np.where(true > 0, true, now.mono_us)
    ended = np.where(clear > 0, clear, now.mono_us)
    return Timers(
        np.where(condition.true, began, np.where(condition.gone, 0, true)), np.where(condition.gone, ended, 0)
    )


def _due(
    watch: Watch, condition: Condition, timers: Timers, standing_here: list[str], turn: Turn, raising: Raising
) -> None:
    rule, frame, now = watch.rule, turn.frames[watch.frame], turn.now
    layout = frame.layout
    on = condition.true & (now.mono_us - timers.true_us >= rule.on_delay_s * SECOND_US)
    for row in np.flatnonzero(on):
        asset = layout.assets[row]
        if raising.free(rule, asset):
            value = value_text(watch, condition, frame, int(row), turn.rings.get(watch.key, ()))
            raising.raise_(rule, asset, value, limit_text(watch, condition, frame, int(row)))
    for asset_name in standing_here:
        row_or_none = layout.row_index.get(AssetId(asset_name))
        if row_or_none is None or not watch.rows[row_or_none]:
            continue
        since = int(timers.clear_us[row_or_none])
        if since and now.mono_us - since >= rule.off_delay_s * SECOND_US:
            raising.return_(rule, asset_name, value_text(watch, condition, frame, row_or_none))


def _events(
    memory: Memory, seen: Mapping[tuple[str, str], events.Happening], raising: Raising, policy: Policy
) -> dict[tuple[str, str], tuple[int, int]]:
    """Raise and return alarms of conditions that facts bring; keeps (true since, gone since) for each."""
    rules = {rule.id: rule for rule in policy.rules}
    now = raising.now
    kept: dict[tuple[str, str], tuple[int, int]] = {}
    for key, happening in seen.items():
        rule = rules[key[0]]
        since = memory.events.get(key, (0, 0))[0] or now.mono_us
        kept[key] = (since, 0)
        told = raising.active.get(key)
        if told is not None and happening.newest > told.raised_seq:
            raising.return_(rule, key[1], "told anew: more has changed since")
        elif now.mono_us - since >= rule.on_delay_s * SECOND_US and raising.free(rule, key[1]):
            raising.raise_(rule, key[1], happening.value, happening.limit, happening.cause, happening.members)
    for key in raising.active:
        found = rules.get(key[0])
        if found is None or found.compare not in events.BY_EVENT or key in seen:
            continue
        gone = memory.events.get(key, (0, 0))[1] or now.mono_us
        kept[key] = (0, gone)
        if now.mono_us - gone >= found.off_delay_s * SECOND_US:
            raising.return_(found, key[1], "no longer so")
    return kept


def _shelves(standing_now: Standing, raising: Raising) -> None:
    """An alarm whose shelf time ran out comes back by itself."""
    for alarm in standing_now.alarms.values():
        until = alarm.shelved_until_us
        if until is not None and raising.now.at_us >= until:
            raising.drafts.append(Draft(AlarmUnshelved(alarm.id, alarm.asset, "engine"), ACTOR))


def _flood(standing_now: Standing, raising: Raising, policy: Policy) -> None:
    """A flood begins above 10 raisings in 10 minutes and ends below 5. Nothing is dropped in it."""
    window_us = policy.flood_window_s * SECOND_US
    fresh = sum(isinstance(d.body, AlarmRaised) for d in raising.drafts)
    count = fresh + sum(0 <= raising.now.at_us - at < window_us for at in standing_now.raises.values())
    if not standing_now.flood and count > policy.flood_begins:
        raising.drafts.append(Draft(FloodBegan(count), ACTOR))
    elif standing_now.flood and count < policy.flood_ends:
        since = standing_now.flood[0].since_us
        total = sum(at >= since - window_us for at in standing_now.raises.values())
        raising.drafts.append(Draft(FloodEnded(total), ACTOR))


def _announced(memory: Memory, policy: Policy, stronger: Stronger) -> tuple[Alarm, ...]:
    """The list, with what design suppresses or policy took out of service marked so. Life safety is never either."""
    rules = {rule.id: rule for rule in policy.rules}
    return tuple(_marked(alarm, rules.get(alarm.rule), policy, stronger) for alarm in standing(memory))


def _marked(alarm: Alarm, rule: AlarmRule | None, policy: Policy, stronger: Stronger) -> Alarm:
    if alarm.life_safety:
        return alarm
    if f"{alarm.rule}@{alarm.asset}" in policy.out_of_service:
        return msgspec.structs.replace(alarm, state=AlarmState.OUT_OF_SERVICE)
    if rule is not None and stronger.over(rule, alarm.asset):
        return msgspec.structs.replace(alarm, state=AlarmState.SUPPRESSED)
    return alarm
