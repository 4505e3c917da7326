"""Requests about people and programs: invite, change a role, close, prolong a contract, create and revoke a token.

What is admitted becomes a fact; the console then does it in its vault, which alone knows passwords and tokens.
"""

import re

from ironkeep.decisions.access.memory import Memory, role_now
from ironkeep.decisions.access.policy import Policy
from ironkeep.facts.access import (
    AccountClosed,
    AccountInvited,
    ContractProlonged,
    RoleChanged,
    TokenCreated,
    TokenRevoked,
)
from ironkeep.facts.envelope import Body, Draft
from ironkeep.model.access import DAY_US, NO_CONTRACT, ROLES, Contract, Role
from ironkeep.model.errors import Refused
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import Now

WHY_MAX = 500  # characters
EMPLOYER_MAX = 100  # characters
NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
PREFIX = re.compile(r"[a-z0-9]{8}")


def admit(memory: Memory, request: Request, policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The drafts of a request that may be made. Raises Refused with reason and remedy."""
    body: Body
    match request.kind:
        case RequestKind.INVITE_ACCOUNT:
            contract = _contract(request, policy, now)
            body = AccountInvited(_role(request.subject), request.actor, contract.employer, contract.until_us)
        case RequestKind.CHANGE_ROLE:
            body = _changed(memory, request, now)
        case RequestKind.PROLONG_CONTRACT:
            body = _prolonged(memory, request, policy, now)
        case RequestKind.CLOSE_ACCOUNT:
            if not memory.standing.roles.get(request.subject):  # one whose contract has ended may still be closed
                raise Refused(f"no open account {request.subject!r}", where=request.subject, remedy="see the accounts")
            _require_not_last_admin(memory, request.subject)
            body = AccountClosed(request.subject, request.actor, _why(request))
        case RequestKind.TOKEN_CREATE:
            body = _token(memory, request, policy, now)
        case RequestKind.TOKEN_REVOKE:
            body = _revoked(memory, request)
        case _:
            raise Refused(f"the access room does not know {request.kind!r}", remedy="invite, change, close, create")
    return (Draft(body, request.actor),)


def _contract(request: Request, policy: Policy, now: Now) -> Contract:
    """The contract that an invitation names: a vendor's person has one, nobody else."""
    told = request.body
    if request.subject != Role.VENDOR:
        if told.get("employer") or told.get("until_us"):
            raise Refused("only a vendor's person has an employer and an end", where="role", remedy="invite a vendor")
        return NO_CONTRACT
    employer = told.get("employer")
    if not isinstance(employer, str) or not 0 < len(employer.strip()) <= EMPLOYER_MAX:
        raise Refused("whose person is it?", where="employer", remedy="name the company that sends them")
    return Contract(" ".join(employer.split()), _until(request, policy, now))


def _until(request: Request, policy: Policy, now: Now) -> int:
    """The moment at which a contract ends: ahead, and not too far."""
    until_us, most = request.body.get("until_us"), policy.contract_days_max
    if isinstance(until_us, bool) or not isinstance(until_us, int) or not 0 < until_us - now.at_us <= most * DAY_US:
        raise Refused(
            "a contract ends ahead, and not too far ahead",
            where="last day",
            remedy=f"a day from today on, within {most} days; then it is prolonged",
        )
    return until_us


def _prolonged(memory: Memory, request: Request, policy: Policy, now: Now) -> Body:
    account = request.subject
    ends_us = memory.standing.ends.get(account)
    if ends_us is None or not memory.standing.roles.get(account):
        raise Refused(f"{account!r} is no open account of a vendor's person", where=account, remedy="see the accounts")
    until_us = _until(request, policy, now)
    if until_us <= ends_us:
        raise Refused("it ends later than that already", where="last day", remedy="close the account to end it now")
    return ContractProlonged(account, until_us, request.actor, _why(request))


def _changed(memory: Memory, request: Request, now: Now) -> Body:
    role = _role(request.body.get("role"))
    before = _require_open(memory, request.subject, now)
    if before == role:
        raise Refused(f"{request.subject} is {role} already", where=request.subject, remedy="nothing to do")
    if Role.VENDOR in (before, role):
        raise Refused(VENDOR_STAYS, where=request.subject, remedy="close the account and invite the person anew")
    _require_not_last_admin(memory, request.subject)
    return RoleChanged(request.subject, role, request.actor, _why(request))


def _token(memory: Memory, request: Request, policy: Policy, now: Now) -> Body:
    """What the console proposes: it drew the token and tells its prefix; the secret stays there."""
    told = request.body
    owner, prefix, days, scopes = (told.get(key) for key in ("owner", "token", "days", "scopes"))
    if not NAME.fullmatch(request.subject):
        raise Refused(f"{request.subject!r} will not do as the name of a program", where="service", remedy=NAME_REMEDY)
    if request.subject in memory.standing.roles:
        raise Refused(f"{request.subject} is a person's name", where="service", remedy="name the program, not a person")
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix) or prefix in memory.standing.tokens:
        raise Refused("the token's prefix is not a new one", where="token", remedy="ask again")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= policy.token_days_max:
        raise Refused(f"days is {days!r}", where="days", remedy=f"a token lives 1 to {policy.token_days_max} days")
    known = policy.table.scopes()
    if not isinstance(scopes, list | tuple) or not scopes or not set(scopes) <= set(known):
        raise Refused("a token has scopes, each one that exists", where="scopes", remedy=f"of {', '.join(known)}")
    _require_open(memory, str(owner), now)
    chosen = tuple(scope for scope in known if scope in scopes)
    return TokenCreated(request.subject, prefix, str(owner), chosen, now.at_us + days * DAY_US, request.actor)


def _revoked(memory: Memory, request: Request) -> Body:
    found = memory.standing.tokens.get(request.subject)
    if found is None or found.revoked:
        raise Refused(f"no token {request.subject!r} is in force", where=request.subject, remedy="see the tokens")
    return TokenRevoked(found.service, request.subject, request.actor, _why(request))


VENDOR_STAYS = "a vendor's person becomes nothing else, and nobody becomes one: the name stands for its employer"
NAME_REMEDY = "2 to 32 small letters, digits, dot or dash"


def _role(role: object) -> str:
    if role not in ROLES:
        raise Refused(f"no role {role!r}", where="role", remedy=f"one of {', '.join(ROLES)}")
    return str(role)


def _require_open(memory: Memory, account: str, now: Now) -> str:
    """The role of an account that is open now. Raises Refused for any other name."""
    found = role_now(memory, account, now)
    if not found:
        raise Refused(f"no open account {account!r}", where=account, remedy="see the accounts")
    return found


def _require_not_last_admin(memory: Memory, account: str) -> None:
    admins = [name for name, role in memory.standing.roles.items() if role == Role.ADMIN]
    if admins == [account]:
        raise Refused(f"{account} is the last admin", where=account, remedy="make somebody else admin first")


def _why(request: Request) -> str:
    why = request.body.get("why", "")
    if not isinstance(why, str) or len(why) > WHY_MAX:
        raise Refused("why is too long or no text", where="why", remedy=f"at most {WHY_MAX} characters")
    return why.strip()
