"""Tokens of programs: `ik_<prefix>_<secret>`. Only the digest is kept; the prefix names it and is no secret. The day of
its last use is kept, no more. It counts while the account that answers for it lets its person in.
"""

import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.adapters.vaults.accounts.secret import digest, draw, draw_prefix
from ironkeep.adapters.vaults.accounts.tables import Rows
from ironkeep.model.access import Role
from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import Session, Token

DAY_US = 86_400 * SECOND_US
MARK = "ik"
LENGTH_MAX = 200  # characters of a text that is looked at as a token


class Tokens:
    """The tokens of a vault."""

    def __init__(self, rows: Rows, config: Config) -> None:
        self._rows, self._config = rows, config

    def draw(self) -> tuple[str, str]:
        """A fresh token, kept nowhere yet: its prefix and the whole text."""
        prefix = draw_prefix()
        return prefix, f"{MARK}_{prefix}_{draw()}"

    def keep(self, token: Token, text: str) -> None:
        """Let a drawn token count."""
        scopes = msgspec.json.encode(token.scopes).decode()
        with self._rows.together():
            self._rows(
                "INSERT OR IGNORE INTO token VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
                *(token.prefix, digest(text), token.service, token.owner, scopes, token.created_us, token.expires_us),
            )
            self._rows(
                "DELETE FROM token WHERE prefix IN"
                " (SELECT prefix FROM token ORDER BY expires_us DESC, prefix LIMIT -1 OFFSET ?)",
                self._config.tokens_max,
            )

    def every(self) -> tuple[Token, ...]:
        """Every token, newest first."""
        rows = self._rows(
            "SELECT prefix, service, owner, scopes, created_us, expires_us, used_us, revoked_us FROM token"
            " ORDER BY created_us DESC, prefix"
        )
        return tuple(_token(row) for row in rows)

    def revoke(self, prefix: str, now_us: int) -> None:
        """Let it count for nothing."""
        self._rows("UPDATE token SET revoked_us = ? WHERE prefix = ? AND revoked_us = 0", now_us, prefix)

    def bearer(self, text: str, now_us: int) -> Session | None:
        """The program that a token stands for, or None."""
        mark, _, rest = text.partition("_")
        prefix, _, _ = rest.partition("_")
        if mark != MARK or not prefix or len(text) > LENGTH_MAX:
            return None
        rows = self._rows(
            "SELECT digest, service, scopes, created_us, expires_us, used_us FROM token"
            " WHERE prefix = ? AND revoked_us = 0 AND expires_us > ?"
            " AND EXISTS (SELECT 1 FROM account"
            " WHERE name = owner AND closed_us = 0 AND (until_us = 0 OR until_us > ?))",
            *(prefix, now_us, now_us),
        )
        if not rows or not hmac.compare_digest(rows[0][0], digest(text)):
            return None
        _, service, scopes, created_us, expires_us, used_us = rows[0]
        if used_us // DAY_US != now_us // DAY_US:
            self._rows("UPDATE token SET used_us = ? WHERE prefix = ?", now_us // DAY_US * DAY_US, prefix)
        acts = msgspec.json.decode(scopes, type=tuple[str, ...])
        return Session(service, Role.SERVICE, "", created_us, expires_us, acts)


def _token(row: Sequence[Any]) -> Token:
    prefix, service, owner, scopes, *times = row
    return Token(prefix, service, owner, msgspec.json.decode(scopes, type=tuple[str, ...]), *times)
