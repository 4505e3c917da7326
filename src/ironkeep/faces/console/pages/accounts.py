"""Accounts: who is named here, in which role, since when; one's own; and what waits for a second person."""

from typing import Any

import msgspec

from ironkeep.faces.console.pages import tokens
from ironkeep.faces.console.sources import Sources
from ironkeep.facts.access import ConfirmationAsked
from ironkeep.model.access import ROLES, Waiting
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.vault import Session

WAITING_KINDS = ("ConfirmationAsked", "ConfirmationGiven", "ConfirmationDeclined")
LOOKED_BACK_US = 86_400 * 1_000_000  # what was asked before this is void whatever the policy says
SHARED_SHOWN = 20


def gather(sources: Sources) -> dict[str, Any]:
    """Every account, and where one account was in use from several browsers at once."""
    shared = sources.facts.find(FactQuery(kinds=("SharedUseSeen",), limit=SHARED_SHOWN, newest_first=True))
    return {"accounts": sources.vault.accounts(), "roles": ROLES, "shared": shared}


def gather_own(sources: Sources, session: Session, token: str) -> dict[str, Any]:
    """One's own account: sessions, second factor, the programs one answers for, and what the role may do. `token` is
    that of the session that looks.
    """
    vault, name, now_us = sources.vault, session.account, sources.clock().at_us
    return {
        "own": next((a for a in vault.accounts() if a.name == name), None),
        "acts": [act for act in sources.access.acts if session.role in act.roles],
        "seats": vault.seats(name, token, now_us),
        "factor": vault.factor(name),
        "needed": session.role in sources.site.access.second_factor,
        "programs": [(each, tokens.state_of(each, now_us)) for each in vault.tokens() if each.owner == name],
    }


def waiting(sources: Sources) -> list[Waiting]:
    """What waits for a second person now, oldest first, as the facts tell it."""
    now_us = sources.clock().at_us
    found: dict[str, Waiting] = {}
    for fact in sources.facts.find(FactQuery(kinds=WAITING_KINDS, since_us=now_us - LOOKED_BACK_US)):
        body = fact.typed()
        if isinstance(body, ConfirmationAsked):
            told = msgspec.structs.asdict(body)
            found[body.asked] = Waiting(**told, at_us=fact.at)
        else:
            found.pop(fact.body["asked"], None)
    return [each for each in found.values() if each.until_us > now_us]


def gather_waiting(sources: Sources, session: Session) -> dict[str, Any]:
    """What waits, and for each whether this person may confirm or take it back."""
    rows = [
        {
            "waits": each,
            "own": each.by == session.actor,
            "may": sources.access.allows(session.role, each.request_kind),
            "told": msgspec.json.decode(each.told),
        }
        for each in waiting(sources)
    ]
    return {"rows": rows}
