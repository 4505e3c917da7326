"""Sessions: one log-in of one browser. It ends after `idle_s` without use, after `session_s` at the latest, and at once
when its account closes, changes its role or is logged out everywhere.
"""

from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.adapters.vaults.accounts.secret import digest, draw
from ironkeep.adapters.vaults.accounts.tables import Rows
from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import Account, Opened, Seat, Session, Shared

FIND = (
    "SELECT s.account, a.role, s.csrf, s.opened_us, s.expires_us,"
    " EXISTS (SELECT 1 FROM factor f WHERE f.account = s.account), s.seen_us FROM session s JOIN account a"
    " ON a.name = s.account WHERE a.closed_us = 0 AND (a.until_us = 0 OR a.until_us > ?)"
    " AND s.digest = ? AND s.expires_us > ?"
    " AND (s.seen_us = 0 OR s.seen_us > ?)"  # 0: a session of an earlier version, not yet seen by this one
)
MARK_LENGTH = 16  # hexadecimal digits of the digest by which its owner names a session


class Sessions:
    """The sessions of a vault; a token is known by its digest alone."""

    def __init__(self, rows: Rows, config: Config) -> None:
        self._rows, self._config = rows, config

    def admit(self, account: Account, browser: str, now_us: int, origin: str) -> Opened:
        """Open a session. `browser` is the mark of a known browser, empty for a new one."""
        name, role = account.name, account.role
        config = self._config
        token, csrf, mark = draw(), draw(), browser or draw()
        expires_us = now_us + config.session_s * SECOND_US
        expires_us = min(expires_us, account.until_us or expires_us)
        with self._rows.together():
            shared = self._shared(name, digest(mark), origin, now_us)
            self._rows(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                *(digest(token), name, csrf, now_us, expires_us, now_us, digest(mark), origin),
            )
            self._rows("UPDATE account SET seen_us = ? WHERE name = ?", now_us, name)
            self._rows("INSERT OR REPLACE INTO browser VALUES (?, ?, ?)", digest(mark), name, now_us)
            self._keep_newest("browser", name, config.browsers_max)
            self._keep_newest("session", name, config.sessions_max)
        return Opened(Session(name, role, csrf, now_us, expires_us), token, mark, shared)

    def find(self, token: str, now_us: int) -> Session | None:
        """The live session of a token, or None; finding it counts as use."""
        if not token:
            return None
        rows = self._rows(FIND, now_us, digest(token), now_us, now_us - self._config.idle_s * SECOND_US)
        if not rows:
            return None
        account, role, csrf, opened_us, expires_us, second, seen_us = rows[0]
        if now_us - seen_us > self._config.touch_s * SECOND_US:
            self._rows("UPDATE session SET seen_us = ? WHERE digest = ?", now_us, digest(token))
        return Session(account, role, csrf, opened_us, expires_us, second=bool(second))

    def every(self, name: str, token: str, now_us: int) -> tuple[Seat, ...]:
        """The live sessions of an account, the last used first; `token` is the one that asks."""
        rows = self._rows(
            "SELECT digest, opened_us, seen_us, origin FROM session WHERE account = ? COLLATE NOCASE"
            " AND expires_us > ? AND (seen_us = 0 OR seen_us > ?) ORDER BY seen_us DESC, digest",
            *(name, now_us, now_us - self._config.idle_s * SECOND_US),
        )
        own = digest(token)
        return tuple(Seat(d.hex()[:MARK_LENGTH], opened, seen, origin, d == own) for d, opened, seen, origin in rows)

    def end(self, name: str, mark: str) -> bool:
        """End the session of that mark; was there one?"""
        sql = (
            "DELETE FROM session WHERE account = ? COLLATE NOCASE AND lower(hex(substr(digest, 1, 8))) = ? RETURNING 1"
        )
        return bool(self._rows(sql, name, mark))

    def end_others(self, name: str, token: str) -> int:
        """End every session of an account but the one of this token; how many there were."""
        sql = "DELETE FROM session WHERE account = ? COLLATE NOCASE AND digest <> ? RETURNING 1"
        return len(self._rows(sql, name, digest(token)))

    def close(self, token: str) -> Session | None:
        """End a session and return what it was; None when there was none."""
        rows = self._rows(
            "SELECT s.account, a.role, s.csrf, s.opened_us, s.expires_us FROM session s JOIN account a"
            " ON a.name = s.account WHERE s.digest = ?",
            digest(token),
        )
        self._rows("DELETE FROM session WHERE digest = ?", digest(token))
        return Session(*rows[0]) if rows else None

    def end_all(self, name: str) -> int:
        """End every session of an account; how many there were."""
        return len(self._rows("DELETE FROM session WHERE account = ? COLLATE NOCASE RETURNING 1", name))

    def run_out(self, now_us: int) -> tuple[str, ...]:
        """End the sessions whose time is over; the account of each."""
        idle_us = now_us - self._config.idle_s * SECOND_US
        sql = "DELETE FROM session WHERE expires_us <= ? OR seen_us BETWEEN 1 AND ? RETURNING account"
        return tuple(row[0] for row in self._rows(sql, now_us, idle_us))

    def _shared(self, name: str, mark: bytes, origin: str, now_us: int) -> Shared | None:
        """Other browsers in which this account was used within the last minutes."""
        since_us = now_us - self._config.shared_within_s * SECOND_US
        rows = self._rows(
            "SELECT DISTINCT browser, origin FROM session"
            " WHERE account = ? AND browser NOT IN (?, x'') AND seen_us > ?",
            *(name, mark, since_us),
        )
        if not rows:
            return None
        origins = tuple(sorted({origin, *(row[1] for row in rows)}))
        return Shared(len({row[0] for row in rows}) + 1, origins, self._config.shared_within_s)

    def _keep_newest(self, table: str, name: str, count: int) -> None:
        self._rows(
            f"DELETE FROM {table} WHERE account = ? AND digest IN"  # noqa: S608 - a name of our own
            f" (SELECT digest FROM {table} WHERE account = ? ORDER BY seen_us DESC LIMIT -1 OFFSET ?)",
            *(name, name, count),
        )
