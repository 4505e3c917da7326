"""Accounts, sessions and invitations in one SQLite file.

Passwords are kept as argon2id hashes, tokens as SHA-256 of 32 drawn bytes. A wrong name costs as much time as a wrong
password. Failures are counted for each known browser apart from all the unknown ones together, so that a stranger who
guesses slows strangers, not the person at the desk; a wait is never longer than `wait_max_s`.
"""

import hashlib
import re
import secrets
import sqlite3
import threading
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.adapters.vaults.accounts.tables import connect
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import ROLES, Account, Opened, Session

NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
TOKEN_BYTES = 32
WRONG = "the name or the password is wrong"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


class AccountVault:
    """The vault at `path`. Methods block (a hash takes about 0.1 s): call them away from an event loop."""

    def __init__(self, path: Path, config: Config | None = None) -> None:
        self._config = config or Config()
        self._db = connect(path)
        self._lock = threading.Lock()
        self._hashing = threading.Lock()  # one hash at a time: 64 MiB each must not add up under a flood
        self._hasher = PasswordHasher(
            time_cost=self._config.hash_passes,
            memory_cost=self._config.hash_memory_kib,
            parallelism=self._config.hash_lanes,
        )
        self._nobody = self._hasher.hash(secrets.token_urlsafe(TOKEN_BYTES))

    def accounts(self) -> tuple[Account, ...]:
        """Every account, oldest first."""
        rows = self._rows("SELECT name, role, created_us FROM account ORDER BY created_us, name")
        return tuple(Account(*row) for row in rows)

    def invite(self, role: str, now_us: int) -> str:
        """A new one-time token; earlier unused ones of the role end. Raises Refused for an unknown role."""
        if role not in ROLES:
            raise Refused(f"no role {role!r}", remedy=f"use one of {', '.join(ROLES)}")
        fresh = secrets.token_urlsafe(TOKEN_BYTES)
        self._rows("DELETE FROM invitation WHERE role = ? OR expires_us <= ?", role, now_us)
        expires = now_us + self._config.invitation_s * SECOND_US
        self._rows("INSERT INTO invitation VALUES (?, ?, ?)", _digest(fresh), role, expires)
        return fresh

    def invited(self, token: str, now_us: int) -> str | None:
        """The role that an unused, unexpired token stands for, else None."""
        rows = self._rows("SELECT role FROM invitation WHERE digest = ? AND expires_us > ?", _digest(token), now_us)
        return str(rows[0][0]) if rows else None

    def enrol(self, token: str, name: str, password: str, now_us: int) -> Account:
        """Spend the token on an account. Raises Refused for a bad token, name or password; Conflict: name taken."""
        name = name.strip().lower()
        if not NAME.fullmatch(name):
            raise Refused(
                f"{name!r} will not do as a name", where="name", remedy="2 to 32 small letters, digits, dot or dash"
            )
        low, high = self._config.password_length_min, self._config.password_length_max
        if not low <= len(password) <= high:
            raise Refused(f"a password has {low} to {high} characters", where="password", remedy="a few words do well")
        if name in password.lower():
            raise Refused("the password holds the name", where="password", remedy="choose other words")
        if self.invited(token, now_us) is None:
            raise Refused(
                "this link was used or has run out", where="link", remedy="start Ironkeep again: it prints a new one"
            )
        with self._hashing:
            hashed = self._hasher.hash(password)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            spent = self._db.execute(
                "DELETE FROM invitation WHERE digest = ? AND expires_us > ? RETURNING role", (_digest(token), now_us)
            ).fetchall()
            if not spent:
                raise Refused("this link was used or has run out", where="link", remedy="start Ironkeep again")
            try:
                self._db.execute("INSERT INTO account VALUES (?, ?, ?, ?)", (name, spent[0][0], hashed, now_us))
            except sqlite3.IntegrityError as exc:
                raise Conflict(f"the name {name!r} is taken", where="name", remedy="choose another") from exc
        return Account(name, spent[0][0], now_us)

    def open(self, name: str, password: str, browser: str, now_us: int) -> Opened:
        """Log a person in. Raises Refused for a wrong name or password, Unavailable when the next try must wait."""
        name = name.strip().lower()[: self._config.password_length_max]
        known = self._rows("SELECT 1 FROM browser WHERE digest = ? AND account = ?", _digest(browser), name)
        who = f"browser:{_digest(browser).hex()}" if known else f"name:{name}"
        self._hold_back(who, now_us)
        rows = self._rows("SELECT name, role, hash FROM account WHERE name = ?", name)
        if not self._matches(str(rows[0][2]) if rows else self._nobody, password) or not rows:
            self._count_failure(who, now_us)
            raise Refused(WRONG, remedy="try again, or ask for a new enrolment link")
        return self._admit(str(rows[0][0]), str(rows[0][1]), browser if known else "", who, now_us)

    def session(self, token: str, now_us: int) -> Session | None:
        """The session of a token, or None when there is none or it has ended."""
        if not token:
            return None
        rows = self._rows(
            "SELECT s.account, a.role, s.csrf, s.opened_us, s.expires_us FROM session s JOIN account a"
            " ON a.name = s.account WHERE s.digest = ? AND s.expires_us > ?",
            _digest(token),
            now_us,
        )
        return Session(*rows[0]) if rows else None

    def close(self, token: str) -> Session | None:
        """End a session and return what it was; None when there was none."""
        found = self.session(token, 0)
        self._rows("DELETE FROM session WHERE digest = ?", _digest(token))
        return found

    def shut(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()

    def _matches(self, hashed: str, password: str) -> bool:
        if len(password) > self._config.password_length_max:
            return False
        with self._hashing:
            try:
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False

    def _hold_back(self, who: str, now_us: int) -> None:
        rows = self._rows("SELECT count, last_us FROM failure WHERE who = ?", who)
        over = rows[0][0] - self._config.tries_free if rows else -1
        if over < 0:
            return
        wait_us = min(2**over, self._config.wait_max_s) * SECOND_US
        left_us = min(rows[0][1] + wait_us - now_us, wait_us)
        if left_us > 0:
            raise Unavailable(
                f"too many wrong tries; the next one counts in {-(-left_us // SECOND_US)} s",
                remedy="wait, or use the browser you were last logged in with",
            )

    def _count_failure(self, who: str, now_us: int) -> None:
        self._rows(
            "INSERT INTO failure VALUES (?, 1, ?) ON CONFLICT (who) DO UPDATE SET count = count + 1, last_us = ?",
            who,
            now_us,
            now_us,
        )
        self._rows(
            "DELETE FROM failure WHERE who IN (SELECT who FROM failure ORDER BY last_us DESC LIMIT -1 OFFSET ?)",
            self._config.failures_max,
        )

    def _admit(self, name: str, role: str, browser: str, who: str, now_us: int) -> Opened:
        token, csrf = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
        mark = browser or secrets.token_urlsafe(TOKEN_BYTES)
        expires_us = now_us + self._config.session_s * SECOND_US
        self._rows("DELETE FROM failure WHERE who = ?", who)
        self._rows("DELETE FROM session WHERE expires_us <= ?", now_us)
        self._rows("INSERT INTO session VALUES (?, ?, ?, ?, ?)", _digest(token), name, csrf, now_us, expires_us)
        self._rows("INSERT OR REPLACE INTO browser VALUES (?, ?, ?)", _digest(mark), name, now_us)
        self._rows(
            "DELETE FROM browser WHERE account = ? AND digest IN"
            " (SELECT digest FROM browser WHERE account = ? ORDER BY seen_us DESC LIMIT -1 OFFSET ?)",
            name,
            name,
            self._config.browsers_max,
        )
        return Opened(Session(name, role, csrf, now_us, expires_us), token, mark)

    def _rows(self, sql: str, *args: object) -> list[Any]:
        try:
            with self._lock:
                return self._db.execute(sql, args).fetchall()
        except sqlite3.Error as exc:
            raise Unavailable(f"the vault of accounts does not answer: {exc}", remedy="check the disk") from exc
