"""The desk: people's requests, committed in groups within 50 ms, each answered once its facts are durable.

A request does not wait for the turn. The access room says whether the asker may, by the role that the record knows and
never by what the request claims; then the room it is for admits or refuses it. All of it becomes facts. A request id
that was answered before gets the same answer again, also after a restart.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from typing import NamedTuple

import msgspec

from ironkeep.decisions import access as access_room
from ironkeep.engine.health import Newest
from ironkeep.engine.scribe import Scribe
from ironkeep.engine.shelf import Shelf
from ironkeep.engine.turn import Imports, Rooms
from ironkeep.facts import access, export
from ironkeep.facts.envelope import Body, Draft, Fact
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.ids import RequestId
from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.request import Outcome, Request, RequestKind
from ironkeep.model.time import Now, rfc3339

GROUP_WINDOW_S = 0.02  # how long the first request of a group waits for company
GROUP_MAX = 256  # requests in one commit
QUEUE_MAX = 4096  # requests waiting; beyond it the asker is told to try again
OUTCOMES_MAX = 10_000  # answers remembered for repeated request ids
TEXT_MAX = 4_000  # characters of a request's reason that enter a fact

Waiting = tuple[Request, asyncio.Future[Outcome]]

ACCESS_FACTS: dict[str, type[Body]] = {
    kind.__name__: kind
    for kind in (
        access.AccountEnrolled,
        access.AccountInvited,
        access.ContractProlonged,
        access.RoleChanged,
        access.AccountReset,
        access.AccountClosed,
        access.PasswordChanged,
        access.SecondFactorEnrolled,
        access.SecondFactorUsed,
        access.SessionOpened,
        access.SessionClosed,
        access.SessionsEnded,
        access.SharedUseSeen,
        access.SessionDenied,
        access.DenialsFolded,
        access.TokenCreated,
        access.TokenRevoked,
        access.EvidenceExported,
        export.ExportInterrupted,
        export.ExportResumed,
    )
}
"""What the console and the command line may have recorded about access; anything else is refused."""

OWN_KINDS = frozenset(
    {
        RequestKind.INVITE_ACCOUNT,
        RequestKind.CHANGE_ROLE,
        RequestKind.CLOSE_ACCOUNT,
        RequestKind.PROLONG_CONTRACT,
        RequestKind.TOKEN_CREATE,
        RequestKind.TOKEN_REVOKE,
    }
)
"""Requests that the access room itself admits."""


class EngineDesk:
    """The Desk port, inside the engine."""

    def __init__(self, rooms: Rooms, scribe: Scribe, newest: Newest, clock: Callable[[], Now], shelf: Shelf) -> None:
        self._rooms = rooms
        self._scribe = scribe
        self._newest = newest
        self._clock = clock
        self._shelf = shelf
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(QUEUE_MAX)
        self._answered: OrderedDict[RequestId, Outcome] = OrderedDict()

    def recall(self, facts: Iterable[Fact]) -> None:
        """Remember the answers that facts of earlier runs gave, so that a repeated request id is not carried out
        twice.
        """
        for fact in facts:
            if not (fact.cause or "").startswith("request_"):
                continue
            request = RequestId(fact.cause or "")
            if fact.kind == "RequestRefused":
                self._remember(
                    Outcome(request, accepted=False, reason=str(fact.body.get("reason", "")), seqs=(fact.seq,))
                )
            else:
                before = self._answered.get(request)
                seqs = (*before.seqs, fact.seq) if before else (fact.seq,)
                self._remember(Outcome(request, accepted=True, seqs=seqs))

    async def ask(self, request: Request) -> Outcome:
        """The outcome, once durable. Raises Unavailable when too many wait or the spine cannot be written, and Refused
        for what no fact can hold.
        """
        if (known := self._answered.get(request.id)) is not None:
            return known
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((request, answer))
        except asyncio.QueueFull:
            raise Unavailable("too many requests wait at the desk", remedy="try again in a second") from None
        return await answer

    async def run(self) -> None:
        """Serve requests in groups until cancelled."""
        while True:
            group = [await self._queue.get()]
            await asyncio.sleep(GROUP_WINDOW_S)
            while len(group) < GROUP_MAX and not self._queue.empty():
                group.append(self._queue.get_nowait())
            while group:
                group = await self._serve(group)

    async def _serve(self, group: list[Waiting]) -> list[Waiting]:
        """Commit what can be decided on today's memory; requests about a subject already in the group come back."""
        named = [request.subject for request, _ in group if request.kind is RequestKind.TAKE_IMPORT]
        imports = await self._shelf.fetch(named)
        now = self._clock()
        lanes: set[str] = set()
        later: list[Waiting] = []
        drafts: list[Draft] = []
        plan: list[tuple[Request, asyncio.Future[Outcome], int, _Admitted]] = []
        for request, answer in group:
            if (known := self._answered.get(request.id)) is not None:
                _settle(answer, known)
                continue
            lane = self._lane(request)
            if lane in lanes or any(request.id == r.id for r, *_ in plan):
                later.append((request, answer))
                continue
            lanes.add(lane)
            admitted = self._admit(request, now, imports)
            plan.append((request, answer, len(drafts), admitted))
            drafts.extend(admitted.drafts)
        try:
            facts = await self._scribe.commit(drafts, now)
        except (Unavailable, Refused) as exc:
            if isinstance(exc, Refused) and len(plan) > 1:  # one of them says what no fact can hold: each by itself
                for request, answer, *_rest in plan:
                    later += await self._serve([(request, answer)])
                return later
            for _, answer, *_rest in plan:
                if not answer.done():
                    answer.set_exception(exc)
            return later
        for request, answer, first, said in plan:
            seqs = tuple(fact.seq for fact in facts[first : first + len(said.drafts)])
            outcome = Outcome(request.id, said.accepted, said.reason, said.remedy, seqs)
            self._remember(outcome)
            _settle(answer, outcome)
        return later

    def _admit(self, request: Request, now: Now, imports: Imports) -> "_Admitted":
        """Drafts, and the reason and remedy of a refusal (then the draft is RequestRefused)."""
        try:
            drafts = self._ruled(request, now, imports)
        except Refused as exc:
            reason = exc.what[:TEXT_MAX]
            refused = access.RequestRefused(
                request=request.id, request_kind=request.kind, by=request.actor, subject=request.subject, reason=reason
            )
            return _Admitted((Draft(refused, request.actor, request.id),), False, reason, exc.remedy)
        made = tuple(msgspec.structs.replace(draft, cause=request.id) for draft in drafts)
        waits = next((draft.body for draft in made if isinstance(draft.body, access.ConfirmationAsked)), None)
        if waits is None:
            return _Admitted(made)
        reason = f"waits until {rfc3339(waits.until_us, digits=0)} for another named person to confirm it"
        return _Admitted(made, True, reason, "it is void after that")

    def _lane(self, request: Request) -> str:
        """What the request is about, through what it confirms. Requests in one lane are decided one after the other;
        all about people and programs share one, so that two admins cannot close each other at once.
        """
        asked = self._rooms.access.standing.waiting.get(request.subject)
        kind, subject = (asked.request_kind, asked.subject) if asked else (str(request.kind), request.subject)
        return "people and programs" if kind in OWN_KINDS else subject

    def _ruled(self, request: Request, now: Now, imports: Imports) -> tuple[Draft, ...]:
        """The drafts of a request by the access room's ruling and its own room. Raises Refused by either."""
        memory, policy = self._rooms.access, self._rooms.policies.access
        ruling = access_room.decide(memory, request, policy, now)
        if ruling.verdict is access_room.Verdict.SETTLED:
            return ruling.drafts
        asked = ruling.request
        if asked.kind is RequestKind.RECORD_ACCESS:
            carried: tuple[Draft, ...] = (Draft(_access_fact(asked), actor=asked.actor),)
        elif asked.kind in OWN_KINDS:
            carried = access_room.admit(memory, asked, policy, now)
        else:
            carried = self._rooms.admit(asked, now, imports)
        return ruling.drafts if ruling.verdict is access_room.Verdict.WAIT else (*ruling.drafts, *carried)

    def _remember(self, outcome: Outcome) -> None:
        self._answered[outcome.request] = outcome
        if len(self._answered) > OUTCOMES_MAX:
            self._answered.popitem(last=False)

    async def follow(self) -> AsyncIterator[Live]:
        """The newest turn, then each next one; layouts only the first time each is met."""
        sent: set[str] = set()
        async for live in self._newest.follow():
            layouts = tuple(layout for layout in live.layouts if layout.digest not in sent)
            sent.update(layout.digest for layout in layouts)
            yield msgspec.structs.replace(live, layouts=layouts)

    async def health(self) -> EngineHealth:
        """How the engine fares now."""
        return self._newest.health(self._clock())


class _Admitted(NamedTuple):
    """What a request becomes: its drafts, and what the asker is told."""

    drafts: tuple[Draft, ...]
    accepted: bool = True
    reason: str = ""
    remedy: str = ""


def _access_fact(request: Request) -> Body:
    """The access fact that a RECORD_ACCESS request names in its body's `kind`. Raises Refused when it does not fit
    one.
    """
    fields = dict(request.body)
    name = fields.pop("kind", "")
    kind = ACCESS_FACTS.get(str(name))
    if kind is None:
        raise Refused(f"{name!r} is not a fact of access", where="kind", remedy=f"one of {', '.join(ACCESS_FACTS)}")
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as exc:
        raise Refused(f"the body does not fit {name}: {exc}", where="body") from exc


def _settle(answer: asyncio.Future[Outcome], outcome: Outcome) -> None:
    """Give the answer unless the asker has gone."""
    if not answer.done():
        answer.set_result(outcome)
