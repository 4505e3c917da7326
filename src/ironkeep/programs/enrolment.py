"""The way in for the first account of a site."""

from pathlib import Path

from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.model.access import Role
from ironkeep.programs import clock


def enrolment_link(vault: Path, address: str) -> str:
    """A fresh one-time link for the first account, empty once somebody has one. Raises Unavailable."""
    found = AccountVault(vault)
    try:
        if found.accounts():
            return ""
        return f"{address}/enrol?token={found.invite(Role.ADMIN, clock.now().at_us)}"
    finally:
        found.shut()
