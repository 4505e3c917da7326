"""What people may do with the register: take an import whole, take one back, say that an item of the checklist was
done. Each by name, on the record; who may is said by the access room.

An import is taken only when its text lies in the blob store and reads as one; the same file is taken once. Taking one
back removes all that followed from it, and nothing else; the record keeps what it said.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ironkeep.decisions.inventory.memory import Memory
from ironkeep.decisions.inventory.policy import Policy
from ironkeep.decisions.inventory.statements import day
from ironkeep.facts.envelope import Body, Draft
from ironkeep.facts.register import CheckRecorded, ImportTaken, ImportWithdrawn
from ironkeep.model.errors import Refused
from ironkeep.model.ids import derive
from ironkeep.model.register import DutyItem, Import
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US, Now

TEXT_MAX = 500  # characters of a name or a reason


def admit(memory: Memory, request: Request, shelf: Mapping[str, Import], policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The drafts of a person's request. Raises Refused with reason and remedy."""
    if not request.actor or len(request.actor) > TEXT_MAX:
        raise Refused("nobody stands behind this request", where=request.actor[:80], remedy="give your name")
    body: Body
    if request.kind is RequestKind.TAKE_IMPORT:
        body = _taken(memory, request, shelf, policy, now)
    elif request.kind is RequestKind.WITHDRAW_IMPORT:
        body = _withdrawn(memory, request)
    elif request.kind is RequestKind.RECORD_CHECK:
        body = _recorded(request, now)
    else:
        raise Refused(f"the inventory room does not know {request.kind!r}", remedy="take or withdraw an import")
    return (Draft(body, request.actor, cause=request.id),)


def _taken(memory: Memory, request: Request, shelf: Mapping[str, Import], policy: Policy, now: Now) -> ImportTaken:
    held = shelf.get(request.subject)
    if held is None:
        raise Refused(
            "no import lies in the blob store under this digest",
            where=request.subject[:80],
            remedy="put the import there first; `ironkeep import` does both",
        )
    standing = memory.standing.imports
    same = next((each for each in standing.values() if each.file_sha256 == held.sha256), None)
    if same is not None:
        raise Refused(
            f"this file is in the register already, as {same.name}", where=same.taken, remedy="withdraw that one first"
        )
    if len(standing) >= policy.imports_max:
        raise Refused(f"{len(standing)} imports stand, as many as there may be", remedy="withdraw one that is outdated")
    _bounded(len(held.records), policy.records_max, "records")
    _bounded(len(held.talks), policy.talks_max, "conversations")
    return ImportTaken(
        taken=derive("import", now.at_us, request.id, request.subject),
        form=str(held.form),
        name=held.name[:TEXT_MAX],
        digest=request.subject,
        file_sha256=held.sha256,
        records=len(held.records),
        talks=len(held.talks),
    )


def _bounded(count: int, limit: int, what: str) -> None:
    if count > limit:
        raise Refused(
            f"{count} {what}; the limit is {limit}", remedy="split the file, or take the part that concerns this site"
        )


def _withdrawn(memory: Memory, request: Request) -> ImportWithdrawn:
    if request.subject not in memory.standing.imports:
        raise Refused(
            f"no import {request.subject!r} stands",
            where=request.subject[:80],
            remedy="`ironkeep imports` lists those that do",
        )
    return ImportWithdrawn(request.subject, _words(request, "why"))


def _recorded(request: Request, now: Now) -> CheckRecorded:
    if request.subject not in list(DutyItem):
        remedy = f"one of {', '.join(DutyItem)}"
        raise Refused(f"no item {request.subject[:80]!r} is on the checklist", where="item", remedy=remedy)
    told = {name: _words(request, name) for name in ("done_on", "document", "found")}
    done = day(told["done_on"])
    if done is None or done.isoformat() != told["done_on"]:
        raise Refused(f"{told['done_on'][:40]!r} is no date", where="done_on", remedy="as in 2026-11-20")
    if done > datetime.fromtimestamp(now.at_us // SECOND_US, UTC).date() + timedelta(days=1):
        raise Refused("that day is still to come", where="done_on", remedy="record what was done, once it is")
    return CheckRecorded(item=request.subject, by=request.actor, **told)


def _words(request: Request, name: str) -> str:
    text = request.body.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT_MAX:
        what = f"{name.replace('_', ' ')} is missing or too long"
        raise Refused(what, where=name, remedy=f"1 to {TEXT_MAX} characters")
    return text.strip()
