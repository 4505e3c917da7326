"""Accounts, sessions, one-time links and tokens in one SQLite file.

Passwords are kept as argon2id hashes, tokens as SHA-256 of 32 drawn bytes, the secret of a second factor as it is: it
has to be read to compare a code. What is changed here and was not decided at
the desk (a reset on the machine) is owed to the record in the same step.
"""

import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.adapters.vaults.accounts.factors import Factors
from ironkeep.adapters.vaults.accounts.guessing import Guessing
from ironkeep.adapters.vaults.accounts.secret import Passwords, digest, draw
from ironkeep.adapters.vaults.accounts.sessions import Sessions
from ironkeep.adapters.vaults.accounts.tables import Rows
from ironkeep.adapters.vaults.accounts.tokens import Tokens
from ironkeep.adapters.vaults.accounts.weak import is_weak
from ironkeep.model.access import NO_CONTRACT, ROLES, Contract, Role
from ironkeep.model.errors import Conflict, Refused
from ironkeep.model.time import SECOND_US, rfc3339
from ironkeep.ports.vault import Account, Halfway, Invitation, Opened, Owed, Used

NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
WRONG = "the name or the password is wrong"
START = "start"
DENIALS = ("SessionDenied", "DenialsFolded")


class AccountVault:
    """The vault at `path`. Methods block (a hash takes about 0.1 s): call them away from an event loop."""

    def __init__(self, path: Path, config: Config | None = None) -> None:
        self._config = config or Config()
        self._rows = Rows(path)
        self._passwords = Passwords(self._config)
        self._guessing = Guessing(self._rows, self._config, self._config.wait_max_s)
        self._factors = Factors(self._rows, self._config)
        self._sessions = Sessions(self._rows, self._config)
        self._tokens = Tokens(self._rows, self._config)
        self.session, self.close, self.end_sessions = self._sessions.find, self._sessions.close, self._sessions.end_all
        self.run_out = self._sessions.run_out
        self.seats, self.end_seat = self._sessions.every, self._sessions.end
        self.factor, self.offer_factor, self.halfway = self._factors.of, self._factors.offer, self._factors.whose
        self.draw_token, self.keep_token, self.tokens = self._tokens.draw, self._tokens.keep, self._tokens.every
        self.revoke_token, self.bearer = self._tokens.revoke, self._tokens.bearer

    # ------------------------------------------------------------------------------------------------------ accounts

    def accounts(self, now_us: int = 0) -> tuple[Account, ...]:
        """Every account, closed ones too, oldest first, with the sessions that are open then: idle ones are not."""
        rows = self._rows(
            "SELECT name, role, created_us, seen_us, closed_us,"
            " (SELECT count(*) FROM session s WHERE s.account = account.name AND s.expires_us > ?"
            " AND (s.seen_us = 0 OR s.seen_us > ?)), employer, until_us"
            " FROM account ORDER BY created_us, name",
            *(now_us, now_us - self._config.idle_s * SECOND_US),
        )
        return tuple(Account(*row) for row in rows)

    def invite(self, role: str, now_us: int, by: str = START, contract: Contract = NO_CONTRACT) -> str:
        """A new one-time token. Raises Refused for an unknown role, a vendor without a contract, or when too many are
        unused.
        """
        _require_role(role)
        if (role == Role.VENDOR) is not bool(contract.employer and contract.until_us > now_us):
            what = "a vendor's person, and nobody else, has an employer and a contract that ends"
            raise Refused(what, where="role", remedy="name both for a vendor, none for another role")
        with self._rows.together():
            self._rows("DELETE FROM invitation WHERE expires_us <= ?", now_us)
            if by == START:
                self._rows("DELETE FROM invitation WHERE by_whom = ? AND account = ''", START)
            return self._link(role, "", by, now_us, contract)

    def reset(self, name: str, by: str, now_us: int) -> str:
        """Make password and second factor void and return a token for a new password; the record is told. Raises
        Refused.
        """
        account = self._open_account(name)
        with self._rows.together():
            self._rows("UPDATE account SET hash = '' WHERE name = ?", account.name)
            self._rows("DELETE FROM invitation WHERE account = ?", account.name)
            self._factors.void(account.name)
            self.end_sessions(account.name)
            self.owe("AccountReset", account.name, {"account": account.name, "by": by})
            return self._link(account.role, account.name, by, now_us)

    def invited(self, token: str, now_us: int) -> Invitation | None:
        """What an unused, unexpired token stands for, else None."""
        rows = self._rows(
            "SELECT role, account, employer, until_us FROM invitation WHERE digest = ? AND expires_us > ?",
            *(digest(token), now_us),
        )
        return Invitation(*rows[0]) if rows else None

    def enrol(self, token: str, name: str, password: str, now_us: int) -> Account:
        """Spend the token on an account. Raises Refused for a bad token, name or password; Conflict: name taken."""
        name = name.strip().lower()
        self._require_fit(name, password)
        found = self.invited(token, now_us)
        if found is None:
            raise Refused("this link was used or has run out", where="link", remedy="ask for a new one")
        if found.account and found.account != name:
            raise Refused("this link is for another account", where="name", remedy="write the name it was made for")
        hashed = self._passwords.hash(password)
        with self._rows.together():
            spent = self._rows(
                "DELETE FROM invitation WHERE digest = ? AND expires_us > ?"
                " RETURNING role, account, employer, until_us",
                *(digest(token), now_us),
            )
            if not spent:
                raise Refused("this link was used or has run out", where="link", remedy="ask for a new one")
            role, account, employer, until_us = spent[0]
            if account:
                self._rows("UPDATE account SET hash = ? WHERE name = ? AND closed_us = 0", hashed, account)
                return self._open_account(account)
            try:
                told = (name, role, hashed, now_us, employer, until_us)
                self._rows("INSERT INTO account VALUES (?, ?, ?, ?, 0, 0, ?, ?)", *told)
            except sqlite3.IntegrityError as exc:
                raise Conflict(f"the name {name!r} is taken", where="name", remedy="choose another") from exc
        return Account(name, role, now_us, employer=employer, until_us=until_us)

    def change_role(self, name: str, role: str) -> None:
        """Give an account another role and end its sessions; nothing happens where it has that role."""
        _require_role(role)
        with self._rows.together():
            if self._rows("UPDATE account SET role = ? WHERE name = ? AND role <> ? RETURNING 1", role, name, role):
                self.end_sessions(name)
                self._rows("UPDATE invitation SET role = ? WHERE account = ?", role, name)

    def prolong(self, name: str, until_us: int) -> None:
        """Let a contract end later than it does; nothing happens where there is none, or it ends later already."""
        sql = "UPDATE account SET until_us = ? WHERE name = ? AND until_us BETWEEN 1 AND ?"
        self._rows(sql, until_us, name, until_us - 1)

    def close_account(self, name: str, now_us: int) -> None:
        """Close an account: its password and sessions end, its name stays taken."""
        with self._rows.together():
            self._rows("UPDATE account SET closed_us = ?, hash = '' WHERE name = ? AND closed_us = 0", now_us, name)
            self._rows("DELETE FROM invitation WHERE account = ?", name)
            self._rows("DELETE FROM browser WHERE account = ?", name)
            self._factors.void(name)
            self.end_sessions(name)

    # ------------------------------------------------------------------------------------------------------ sessions

    def open(self, name: str, password: str, browser: str, now_us: int, origin: str = "") -> Opened | Halfway:
        """Log a person in, halfway where the account has a second factor. Raises Refused for a wrong name or password,
        and in other words where both are right and the contract has ended; Unavailable when the next try must wait.
        """
        name = name.strip().lower()[: self._config.password_length_max]
        known, who = self._who(name, browser)
        self._guessing.hold_back(who, now_us)
        rows = self._rows("SELECT hash FROM account WHERE name = ? AND closed_us = 0", name)
        if not self._passwords.matches(str(rows[0][0]) if rows else "", password):
            self._guessing.count(who, now_us)
            raise Refused(WRONG, remedy="try again, or have it reset on the machine where Ironkeep runs")
        self._guessing.forget(who)
        account = self._open_account(name)
        _require_contract(account, now_us)
        if self.factor(name) is not None:
            return Halfway(name, self._factors.begin(name, now_us))
        return self._sessions.admit(account, browser if known else "", now_us, origin)

    def known_browser(self, mark: str, now_us: int) -> bool:
        """Was somebody, whose account still lets them in, logged in with the browser of this mark?"""
        sql = (
            "SELECT 1 FROM browser b JOIN account a ON a.name = b.account WHERE b.digest = ?"
            " AND a.closed_us = 0 AND (a.until_us = 0 OR a.until_us > ?)"
        )
        return bool(mark and self._rows(sql, digest(mark), now_us))

    def second(self, ticket: str, code: str, browser: str, now_us: int, origin: str = "") -> tuple[Opened, Used]:
        """Finish a half-open log-in by a code. Raises Refused for a code that does not count or a ticket that does not
        any more, Unavailable when the next try must wait.
        """
        account = self._open_account(self._factors.halfway(ticket, now_us))
        _require_contract(account, now_us)
        known, who = self._who(account.name, browser)
        used = self._factors.check(account.name, code, who, now_us)
        self._factors.finish(ticket)
        opened = self._sessions.admit(account, browser if known else "", now_us, origin)
        return msgspec.structs.replace(opened, session=msgspec.structs.replace(opened.session, second=True)), used

    def change_password(self, name: str, present: str, fresh: str, token: str, now_us: int) -> int:
        """Give an account its owner's new password; every session but that of `token` ends: how many. Raises Refused
        for a wrong present or an unfit new one, Unavailable when the next try must wait.
        """
        self.require_password(name, present, now_us)
        self._require_fit(name, fresh)
        if present == fresh:
            raise Refused("this is the password that you have", where="password", remedy="choose another")
        hashed = self._passwords.hash(fresh)
        with self._rows.together():
            self._rows("UPDATE account SET hash = ? WHERE name = ? AND closed_us = 0", hashed, name)
            self._rows("DELETE FROM halfway WHERE account = ?", name)
            return self._sessions.end_others(name, token)

    def take_factor(self, name: str, code: str, token: str, now_us: int) -> tuple[str, ...]:
        """Let the offered factor count by its first code; the recovery codes, shown once. Every session but that of
        `token` ends. Raises as the factors do.
        """
        recovery = self._factors.take(name, code, now_us)
        self._sessions.end_others(name, token)
        return recovery

    def require_password(self, name: str, password: str, now_us: int) -> None:
        """Return where it is the account's password. Raises Refused, or Unavailable when the next try must wait."""
        who = f"own:{name}"
        self._guessing.hold_back(who, now_us)
        rows = self._rows("SELECT hash FROM account WHERE name = ? AND closed_us = 0", name)
        if not self._passwords.matches(str(rows[0][0]) if rows else "", password):
            self._guessing.count(who, now_us)
            raise Refused("this is not your present password", where="present", remedy="try again")
        self._guessing.forget(who)

    def require_code(self, name: str, code: str, now_us: int) -> None:
        """Return where the account has no second factor, or this is a code of it. Raises as the factors do."""
        if self.factor(name) is not None:
            self._factors.check(name, code, f"own:{name}", now_us)

    # ---------------------------------------------------------------------------------------------------- the record

    def owe(self, kind: str, account: str, fields: Mapping[str, Any]) -> None:
        """Keep a fact of access until the record has it; denials only while there is room."""
        if kind in DENIALS and self._rows("SELECT count(*) FROM owed")[0][0] >= self._config.owed_max:
            return
        told = msgspec.json.encode(dict(fields), order="sorted").decode()
        self._rows("INSERT INTO owed (key, kind, account, fields) VALUES (?, ?, ?, ?)", draw(), kind, account, told)

    def owed(self, limit: int = 100) -> tuple[Owed, ...]:
        """What the record does not have yet, oldest first."""
        rows = self._rows("SELECT id, key, kind, account, fields FROM owed ORDER BY id LIMIT ?", limit)
        return tuple(Owed(i, key, kind, account, msgspec.json.decode(told)) for i, key, kind, account, told in rows)

    def paid(self, owed: Owed) -> None:
        """The record has it."""
        self._rows("DELETE FROM owed WHERE id = ?", owed.id)

    def applied(self) -> int:
        """The seq after the newest fact that was carried out here."""
        rows = self._rows("SELECT value FROM mark WHERE name = 'applied'")
        return int(rows[0][0]) if rows else 0

    def set_applied(self, seq: int) -> None:
        """Every fact before this seq has been carried out here."""
        self._rows("INSERT OR REPLACE INTO mark VALUES ('applied', ?)", seq)

    def shut(self) -> None:
        """Release the file."""
        self._rows.shut()

    def _link(self, role: str, account: str, by: str, now_us: int, contract: Contract = NO_CONTRACT) -> str:
        if self._rows("SELECT count(*) FROM invitation")[0][0] >= self._config.invitations_max:
            raise Refused("too many links are unused", remedy="wait until some run out")
        fresh = draw()
        expires_us = now_us + self._config.invitation_s * SECOND_US
        expires_us = min(expires_us, contract.until_us or expires_us)
        told = (digest(fresh), role, expires_us, account, by, contract.employer, contract.until_us)
        self._rows("INSERT INTO invitation VALUES (?, ?, ?, ?, ?, ?, ?)", *told)
        return fresh

    def _open_account(self, name: str) -> Account:
        name = name.strip().lower()
        found = next((a for a in self.accounts() if a.name == name and not a.closed_us), None)
        if found is None:
            raise Refused(f"no open account {name!r}", where="name", remedy="see `ironkeep account list`")
        return found

    def _require_fit(self, name: str, password: str) -> None:
        if not NAME.fullmatch(name):
            raise Refused(
                f"{name!r} will not do as a name", where="name", remedy="2 to 32 small letters, digits, dot or dash"
            )
        low, high = self._config.password_length_min, self._config.password_length_max
        if not low <= len(password) <= high:
            raise Refused(f"a password has {low} to {high} characters", where="password", remedy="a few words do well")
        if name in password.lower():
            raise Refused("the password holds the name", where="password", remedy="choose other words")
        if is_weak(password, name):
            what = (
                "others would try this password early: little is left of it without well-known words and rows of keys"
            )
            raise Refused(what, where="password", remedy="four words that do not belong together do well")

    def _who(self, name: str, browser: str) -> tuple[bool, str]:
        """Is the browser known for this account, and under whom wrong tries are counted."""
        known = bool(self._rows("SELECT 1 FROM browser WHERE digest = ? AND account = ?", digest(browser), name))
        return known, f"browser:{digest(browser).hex()}" if known else f"name:{name}"


def _require_contract(account: Account, now_us: int) -> None:
    if account.ended(now_us):
        day = rfc3339(account.until_us - 1)[:10]
        raise Refused(
            f"the contract of {account.name} ended after {day}", remedy="an admin of this site can prolong it"
        )


def _require_role(role: str) -> None:
    if role not in ROLES:
        raise Refused(f"no role {role!r}", where="role", remedy=f"one of {', '.join(ROLES)}")
