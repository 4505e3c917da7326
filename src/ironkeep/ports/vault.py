"""Vault: who may enter the console. Accounts, sessions and one-time invitations; never in facts, never in the engine.

A password goes in and never comes out. A token is handed out once; the vault keeps only its digest. Guessing is slowed,
never locked: whoever knows the password gets in from a browser that was in before, however hard others try.
"""

from typing import Protocol

import msgspec

ROLES = ("operator", "viewer")
"""An operator may acknowledge, shelve, note and take command; a viewer may look."""


class Account(msgspec.Struct, frozen=True):
    """A person who may log in."""

    name: str
    role: str
    created_us: int


class Session(msgspec.Struct, frozen=True):
    """One log-in as it stands. `csrf` is what forms of this session must carry."""

    account: str
    role: str
    csrf: str
    opened_us: int
    expires_us: int


class Opened(msgspec.Struct, frozen=True):
    """What a log-in hands to the browser: the session's token, and the mark by which this browser is known again."""

    session: Session
    token: str
    browser: str


class Vault(Protocol):
    """Every time is wall time in microseconds and comes from the caller."""

    def accounts(self) -> tuple[Account, ...]:
        """Every account, oldest first."""
        ...

    def invite(self, role: str, now_us: int) -> str:
        """A new one-time token with which one person may enrol. Earlier unused ones of the role end. Raises Refused."""
        ...

    def invited(self, token: str, now_us: int) -> str | None:
        """The role that an unused, unexpired token stands for, else None."""
        ...

    def enrol(self, token: str, name: str, password: str, now_us: int) -> Account:
        """Spend the token on an account. Raises Refused when the token, the name or the password will not do."""
        ...

    def open(self, name: str, password: str, browser: str, now_us: int) -> Opened:
        """Log a person in. Raises Refused when name or password is wrong, Unavailable when the next try must wait."""
        ...

    def session(self, token: str, now_us: int) -> Session | None:
        """The session of a token, or None when there is none or it has ended."""
        ...

    def close(self, token: str) -> Session | None:
        """End a session and return what it was; None when there was none."""
        ...
