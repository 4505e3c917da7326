"""Requests about people and programs: invite, change a role, close, create and revoke a token.

What is admitted becomes a fact; the console then does it in its vault, which alone knows passwords and tokens.
"""

import re

from ironkeep.decisions.access.memory import Memory
from ironkeep.decisions.access.policy import Policy
from ironkeep.facts.access import AccountClosed, AccountInvited, RoleChanged, TokenCreated, TokenRevoked
from ironkeep.facts.envelope import Body, Draft
from ironkeep.model.access import ROLES, Role
from ironkeep.model.errors import Refused
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US, Now

WHY_MAX = 500  # characters
DAY_US = 86_400 * SECOND_US
NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
PREFIX = re.compile(r"[a-z0-9]{8}")


def admit(memory: Memory, request: Request, policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The drafts of a request that may be made. Raises Refused with reason and remedy."""
    body: Body
    match request.kind:
        case RequestKind.INVITE_ACCOUNT:
            body = AccountInvited(_role(request.subject), request.actor)
        case RequestKind.CHANGE_ROLE:
            body = _changed(memory, request)
        case RequestKind.CLOSE_ACCOUNT:
            _require_open(memory, request.subject)
            _require_not_last_admin(memory, request.subject)
            body = AccountClosed(request.subject, request.actor, _why(request))
        case RequestKind.TOKEN_CREATE:
            body = _token(memory, request, policy, now)
        case RequestKind.TOKEN_REVOKE:
            body = _revoked(memory, request)
        case _:
            raise Refused(f"the access room does not know {request.kind!r}", remedy="invite, change, close, create")
    return (Draft(body, request.actor),)


def _changed(memory: Memory, request: Request) -> Body:
    role = _role(request.body.get("role"))
    before = _require_open(memory, request.subject)
    if before == role:
        raise Refused(f"{request.subject} is {role} already", where=request.subject, remedy="nothing to do")
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
    _require_open(memory, str(owner))
    chosen = tuple(scope for scope in known if scope in scopes)
    return TokenCreated(request.subject, prefix, str(owner), chosen, now.at_us + days * DAY_US, request.actor)


def _revoked(memory: Memory, request: Request) -> Body:
    found = memory.standing.tokens.get(request.subject)
    if found is None or found.revoked:
        raise Refused(f"no token {request.subject!r} is in force", where=request.subject, remedy="see the tokens")
    return TokenRevoked(found.service, request.subject, request.actor, _why(request))


NAME_REMEDY = "2 to 32 small letters, digits, dot or dash"


def _role(role: object) -> str:
    if role not in ROLES:
        raise Refused(f"no role {role!r}", where="role", remedy=f"one of {', '.join(ROLES)}")
    return str(role)


def _require_open(memory: Memory, account: str) -> str:
    """The role of an open account. Raises Refused for any other name."""
    found = memory.standing.roles.get(account, "")
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
