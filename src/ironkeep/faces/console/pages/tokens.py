"""Tokens: which programs may ask what, until when, who answers for them, and when each was last used."""

from typing import Any

from ironkeep.faces.console.sources import Sources
from ironkeep.ports.vault import Token

DAYS_MAX = 365
DAYS_OFFERED = 90


def state_of(token: Token, now_us: int) -> str:
    """In one word: in force, revoked, or run out."""
    if token.revoked_us:
        return "revoked"
    return "in force" if token.expires_us > now_us else "run out"


def gather(sources: Sources) -> dict[str, Any]:
    """Every token with its state, and the scopes that a new one may have."""
    now_us = sources.clock().at_us
    rows = [(token, state_of(token, now_us)) for token in sources.vault.tokens()]
    owners = [a.name for a in sources.vault.accounts() if not a.closed_us]
    return {"rows": rows, "scopes": sources.access.scopes(), "owners": owners, "days": DAYS_OFFERED}
