"""Accounts: who is named here, in which role, since when; one's own; and what waits for a second person."""

from typing import Any

import msgspec

from ironkeep.faces.console.pages import tokens
from ironkeep.faces.console.sources import Sources
from ironkeep.facts.access import ConfirmationAsked
from ironkeep.model.access import ROLES, Role, Waiting
from ironkeep.model.time import rfc3339
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.vault import Session

WAITING_KINDS = ("ConfirmationAsked", "ConfirmationGiven", "ConfirmationDeclined")
LOOKED_BACK_US = 86_400 * 1_000_000  # what was asked before this is void whatever the policy says
SHARED_SHOWN = 20
SOON_US = 14 * 86_400 * 1_000_000  # how long ahead the end of a contract is said


def gather(sources: Sources) -> dict[str, Any]:
    """Every account, and where one account was in use from several browsers at once."""
    shared = sources.facts.find(FactQuery(kinds=("SharedUseSeen",), limit=SHARED_SHOWN, newest_first=True))
    now_us = sources.clock().at_us
    found = sources.vault.accounts(now_us)
    under = [a for a in found if a.until_us and not a.closed_us]
    return {
        "accounts": found,
        "roles": [role for role in ROLES if role != Role.VENDOR],
        "shared": shared,
        "ending": [a for a in under if now_us < a.until_us <= now_us + SOON_US],
        "ended": [a for a in under if a.ended(now_us)],
        "answers": _answers(sources, now_us),
        "today": rfc3339(now_us)[:10],
    }


def _answers(sources: Sources, now_us: int) -> dict[str, list[str]]:
    """The programs for which each account answers, and which end with it."""
    found: dict[str, list[str]] = {}
    for each in sources.vault.tokens():
        if tokens.in_force(each, now_us):
            found.setdefault(each.owner, []).append(each.service)
    return found


def gather_own(sources: Sources, session: Session, token: str) -> dict[str, Any]:
    """One's own account: sessions, second factor, the programs one answers for, and what the role may do. `token` is
    that of the session that looks.
    """
    vault, name, now_us = sources.vault, session.account, sources.clock().at_us
    everybody = vault.accounts()
    return {
        "own": next((a for a in everybody if a.name == name), None),
        "acts": [act for act in sources.access.acts if session.role in act.roles],
        "seats": vault.seats(name, token, now_us),
        "factor": vault.factor(name),
        "needed": session.role in sources.site.access.second_factor,
        "confirms": [act for act in sources.access.acts if session.role in act.confirm],
        "programs": [(each, tokens.state_of(each, everybody, now_us)) for each in vault.tokens() if each.owner == name],
    }


def waiting(sources: Sources) -> list[Waiting]:
    """What waits for a second person now, oldest first, as the facts tell it."""
    now_us = sources.clock().at_us
    found: dict[str, Waiting] = {}
    newest = FactQuery(kinds=WAITING_KINDS, since_us=now_us - LOOKED_BACK_US, newest_first=True)
    for fact in reversed(sources.facts.find(newest)):
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
            "may": sources.access.confirms(session.role, each.request_kind),
            "told": msgspec.json.decode(each.told),
        }
        for each in waiting(sources)
    ]
    return {"rows": rows}
