"""The console and the record: what the console owes it, and what the record tells the vault to do.

A fact of access is first kept in the vault and then handed to the desk, in order, once: an engine that is silent delays
it and loses nothing. Roles, closings and revocations are decided at the desk; the vault follows the facts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from ironkeep.faces.console.sources import Sources
from ironkeep.facts.access import AccountClosed, AccountInvited, ContractProlonged, RoleChanged, TokenRevoked
from ironkeep.model import request as desk
from ironkeep.model.access import Contract
from ironkeep.model.errors import Trouble, Unavailable
from ironkeep.model.ids import RequestId, derive
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.vault import Vault

log = structlog.get_logger("console")
DECIDED = ("RoleChanged", "AccountClosed", "ContractProlonged", "TokenRevoked", "AccountInvited")
ACTOR = "console"
ALONE = "; you acted alone, for nobody else could confirm it, and the record says so"
Ask = Callable[[desk.Request], Awaitable[desk.Outcome]]


class Record:
    """Hands facts of access over and carries out what was decided. One at a time."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._paying, self._following = asyncio.Lock(), asyncio.Lock()

    async def tell(self, kind: str, account: str, fields: Mapping[str, Any]) -> None:
        """Have a fact of access put on the record; where the engine is silent it waits in the vault."""
        log.info("access", kind=kind, **fields)
        await asyncio.to_thread(self._sources.vault.owe, kind, account, fields)
        await self.pay()

    async def settle(self) -> None:
        """Hand over what is owed, then do what was decided; what cannot be settled now waits."""
        try:
            await self.pay()
            await self.follow()
        except Trouble as trouble:
            log.warning("vault and record are not settled yet", trouble=str(trouble))

    async def pay(self) -> None:
        """Hand over what is owed, oldest first, until the engine does not answer."""
        async with self._paying:
            if not await pay(self._sources.vault, self.ask):
                log.warning("facts of access wait for the engine")

    async def follow(self, fresh: tuple[int, ...] = ()) -> str:
        """Do in the vault what the facts decided since the last time. Returns the token of the one-time link where one
        of the `fresh` facts invites somebody, else empty.
        """
        vault, found_link = self._sources.vault, ""
        async with self._following:
            first = await asyncio.to_thread(vault.applied)
            facts = self._sources.facts.find(FactQuery(kinds=DECIDED, first_seq=first))
            for fact in facts:
                now_us = self._sources.clock().at_us
                match fact.typed():
                    case RoleChanged() as changed:
                        await asyncio.to_thread(vault.change_role, changed.account, changed.role)
                    case AccountClosed() as closed:
                        await asyncio.to_thread(vault.close_account, closed.account, now_us)
                    case ContractProlonged() as prolonged:
                        await asyncio.to_thread(vault.prolong, prolonged.account, prolonged.until_us)
                    case TokenRevoked() as revoked:
                        await asyncio.to_thread(vault.revoke_token, revoked.token, now_us)
                    case AccountInvited() as invited if fact.seq in fresh:
                        contract = Contract(invited.employer, invited.until_us)
                        found_link = await asyncio.to_thread(vault.invite, invited.role, now_us, invited.by, contract)
                await asyncio.to_thread(vault.set_applied, fact.seq + 1)
        return found_link

    def alone(self, seqs: tuple[int, ...]) -> bool:
        """Did one person do what needs two, by these facts of one request?"""
        query = FactQuery(kinds=("ActedAlone",), first_seq=min(seqs, default=0), limit=1)
        return bool(seqs) and any(fact.seq in seqs for fact in self._sources.facts.find(query))

    def lost(self, kind: str, trouble: Trouble) -> None:
        """Say in the log alone that a fact of access could not even be kept."""
        log.error("access is not on the record and could not be kept", kind=kind, trouble=str(trouble))

    async def ask(self, asked: desk.Request) -> desk.Outcome:
        """Put a request to the engine. Raises Unavailable when it does not answer in time."""
        try:
            async with asyncio.timeout(self._sources.limits.desk_wait_s):
                return await self._sources.desk.ask(asked)
        except TimeoutError as exc:
            raise Unavailable("the engine does not answer", remedy="look at the diagnostics page; try again") from exc


async def pay(vault: Vault, ask: Ask) -> bool:
    """Hand over what a vault owes the record, oldest first; False where the engine did not answer. Handing over twice
    is once: the request's id comes from the vault.
    """
    while owed := await asyncio.to_thread(vault.owed):
        for each in owed:
            asked = desk.Request(
                id=RequestId(derive("request", 0, ACTOR, each.key)),
                kind=desk.RequestKind.RECORD_ACCESS,
                actor=ACTOR,
                subject=each.account or ACTOR,
                body={"kind": each.kind, **each.fields},
            )
            try:
                outcome = await ask(asked)
            except Trouble:
                return False
            if not outcome.accepted:
                log.error("the desk refuses a fact of access", kind=each.kind, why=outcome.reason)
            await asyncio.to_thread(vault.paid, each)
    return True
