"""May this person do this, here, now? One request at a time, in the order in which the room thinks.

First the right: the role that the record knows, against the table. Then whether it takes two. What needs a second
person waits as a fact; a confirmation brings the waiting request back, to be judged by its own room as of now.
"""

from enum import StrEnum

import msgspec

from ironkeep.decisions.access.memory import Memory, role_now
from ironkeep.decisions.access.policy import Policy
from ironkeep.facts.access import ActedAlone, ConfirmationAsked, ConfirmationDeclined, ConfirmationGiven
from ironkeep.facts.envelope import Draft
from ironkeep.model.access import PERSON, SERVICE, Act, Role, Waiting
from ironkeep.model.errors import Refused
from ironkeep.model.ids import RequestId, derive
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US, Now


class Verdict(StrEnum):
    """What the desk does with a request that may be asked."""

    CARRY = "carry"  # its own room admits it now
    WAIT = "wait"  # its own room would admit it; only the asking goes on the record
    SETTLED = "settled"  # this room has said all


class Ruling(msgspec.Struct, frozen=True):
    """The verdict, the request that its own room should judge, and what goes on the record beside that."""

    verdict: Verdict
    request: Request
    drafts: tuple[Draft, ...] = ()


def decide(memory: Memory, request: Request, policy: Policy, now: Now) -> Ruling:
    """The ruling on one request. Raises Refused when the asker may not, with reason and remedy."""
    act = require(memory, request.actor, str(request.kind), policy, now)
    if request.kind is RequestKind.CONFIRM_REQUEST:
        return _confirmed(memory, request, policy, now)
    if request.kind is RequestKind.DECLINE_REQUEST:
        return _declined(memory, request, policy, now)
    if not _needs_two(memory, act, request):
        return Ruling(Verdict.CARRY, request)
    if not _others(memory, act, request, now):
        alone = ActedAlone(str(request.kind), request.subject, request.actor)
        return Ruling(Verdict.CARRY, request, (Draft(alone, request.actor),))
    return _waits(memory, request, policy, now)


def require(memory: Memory, actor: str, act_name: str, policy: Policy, now: Now) -> Act:
    """The row by which the actor may do the act. Raises Refused when there is none or it does not name the actor."""
    act = policy.table.act(act_name)
    if act is None:
        raise Refused(f"no rule says who may {act_name}", where=act_name, remedy="the table of acts needs a row for it")
    role = _require_role(memory, actor, now)
    if role not in act.roles:
        raise Refused(f"{_article(role)} may not {act_name}", where=actor, remedy=_who(act.roles))
    if role == Role.SERVICE and act_name not in _scopes(memory, actor, now):
        raise Refused(f"no token of {actor} has the scope {act_name!r}", where=actor, remedy="create one that has it")
    return act


def waiting(memory: Memory, now: Now) -> tuple[Waiting, ...]:
    """What waits for a second person now, oldest first."""
    return tuple(each for each in memory.standing.waiting.values() if each.until_us > now.at_us)


def _require_role(memory: Memory, actor: str, now: Now) -> str:
    """The role of an actor as the record knows it. Raises Refused where it knows none."""
    role = _role(memory, actor, now)
    if role:
        return role
    named = actor.removeprefix(PERSON)
    if memory.standing.roles.get(named) and named in memory.standing.ends:
        raise Refused(f"the contract of {named} has ended", where=actor, remedy="an admin can prolong it")
    raise Refused(
        f"the record knows no open account {actor!r}", where=actor, remedy="log in by a name that is enrolled"
    )


def _role(memory: Memory, actor: str, now: Now) -> str:
    """The role of an actor as the record knows it, empty when it knows none."""
    if actor == Role.CONSOLE:
        return Role.CONSOLE
    if actor == Role.MACHINE or actor.startswith(f"{Role.MACHINE}:"):
        return Role.MACHINE
    if actor.startswith(PERSON):
        return role_now(memory, actor.removeprefix(PERSON), now)
    named = actor.removeprefix(SERVICE)
    known = actor.startswith(SERVICE) and any(token.service == named for token in memory.standing.tokens.values())
    return Role.SERVICE if known else ""


def _scopes(memory: Memory, actor: str, now: Now) -> frozenset[str]:
    """What the live tokens of a service allow together. One for which nobody answers any more allows nothing."""
    named = actor.removeprefix(SERVICE)
    tokens = memory.standing.tokens.values()
    live = [t for t in tokens if t.service == named and not t.revoked and t.until_us > now.at_us]
    return frozenset(scope for token in live if role_now(memory, token.owner, now) for scope in token.scopes)


def _needs_two(memory: Memory, act: Act, request: Request) -> bool:
    if act.four_eyes:
        return True
    before = memory.standing.roles.get(request.subject, "")
    after = request.subject if request.kind is RequestKind.INVITE_ACCOUNT else str(request.body.get("role", ""))
    return bool({before, after} & set(act.four_eyes_for))


def _others(memory: Memory, act: Act, request: Request, now: Now) -> list[str]:
    """The accounts that could confirm: open, in a role that may, and not the asker."""
    return [
        name
        for name in memory.standing.roles
        if f"{PERSON}{name}" != request.actor
        and role_now(memory, name, now) in act.confirmers
        and not _to_be_admin(f"{PERSON}{name}", request)
    ]


def _to_be_admin(actor: str, request: Request) -> bool:
    """Would it make this very person an admin? Whoever gains by it is no second pair of eyes."""
    gains = request.kind is RequestKind.CHANGE_ROLE and request.body.get("role") == Role.ADMIN
    return gains and actor == f"{PERSON}{request.subject}"


def _waits(memory: Memory, request: Request, policy: Policy, now: Now) -> Ruling:
    standing = waiting(memory, now)
    same = [w for w in standing if (w.request_kind, w.subject) == (request.kind, request.subject)]
    if same:
        raise Refused(
            f"{same[0].by} asked for this already; it waits for a second person",
            where=same[0].asked,
            remedy="confirm it as somebody else, or decline it first",
        )
    if len(standing) >= policy.waiting_max:
        raise Refused(f"{len(standing)} requests wait already", remedy="have some confirmed or declined first")
    body = ConfirmationAsked(
        asked=derive("asked", now.at_us, request.id),
        request_kind=str(request.kind),
        subject=request.subject,
        told=msgspec.json.encode(request.body, order="sorted").decode(),
        by=request.actor,
        until_us=now.at_us + policy.confirm_within_s * SECOND_US,
    )
    return Ruling(Verdict.WAIT, request, (Draft(body, request.actor),))


def _confirmed(memory: Memory, request: Request, policy: Policy, now: Now) -> Ruling:
    """The waiting request, brought back under its first asker's name. Raises Refused for the wrong or late person."""
    asked = _found(memory, request, now)
    if asked.by == request.actor:
        raise Refused("whoever asked cannot confirm", where=asked.asked, remedy="another named person must")
    act = require(memory, asked.by, asked.request_kind, policy, now)
    _require_confirmer(memory, act, request.actor, now)
    again = Request(
        id=RequestId(request.id),
        kind=RequestKind(asked.request_kind),
        actor=asked.by,
        subject=asked.subject,
        body=msgspec.json.decode(asked.told),
    )
    if _to_be_admin(request.actor, again):
        raise Refused("nobody makes themselves an admin", where=asked.asked, remedy="another named person must confirm")
    given = ConfirmationGiven(asked.asked, asked.by, request.actor)
    return Ruling(Verdict.CARRY, again, (Draft(given, request.actor),))


def _declined(memory: Memory, request: Request, policy: Policy, now: Now) -> Ruling:
    """Whoever asked may take it back; whoever could confirm may decline it."""
    asked = _found(memory, request, now)
    act = policy.table.act(asked.request_kind)
    assert act is not None, "what waits had a row when it was asked, and the table is part of the program"
    _require_confirmer(memory, act, request.actor, now)
    why = str(request.body.get("why", ""))[:TEXT_MAX]
    return Ruling(
        Verdict.SETTLED, request, (Draft(ConfirmationDeclined(asked.asked, request.actor, why), request.actor),)
    )


def _require_confirmer(memory: Memory, act: Act, actor: str, now: Now) -> None:
    role = _require_role(memory, actor, now)
    if role not in act.confirmers:
        raise Refused(f"{_article(role)} may not {act.name}", where=actor, remedy=_who(act.confirmers))


def _found(memory: Memory, request: Request, now: Now) -> Waiting:
    asked = memory.standing.waiting.get(request.subject)
    if asked is None:
        raise Refused(f"nothing waits under {request.subject!r}", where=request.subject, remedy="see what waits")
    if asked.until_us <= now.at_us:
        raise Refused("it waited too long and is void", where=asked.asked, remedy="ask for it again")
    return asked


def _article(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


def _who(roles: tuple[Role, ...]) -> str:
    people = [str(role) for role in roles if role not in (Role.SERVICE, Role.MACHINE, Role.CONSOLE)]
    return "log in as " + " or ".join(_article(role) for role in people) if people else "no person may"


TEXT_MAX = 500  # characters of a reason
