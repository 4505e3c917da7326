"""Vault: who may enter. Accounts, sessions, one-time links and tokens; never in facts, never in the engine.

A password goes in and never comes out. A token is handed out once; the vault keeps only its digest. Guessing is slowed,
never locked: whoever knows the password gets in from a browser that was in before, however hard others try. What the
vault changes it also owes to the record: an owed fact is kept until the desk has it.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from ironkeep.model.access import NO_CONTRACT, PERSON, SERVICE, Contract, Role


class Account(msgspec.Struct, frozen=True):
    """A named person. `seen_us` is the last log-in, 0 for none; a closed account keeps its name for ever. A vendor's
    person has an employer, and from `until_us` on, where it is not 0, the account lets nobody in.
    """

    name: str
    role: str
    created_us: int
    seen_us: int = 0
    closed_us: int = 0
    sessions: int = 0
    employer: str = ""
    until_us: int = 0

    def open(self, now_us: int) -> bool:
        """Does it let its person in: neither closed nor past the end of a contract?"""
        return not self.closed_us and not self.ended(now_us)

    def ended(self, now_us: int) -> bool:
        """Has its contract ended?"""
        return 0 < self.until_us <= now_us


class Invitation(msgspec.Struct, frozen=True):
    """What a one-time link is good for: a new account of a role, or, with `account`, a new password for that one."""

    role: str
    account: str = ""
    employer: str = ""
    until_us: int = 0


class Session(msgspec.Struct, frozen=True):
    """One log-in as it stands, or one program by its token. `csrf` is what forms of this session must carry; a program
    has none. `acts` are the scopes of a token. Where the account has a second factor, the session came by it.
    """

    account: str
    role: str
    csrf: str
    opened_us: int
    expires_us: int
    acts: tuple[str, ...] = ()
    second: bool = False  # the account has a second factor

    @property
    def actor(self) -> str:
        """Who this is on the record: `person:NAME` or `service:NAME`."""
        return f"{SERVICE if self.role == Role.SERVICE else PERSON}{self.account}"


class Shared(msgspec.Struct, frozen=True):
    """One account in use from several browsers within the same minutes; nothing more is known."""

    browsers: int
    origins: tuple[str, ...]
    within_s: int


class Opened(msgspec.Struct, frozen=True):
    """What a log-in hands to the browser: the session's token, and the mark by which this browser is known again."""

    session: Session
    token: str
    browser: str
    shared: Shared | None = None


class Halfway(msgspec.Struct, frozen=True):
    """A log-in whose password was right and whose code is still to come. The ticket is good for a few tries."""

    account: str
    ticket: str


class Used(msgspec.Struct, frozen=True):
    """By what a log-in was finished, "phone" or "recovery code", and how many recovery codes are left."""

    how: str
    left: int


class Factor(msgspec.Struct, frozen=True):
    """A second factor without its secret: since when, and how many recovery codes are left."""

    since_us: int
    left: int


class Seat(msgspec.Struct, frozen=True):
    """One of a person's own sessions. `mark` names it and opens nothing; `own` is the one that looks."""

    mark: str
    opened_us: int
    seen_us: int
    origin: str
    own: bool


class Token(msgspec.Struct, frozen=True):
    """A program's token without its secret. `used_us` is the day of its last use, 0 for never."""

    prefix: str
    service: str
    owner: str
    scopes: tuple[str, ...]
    created_us: int
    expires_us: int
    used_us: int = 0
    revoked_us: int = 0


class Owed(msgspec.Struct, frozen=True):
    """A fact of access that the record does not have yet. `key` makes handing it over idempotent."""

    id: int
    key: str
    kind: str
    account: str
    fields: dict[str, Any]


class Vault(Protocol):
    """Every time is wall time in microseconds and comes from the caller."""

    def accounts(self, now_us: int = 0) -> tuple[Account, ...]:
        """Every account, closed ones too, oldest first, with the sessions that are open then: idle ones are not."""
        ...

    def invite(self, role: str, now_us: int, by: str = "start", contract: Contract = NO_CONTRACT) -> str:
        """A new one-time token with which one person may enrol; earlier unused ones of `start` end with a new one.
        Raises Refused for an unknown role, a vendor without a contract, or too many that are unused.
        """
        ...

    def reset(self, name: str, by: str, now_us: int) -> str:
        """Make an account's password and second factor void, end its sessions, and return a one-time token for a new
        password. Raises Refused.
        """
        ...

    def invited(self, token: str, now_us: int) -> Invitation | None:
        """What an unused, unexpired token stands for, else None."""
        ...

    def enrol(self, token: str, name: str, password: str, now_us: int) -> Account:
        """Spend the token on an account, or on its new password. Raises Refused when the token, the name or the
        password will not do.
        """
        ...

    def change_role(self, name: str, role: str) -> None:
        """Give an account another role and end its sessions. Nothing happens where it has that role already."""
        ...

    def prolong(self, name: str, until_us: int) -> None:
        """Let a contract end later than it does. Nothing happens where there is none, or it ends later already."""
        ...

    def close_account(self, name: str, now_us: int) -> None:
        """Close an account: its password and sessions end, its name stays taken."""
        ...

    def open(self, name: str, password: str, browser: str, now_us: int, origin: str = "") -> Opened | Halfway:
        """Log a person in, halfway where the account has a second factor. Raises Refused when name or password is
        wrong, and in other words when both are right and the contract has ended; Unavailable when the next try must
        wait.
        """
        ...

    def known_browser(self, mark: str, now_us: int) -> bool:
        """Was somebody, whose account still lets them in, logged in with the browser of this mark?"""
        ...

    def second(self, ticket: str, code: str, browser: str, now_us: int, origin: str = "") -> tuple[Opened, Used]:
        """Finish a half-open log-in by a code, which counts once. Raises Refused, Unavailable."""
        ...

    def halfway(self, ticket: str, now_us: int) -> str:
        """The account of a half-open log-in, empty where there is none."""
        ...

    def require_password(self, name: str, password: str, now_us: int) -> None:
        """Return where it is the account's password. Raises Refused, Unavailable."""
        ...

    def require_code(self, name: str, code: str, now_us: int) -> None:
        """Return where the account has no second factor, or this is a code of it. Raises Refused, Unavailable."""
        ...

    def change_password(self, name: str, present: str, fresh: str, token: str, now_us: int) -> int:
        """Give an account its owner's new password and end every session but that of `token`; how many. Raises
        Refused, Unavailable.
        """
        ...

    def factor(self, name: str) -> Factor | None:
        """The second factor of an account, without its secret, or None."""
        ...

    def offer_factor(self, name: str, now_us: int) -> str:
        """A fresh secret, as authenticator apps read it, that counts for nothing before its first code."""
        ...

    def take_factor(self, name: str, code: str, token: str, now_us: int) -> tuple[str, ...]:
        """Let the offered factor count by its first code, end every session but that of `token`, and return the
        recovery codes. Raises Refused, Unavailable.
        """
        ...

    def seats(self, name: str, token: str, now_us: int) -> tuple[Seat, ...]:
        """The live sessions of an account, the last used first; `token` is the one that asks."""
        ...

    def end_seat(self, name: str, mark: str) -> bool:
        """End one session of an account by its mark; was there one?"""
        ...

    def session(self, token: str, now_us: int) -> Session | None:
        """The session of a token, or None when there is none or it has ended. Asking counts as use."""
        ...

    def close(self, token: str) -> Session | None:
        """End a session and return what it was; None when there was none."""
        ...

    def run_out(self, now_us: int) -> tuple[str, ...]:
        """End the sessions whose time is over, for want of use or at their latest; the account of each."""
        ...

    def end_sessions(self, name: str) -> int:
        """End every session of an account; how many there were."""
        ...

    def draw_token(self) -> tuple[str, str]:
        """A fresh token, kept nowhere yet: its prefix and the whole text."""
        ...

    def keep_token(self, token: Token, text: str) -> None:
        """Let a drawn token count from now on; only its digest is kept."""
        ...

    def tokens(self) -> tuple[Token, ...]:
        """Every token, newest first, revoked and expired ones too."""
        ...

    def revoke_token(self, prefix: str, now_us: int) -> None:
        """Let a token count for nothing. Nothing happens where there is none."""
        ...

    def bearer(self, text: str, now_us: int) -> Session | None:
        """The program that a token stands for, or None when it is unknown, revoked, expired, or the account that
        answers for it lets nobody in.
        """
        ...

    def owe(self, kind: str, account: str, fields: Mapping[str, Any]) -> None:
        """Keep a fact of access until the record has it."""
        ...

    def owed(self, limit: int = 100) -> tuple[Owed, ...]:
        """What the record does not have yet, oldest first."""
        ...

    def paid(self, owed: Owed) -> None:
        """The record has it."""
        ...

    def applied(self) -> int:
        """The seq after the newest fact that was carried out here."""
        ...

    def set_applied(self, seq: int) -> None:
        """Every fact before this seq has been carried out here."""
        ...
