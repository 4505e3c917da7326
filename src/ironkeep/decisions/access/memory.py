"""What the access room remembers: who has which role until when, which programs have tokens, what waits for a second
person.

A fold of facts and nothing else. A closed account and a revoked token are kept, so that their names are never taken
again.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from ironkeep.decisions.access.policy import Policy
from ironkeep.facts import access
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.fold import Fold, Folded
from ironkeep.model.access import Role, Waiting
from ironkeep.model.time import Now

CLOSED: Final = ""  # the role of an account that is closed
KINDS: Final = (
    "AccountEnrolled ContractProlonged RoleChanged AccountClosed SessionOpened TokenCreated TokenRevoked "
    "ConfirmationAsked ConfirmationGiven ConfirmationDeclined"
)


class Token(msgspec.Struct, frozen=True):
    """A program's token as the record knows it."""

    service: str
    owner: str
    scopes: tuple[str, ...]
    until_us: int
    revoked: bool = False


class Standing(msgspec.Struct, frozen=True):
    """The fold. `roles` by account, empty for a closed one; `tokens` by prefix; `waiting` by id; `ends` when the
    contract of an account ends, for vendors' people.
    """

    roles: dict[str, str] = {}
    tokens: dict[str, Token] = {}
    waiting: dict[str, Waiting] = {}
    ends: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Memory(Folded[Standing]):
    """The fold and nothing besides."""


def empty(policy: Policy) -> Memory:
    """A room that remembers nothing."""
    assert policy.confirm_within_s > 0
    return Memory(Standing())


def role_now(memory: Memory, account: str, now: Now) -> str:
    """The role of an account that is open now; empty where it is not known, closed, or its contract has ended. A
    vendor's account of which the record knows no end has ended.
    """
    role = memory.standing.roles.get(account, CLOSED)
    return CLOSED if role == Role.VENDOR and memory.standing.ends.get(account, 0) <= now.at_us else role


def _apply(new: Standing, fact: Fact, body: Body) -> None:
    match body:
        case access.AccountEnrolled():
            new.roles[body.account] = body.role
            if body.until_us:  # a new password by a link enrols anew and moves no end
                new.ends.setdefault(body.account, body.until_us)
        case access.ContractProlonged():
            new.ends[body.account] = body.until_us
        case access.RoleChanged():
            new.roles[body.account] = body.role
        case access.SessionOpened() if body.role and new.roles.get(body.account) != CLOSED:
            new.roles[body.account] = body.role
        case access.AccountClosed():
            new.roles[body.account] = CLOSED
        case access.TokenCreated():
            new.tokens[body.token] = Token(body.service, body.owner, body.scopes, body.until_us)
        case access.TokenRevoked() if body.token in new.tokens:
            new.tokens[body.token] = msgspec.structs.replace(new.tokens[body.token], revoked=True)
        case access.ConfirmationAsked():
            _forget_void(new, fact.at)
            new.waiting[body.asked] = Waiting(
                body.asked, body.request_kind, body.subject, body.told, body.by, fact.at, body.until_us
            )
        case access.ConfirmationGiven() | access.ConfirmationDeclined():
            new.waiting.pop(body.asked, None)


def _forget_void(new: Standing, at_us: int) -> None:
    """Drop what ran out long enough ago that nobody asks why: as long again as it waited."""
    for old in [w.asked for w in new.waiting.values() if at_us > 2 * w.until_us - w.at_us]:
        del new.waiting[old]


FOLD: Final = Fold("access", 2, Standing, Memory, KINDS, _apply)
absorb, freeze, thaw = FOLD.absorb, FOLD.freeze, FOLD.thaw
