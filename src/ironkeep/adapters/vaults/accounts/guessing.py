"""Guessing is slowed, never locked. Failures of a browser that was in before are counted apart from those of all
unknown ones together, so that a stranger slows strangers; a wait is never longer than `wait_max_s`.
"""

from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.adapters.vaults.accounts.tables import Rows
from ironkeep.model.errors import Unavailable
from ironkeep.model.time import SECOND_US


class Guessing:
    """Counts wrong passwords by who tried: a known browser, or everybody unknown under one name."""

    def __init__(self, rows: Rows, config: Config, wait_max_s: int) -> None:
        self._rows, self._config, self._wait_max_s = rows, config, wait_max_s

    def hold_back(self, who: str, now_us: int) -> None:
        """Return when a try may be made now. Raises Unavailable saying how long to wait."""
        rows = self._rows("SELECT count, last_us FROM failure WHERE who = ?", who)
        over = rows[0][0] - self._config.tries_free if rows else -1
        if over < 0:
            return
        wait_us = min(2 ** min(over, 30), self._wait_max_s) * SECOND_US
        left_us = min(rows[0][1] + wait_us - now_us, wait_us)
        if left_us > 0:
            left_s = -(-left_us // SECOND_US)
            what = f"too many wrong tries; the next one counts in {left_s} s"
            remedy = "wait, or use the browser you were last logged in with"
            raise Unavailable(what, remedy=remedy, again_s=left_s)

    def count(self, who: str, now_us: int) -> None:
        """One more wrong try."""
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

    def forget(self, who: str) -> None:
        """A right one: the count starts anew."""
        self._rows("DELETE FROM failure WHERE who = ?", who)
