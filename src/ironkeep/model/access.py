"""Who may do what: roles, acts, and the table that joins them. A pure table; an act without a row is refused.

An act is one thing that may be looked at or asked. A way is how it is reached over HTTP ("POST /alarms/reset"), a
request kind is how it reaches the desk. Faces check the way, the desk checks the request, both with this table.
"""

from enum import StrEnum

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.request import RequestKind
from ironkeep.model.time import SECOND_US, parse_rfc3339

DAY_US = 86_400 * SECOND_US


class Role(StrEnum):
    """What a named account may be. The last four are no roles of accounts: they say who else an act is open to."""

    VIEWER = "viewer"  # looks
    VENDOR = "vendor"  # a vendor's person, until the contract ends; looks at the plant, at no people and no record
    OPERATOR = "operator"  # watches and acts on alarms and cases
    ENGINEER = "engineer"  # an operator who also approves settings and takes imports
    AUDITOR = "auditor"  # looks at everything, people included, and takes evidence; changes nothing
    SAFETY_OFFICER = "safety officer"  # looks at everything; confirms what takes two people, asks for nothing
    ADMIN = "admin"  # names people and programs; on a small site also operates
    SERVICE = "service"  # a named program with a token, within the token's scopes
    MACHINE = "machine"  # the command line of the user who owns the data folder
    CONSOLE = "console"  # the console process itself, when it reports access
    ANYONE = "anyone"  # no log-in needed


ROLES = (
    Role.VIEWER,
    Role.VENDOR,
    Role.OPERATOR,
    Role.ENGINEER,
    Role.AUDITOR,
    Role.SAFETY_OFFICER,
    Role.ADMIN,
)
"""The roles that an account may have, least first."""
PERSON, SERVICE = "person:", "service:"
"""How actors begin: a named person, a named program."""


class Contract(msgspec.Struct, frozen=True):
    """Whose person an account is, and the moment from which it lets nobody in. Empty for everybody but a vendor's."""

    employer: str = ""
    until_us: int = 0


NO_CONTRACT = Contract()


def end_of_day(text: str) -> int:
    """The moment at which a day, as in 2026-12-31, is over in UTC. Raises Refused for a text that is no day."""
    try:
        return parse_rfc3339(f"{text.strip()}T00:00:00Z") + DAY_US
    except Refused:
        raise Refused(f"{text!r} is no day", where="last day", remedy="write it as 2026-12-31") from None


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table. `four_eyes`: another named person must confirm it; `four_eyes_for`: only where it gives
    one of these roles, or takes it away. `confirm`: who may do that besides those who may do the act.
    """

    name: str  # the act in words; of a request its kind; of a token its scope
    roles: tuple[Role, ...]  # who may
    ways: tuple[str, ...] = ()  # method and path of each page and API address by which it is reached
    four_eyes: bool = False
    four_eyes_for: tuple[Role, ...] = ()
    confirm: tuple[Role, ...] = ()
    why: str = ""  # where the row may surprise

    @property
    def confirmers(self) -> tuple[Role, ...]:
        """The roles that may confirm or decline it."""
        return (*self.roles, *self.confirm)

    @property
    def request(self) -> RequestKind | None:
        """The request kind that this act is, if it is one."""
        return RequestKind(self.name) if self.name in RequestKind._value2member_map_ else None


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every act there is. An empty table allows nothing."""

    acts: tuple[Act, ...] = ()

    def act(self, name: str) -> Act | None:
        """The row of that name, or None: then nobody may."""
        return next((act for act in self.acts if act.name == name), None)

    def way(self, method: str, path: str) -> Act | None:
        """The row that names this method and path template, or None: then nobody may."""
        wanted = f"{method} {path}"
        return next((act for act in self.acts if wanted in act.ways), None)

    def allows(self, role: str, name: str) -> bool:
        """May this role do this act? False for a role or an act that the table does not know."""
        act = self.act(name)
        return act is not None and role in act.roles

    def confirms(self, role: str, name: str) -> bool:
        """May this role confirm or decline this act, when another asked for it?"""
        act = self.act(name)
        return act is not None and role in act.confirmers

    def scopes(self) -> tuple[str, ...]:
        """What a token may be given, in the table's order."""
        return tuple(act.name for act in self.acts if Role.SERVICE in act.roles)


class Waiting(msgspec.Struct, frozen=True):
    """A request that waits for a second person. `told` is the request's body as JSON text."""

    asked: str  # asked_<ulid>
    request_kind: str
    subject: str
    told: str
    by: str
    at_us: int
    until_us: int
