"""Tokens: which programs may ask what, until when, who answers for them, and when each was last used."""

from collections.abc import Sequence
from typing import Any

from ironkeep.faces.console.sources import Sources
from ironkeep.ports.vault import Account, Token

DAYS_MAX = 365
DAYS_OFFERED = 90


def in_force(token: Token, now_us: int) -> bool:
    """Is it neither revoked nor past its time?"""
    return not token.revoked_us and token.expires_us > now_us


def state_of(token: Token, accounts: Sequence[Account], now_us: int) -> str:
    """In a few words: in force, revoked, run out, or that nobody answers for it any more."""
    if token.revoked_us:
        return "revoked"
    if not in_force(token, now_us):
        return "run out"
    answered = any(account.name == token.owner and account.open(now_us) for account in accounts)
    return "in force" if answered else f"without effect: {token.owner} is no open account"


def gather(sources: Sources) -> dict[str, Any]:
    """Every token with its state, and the scopes that a new one may have."""
    now_us = sources.clock().at_us
    accounts = sources.vault.accounts()
    rows = [(token, state_of(token, accounts, now_us)) for token in sources.vault.tokens()]
    owners = [a.name for a in accounts if a.open(now_us)]
    ends = {a.name: a.until_us for a in accounts}
    return {"rows": rows, "ends": ends, "scopes": sources.access.scopes(), "owners": owners, "days": DAYS_OFFERED}
