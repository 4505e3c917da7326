"""What people may do with an alarm: acknowledge, shelve, take off the shelf, reset. One alarm a request, always.

Life-safety alarms are acknowledged one by one (S42); there is no request for several. Life-safety and trust alarms are
never shelved. A reset needs an alarm that latches, has positively returned and was acknowledged.
"""

from ironkeep.decisions.alarms.memory import Memory
from ironkeep.decisions.alarms.policy import Policy
from ironkeep.facts.alarm import AlarmAcknowledged, AlarmReset, AlarmShelved, AlarmUnshelved
from ironkeep.facts.envelope import Body, Draft
from ironkeep.model.alarm import Alarm
from ironkeep.model.errors import Refused
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US, Now

REASON_MAX = 500  # characters


def admit(memory: Memory, request: Request, policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The drafts of a person's request. Raises Refused with reason and remedy."""
    if not request.actor.startswith("person:") or len(request.actor) > REASON_MAX:
        raise Refused("only a named person acts on alarms", where=request.actor, remedy="log in by name")
    alarm = memory.standing.alarms.get(request.subject)
    if alarm is None:
        raise Refused(
            f"no alarm {request.subject!r} on the list",
            where=request.subject,
            remedy="name one alarm that stands; several are acted on one by one",
        )
    match request.kind:
        case RequestKind.ACKNOWLEDGE_ALARM:
            body = _acknowledge(alarm, request)
        case RequestKind.SHELVE_ALARM:
            body = _shelve(alarm, request, policy, now)
        case RequestKind.UNSHELVE_ALARM:
            if alarm.shelved_until_us is None:
                raise Refused("the alarm is not shelved", where=alarm.id, remedy="nothing to do")
            body = AlarmUnshelved(alarm.id, alarm.asset, request.actor)
        case RequestKind.RESET_ALARM:
            body = _reset(alarm, request)
        case _:
            raise Refused(f"the alarms room does not know {request.kind!r}", remedy="acknowledge, shelve or reset")
    return (Draft(body, request.actor, cause=request.id),)


def _acknowledge(alarm: Alarm, request: Request) -> Body:
    if alarm.acknowledged_us is not None:
        raise Refused(f"already acknowledged by {alarm.acknowledged_by}", where=alarm.id, remedy="nothing to do")
    return AlarmAcknowledged(alarm.id, alarm.asset, request.actor)


def _shelve(alarm: Alarm, request: Request, policy: Policy, now: Now) -> Body:
    rule = next((each for each in policy.rules if each.id == alarm.rule), None)
    if alarm.life_safety:
        raise Refused("a life-safety alarm is never shelved", where=alarm.id, remedy="act on it and acknowledge it")
    if rule is not None and not rule.may_wait:
        raise Refused("an alarm about trust is never shelved", where=alarm.id, remedy="verify on site")
    if alarm.shelved_until_us is not None:
        raise Refused("the alarm is shelved already", where=alarm.id, remedy="take it off the shelf first")
    reason, until = request.body.get("reason"), request.body.get("until")
    if not isinstance(reason, str) or not reason.strip() or len(reason) > REASON_MAX:
        raise Refused("a shelf needs a reason", where="reason", remedy=f"1 to {REASON_MAX} characters")
    longest = now.at_us + int(policy.shelve_max_s * SECOND_US)
    if isinstance(until, bool) or not isinstance(until, int) or not now.at_us < until <= longest:
        hours = policy.shelve_max_s / 3600
        raise Refused("a shelf needs an end in time", where="until", remedy=f"later than now, within {hours:.0f} h")
    return AlarmShelved(alarm.id, alarm.asset, request.actor, until, reason.strip())


def _reset(alarm: Alarm, request: Request) -> Body:
    if not alarm.latched:
        raise Refused("the alarm does not latch", where=alarm.id, remedy="it leaves the list when returned and seen")
    if alarm.returned_us is None:
        raise Refused("its condition has not positively returned", where=alarm.id, remedy="wait for fresh readings")
    if alarm.acknowledged_us is None:
        raise Refused("nobody has acknowledged it", where=alarm.id, remedy="acknowledge it first")
    return AlarmReset(alarm.id, alarm.asset, request.actor)
