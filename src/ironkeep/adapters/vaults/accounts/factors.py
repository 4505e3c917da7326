"""The second factor of an account: a phone that shows codes, recovery codes on paper, and the half-open log-in between
password and code.

A code counts once: the step of the last one is kept, and only a later one counts, however many are sent at once. A
factor counts from the first code that its phone has shown. Codes that are wrong slow the next, each for longer, to
`code_wait_max_s`; a half-open log-in takes a few tries and then needs the password again.
"""

from ironkeep.adapters.vaults.accounts.codes import draw_recovery, draw_secret, plain, spelled, step_shown
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.adapters.vaults.accounts.guessing import Guessing
from ironkeep.adapters.vaults.accounts.secret import digest, draw
from ironkeep.adapters.vaults.accounts.tables import Rows
from ironkeep.model.errors import Refused
from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import Factor, Used

WRONG = "the code is wrong, was used, or is of another time"
REMEDY = "wait for the next one; does the phone's clock differ? A recovery code does too, once"
AGAIN = "log in by name and password again"
PHONE, PAPER = "phone", "recovery code"


class Factors:
    """The second factors of a vault."""

    def __init__(self, rows: Rows, config: Config) -> None:
        self._rows, self._config = rows, config
        self._guessing = Guessing(rows, config, config.code_wait_max_s)

    def of(self, name: str) -> Factor | None:
        """The factor of an account, without its secret; None where it has none."""
        rows = self._rows("SELECT since_us FROM factor WHERE account = ?", name)
        return Factor(int(rows[0][0]), self._left(name)) if rows else None

    def offer(self, name: str, now_us: int) -> str:
        """A fresh secret, as apps read it, that counts for nothing before its first code."""
        secret = draw_secret()
        until_us = now_us + self._config.offer_s * SECOND_US
        self._rows("INSERT OR REPLACE INTO factor_offered VALUES (?, ?, ?)", name, secret, until_us)
        return spelled(secret)

    def take(self, name: str, code: str, now_us: int) -> tuple[str, ...]:
        """Let the offered factor count from here on, by its first code; the recovery codes, shown this once. Raises
        Refused for a wrong code, or where nothing is offered any more; Unavailable after too many wrong ones.
        """
        self._guessing.hold_back(f"offer:{name}", now_us)
        rows = self._rows("SELECT secret FROM factor_offered WHERE account = ? AND until_us > ?", name, now_us)
        if not rows:
            raise Refused("this code was offered too long ago", where="code", remedy="begin again")
        secret = bytes(rows[0][0])
        step = step_shown(secret, plain(code), now_us, self._config.code_steps_around)
        if step is None:
            self._guessing.count(f"offer:{name}", now_us)
            raise Refused(
                WRONG, where="code", remedy="type the six digits that the phone shows now; is its clock right?"
            )
        recovery = tuple(draw_recovery() for _ in range(self._config.recovery_codes))
        with self._rows.together():
            self.void(name)
            self._rows("INSERT INTO factor VALUES (?, ?, ?, ?)", name, secret, now_us, step)
            for each in recovery:
                self._rows("INSERT INTO recovery VALUES (?, ?)", digest(plain(each)), name)
        return recovery

    def check(self, name: str, code: str, who: str, now_us: int) -> Used:
        """Use a code of the phone or a recovery code. Raises Refused for one that does not count, Unavailable when the
        next try must wait. `who` is counted for wrong ones.
        """
        self._guessing.hold_back(f"code:{who}", now_us)
        said = plain(code)
        how = PHONE if self._by_phone(name, said, now_us) else PAPER if self._by_paper(name, said) else ""
        if not how:
            self._guessing.count(f"code:{who}", now_us)
            raise Refused(WRONG, where="code", remedy=REMEDY)
        self._guessing.forget(f"code:{who}")
        return Used(how, self._left(name))

    def void(self, name: str) -> None:
        """An account has no second factor any more."""
        for table in ("factor", "factor_offered", "recovery", "halfway"):
            self._rows(f"DELETE FROM {table} WHERE account = ?", name)  # noqa: S608 - names of our own

    def begin(self, name: str, now_us: int) -> str:
        """The ticket of a half-open log-in: the password was right, the code is still to come."""
        ticket, until_us = draw(), now_us + self._config.halfway_s * SECOND_US
        with self._rows.together():
            self._rows("DELETE FROM halfway WHERE until_us <= ? OR account = ?", now_us, name)
            self._rows("INSERT INTO halfway VALUES (?, ?, ?, 0)", digest(ticket), name, until_us)
        return ticket

    def whose(self, ticket: str, now_us: int) -> str:
        """Whose half-open log-in it is, tried or not; empty where there is none."""
        rows = self._rows("SELECT account FROM halfway WHERE digest = ? AND until_us > ?", digest(ticket), now_us)
        return str(rows[0][0]) if rows else ""

    def halfway(self, ticket: str, now_us: int) -> str:
        """Whose ticket it is, for one more try. Raises Refused for one that is unknown, old or tried too often."""
        rows = self._rows(
            "UPDATE halfway SET tries = tries + 1 WHERE digest = ? AND until_us > ? AND tries < ? RETURNING account",
            *(digest(ticket), now_us, self._config.halfway_tries),
        )
        if not rows:
            raise Refused("this log-in took too long or too many tries", where="code", remedy=AGAIN)
        return str(rows[0][0])

    def finish(self, ticket: str) -> None:
        """The log-in is whole: its ticket is spent."""
        self._rows("DELETE FROM halfway WHERE digest = ?", digest(ticket))

    def _by_phone(self, name: str, code: str, now_us: int) -> bool:
        rows = self._rows("SELECT secret FROM factor WHERE account = ?", name)
        step = step_shown(bytes(rows[0][0]), code, now_us, self._config.code_steps_around) if rows else None
        if step is None:
            return False
        return bool(
            self._rows("UPDATE factor SET step = ? WHERE account = ? AND step < ? RETURNING 1", step, name, step)
        )

    def _by_paper(self, name: str, code: str) -> bool:
        return bool(self._rows("DELETE FROM recovery WHERE digest = ? AND account = ? RETURNING 1", digest(code), name))

    def _left(self, name: str) -> int:
        return int(self._rows("SELECT count(*) FROM recovery WHERE account = ?", name)[0][0])
