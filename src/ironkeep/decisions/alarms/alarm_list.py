"""The alarm list: what a fact makes of it. The room and the board of the console follow these lines alike.

Rules. 1. An alarm is on the list from its raising until it has returned and was acknowledged, and was reset where it
latches. 2. Of one rule on one asset there is one alarm: a new raising takes the place of the one before, on the shelf
too: what a person shelved stays there until its end, however often it comes and goes. 3. A fact costs the same whether
ten alarms stand or ten thousand: `places` says which alarm of a rule stands on an asset.
"""

import msgspec

from ironkeep.facts import alarm as facts_alarm
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.incident import IncidentOpened
from ironkeep.model.alarm import Alarm, IncidentClass
from ironkeep.model.annunciation import AlarmState, Annunciator, Priority
from ironkeep.model.ids import AlarmId, AssetId, IncidentId

Alarms = dict[str, Alarm]  # by id
Places = dict[str, str]  # "rule@asset" -> the alarm that stands there


def place(rule: str, asset: str) -> str:
    """What an alarm is known by while it stands, beside its id."""
    return f"{rule}@{asset}"


def tell(alarms: Alarms, places: Places, fact: Fact, body: Body) -> Alarm | None:
    """Does to a list what the fact says; returns the alarm that left the list by it, as it was last, or None."""
    if isinstance(body, facts_alarm.AlarmRaised):
        return _raise(alarms, places, raised(body, fact))
    if isinstance(body, IncidentOpened):
        for name in body.alarms:
            if name in alarms:
                alarms[name] = changed(alarms[name], fact, body)
        return None
    known = alarms.get(getattr(body, "alarm", ""))
    if known is None:
        return None
    after = changed(known, fact, body)
    if after.state is AlarmState.NORMAL:
        _leave(alarms, places, known)
        return after
    alarms[known.id] = after
    return None


def _raise(alarms: Alarms, places: Places, new: Alarm) -> Alarm | None:
    told_anew = alarms.get(new.id)
    if told_anew is not None:
        _leave(alarms, places, told_anew)
    before = alarms.get(places.get(place(new.rule, new.asset), ""))
    if before is not None:
        _leave(alarms, places, before)
        if (before.shelved_until_us or 0) > new.raised_us:
            new = msgspec.structs.replace(new, state=AlarmState.SHELVED, shelved_until_us=before.shelved_until_us)
    alarms[new.id] = new
    places[place(new.rule, new.asset)] = new.id
    return before


def _leave(alarms: Alarms, places: Places, gone: Alarm) -> None:
    del alarms[gone.id]
    del places[place(gone.rule, gone.asset)]


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
