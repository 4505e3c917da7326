"""One turn: the decision rooms in the order in which they speak. Reading it top to bottom is reading the product.

A room that breaks is dropped for the turn, loudly, and the rest go on with what the rooms before it said. Nothing here
reads a clock, a disk or the network: the same picture, memories and time give the same conclusions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from ironkeep.decisions import access, alarms, incidents, inventory, telemetry
from ironkeep.facts.engine import RoomFailed, RoomRecovered
from ironkeep.facts.envelope import Draft, Fact
from ironkeep.model.alarm import Alarm
from ironkeep.model.finding import Finding
from ironkeep.model.ids import AssetId
from ironkeep.model.incident import Incident
from ironkeep.model.picture import Picture
from ironkeep.model.quality import Quality
from ironkeep.model.register import Import
from ironkeep.model.request import Request
from ironkeep.model.time import Now
from ironkeep.model.trust import AssetTrust, Judged, Trust, TrustReason

ERROR_TEXT_MAX = 300  # characters of an error that enter a fact
UNJUDGED = TrustReason("unjudged", "readings are not judged now, by a fault of Ironkeep's own: read the local panel")

T = TypeVar("T")
Imports = Mapping[str, Import]  # what stands in the register and can be read, by digest
NO_IMPORTS: Imports = {}


@dataclass(frozen=True, slots=True)
class Policies:
    """What each room decides by; a change of one is a fact."""

    telemetry: telemetry.Policy
    alarms: alarms.Policy
    incidents: incidents.Policy
    access: access.Policy
    inventory: inventory.Policy


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What one turn concluded: verdicts that faces may see, and the drafts to commit."""

    judged: Judged
    alarms: tuple[Alarm, ...]
    incidents: tuple[Incident, ...]
    drafts: tuple[Draft, ...]


@dataclass(slots=True)
class Rooms:
    """The memories of the rooms between turns, and which rooms failed last time (name -> error)."""

    policies: Policies
    telemetry: telemetry.Memory
    alarms: alarms.Memory
    incidents: incidents.Memory
    access: access.Memory
    inventory: inventory.Memory
    failed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, policies: Policies) -> "Rooms":
        """Rooms that remember nothing yet."""
        return cls(
            policies,
            telemetry.empty(policies.telemetry),
            alarms.empty(policies.alarms),
            incidents.empty(policies.incidents),
            access.empty(policies.access),
            inventory.empty(policies.inventory),
        )

    def take(self, picture: Picture, now: Now, imports: Imports = NO_IMPORTS) -> Conclusions:
        """Let every room speak once about the picture, and the inventory room about the imports that are at hand. The
        memories move on; standing state waits for `absorb`.
        """
        drafts: list[Draft] = []

        judged = self._ask("telemetry", picture.turn, drafts, lambda: self._telemetry(picture, now, drafts))
        if judged is None:
            judged = self._unjudged(picture)

        standing = self._ask("alarms", picture.turn, drafts, lambda: self._alarms(judged, picture, now, drafts))
        if standing is None:
            standing = alarms.standing(self.alarms)

        cases = self._ask("incidents", picture.turn, drafts, lambda: self._incidents(judged, standing, now, drafts))
        if cases is None:
            cases = incidents.standing(self.incidents)

        self._ask("inventory", picture.turn, drafts, lambda: self._inventory(imports, now, drafts))

        return Conclusions(judged, standing, cases, tuple(drafts))

    def _unjudged(self, picture: Picture) -> Judged:
        """The picture when nobody could judge it: every value STALE, so that none is shown or used as live, and every
        asset UNTRUSTED, beside what the facts hold against it: what nobody looked at has not ended.
        """
        stale = np.uint16(Quality.STALE)
        frames = tuple(replace(f, quality=f.quality | stale) for f in picture.frames)
        known = self.telemetry.standing.trust
        trust = {}
        for asset in (*(each.id for each in self.policies.alarms.site.assets), *(AssetId(name) for name in known)):
            held = known[asset].reasons if asset in known else ()
            trust[asset] = AssetTrust(asset, Trust.UNTRUSTED, (UNJUDGED, *held), picture.at_us)
        return Judged(picture.at_us, picture.turn, frames, trust)

    def _telemetry(self, picture: Picture, now: Now, drafts: list[Draft]) -> Judged:
        self.telemetry, judged, found = telemetry.decide(self.telemetry, picture, self.policies.telemetry, now)
        drafts.extend(found)
        return judged

    def _alarms(self, judged: Judged, picture: Picture, now: Now, drafts: list[Draft]) -> tuple[Alarm, ...]:
        sight = (judged, picture.links)
        self.alarms, standing, found = alarms.decide(self.alarms, sight, self.policies.alarms, now)
        drafts.extend(found)
        return standing

    def _incidents(
        self, judged: Judged, standing: tuple[Alarm, ...], now: Now, drafts: list[Draft]
    ) -> tuple[Incident, ...]:
        sight = (judged, standing, telemetry.findings(self.telemetry))
        self.incidents, cases, found = incidents.decide(self.incidents, sight, self.policies.incidents, now)
        drafts.extend(found)
        return cases

    def _inventory(self, imports: Imports, now: Now, drafts: list[Draft]) -> tuple[Finding, ...]:
        self.inventory, found, said = inventory.decide(self.inventory, imports, self.policies.inventory, now)
        drafts.extend(said)
        return found

    def _ask(self, room: str, turn: int, drafts: list[Draft], speak: Callable[[], T]) -> T | None:
        """What the room says, or None when it broke; the first failure and the recovery become facts."""
        before = len(drafts)
        try:
            said = speak()
        except Exception as exc:  # noqa: BLE001 - one broken room must not silence the others
            del drafts[before:]
            error = f"{type(exc).__name__}: {exc}"[:ERROR_TEXT_MAX]
            if self.failed.get(room) != error:
                drafts.append(Draft(RoomFailed(room, error, turn), actor="engine"))
            self.failed[room] = error
            return None
        if self.failed.pop(room, None) is not None:
            drafts.append(Draft(RoomRecovered(room, turn), actor="engine"))
        return said

    def absorb(self, facts: Sequence[Fact]) -> None:
        """Fold committed facts into every room: the only way in which standing state changes."""
        self.telemetry = telemetry.absorb(self.telemetry, facts)
        self.alarms = alarms.absorb(self.alarms, facts)
        self.incidents = incidents.absorb(self.incidents, facts)
        self.access = access.absorb(self.access, facts)
        self.inventory = inventory.absorb(self.inventory, facts)

    def admit(self, request: Request, now: Now, imports: Imports = NO_IMPORTS) -> tuple[Draft, ...]:
        """The drafts a person's request becomes. Raises Refused with reason and remedy, by the room it is for."""
        if "alarm" in request.kind:
            return alarms.admit(self.alarms, request, self.policies.alarms, now)
        if "setting" in request.kind or "reading" in request.kind:
            return telemetry.admit(self.telemetry, request, self.policies.telemetry, now)
        if "import" in request.kind or "check" in request.kind:
            return inventory.admit(self.inventory, request, imports, self.policies.inventory, now)
        return incidents.admit(self.incidents, request, self.policies.incidents, now)

    def digest(self) -> str:
        """SHA-256 over what the rooms remember beyond the facts; sealed with each segment of history."""
        return telemetry.digest(self.telemetry)
