"""Stand-ins for the ports that the console is given: a desk fed by the real plant, a spine in memory, a stage.

The plant is the product's own twin, read in process; the facts are real drafts sealed and hashed by RFC 9162.
"""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.faces.console.sources import Limits, Sources
from ironkeep.facts import access, alarm, incident, telemetry
from ironkeep.facts.envelope import Body, Draft, Fact
from ironkeep.facts.seal import seal
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.ids import AssetId, derive
from ironkeep.model.live import EngineHealth, Live, pack_frame
from ironkeep.model.quality import Quality
from ironkeep.model.request import Outcome, Request, RequestKind
from ironkeep.model.site import Site
from ironkeep.model.time import Now
from ironkeep.model.trust import AssetTrust, Trust, TrustReason
from ironkeep.packs.access import read as access_pack
from ironkeep.packs.sites.declare import declare_text
from ironkeep.packs.sites.demo import DEMO_FILE, address_demo, demo_text
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.stage import Scenario, StageState
from ironkeep.twin.plant import Plant
from ironkeep.views.alarm_now import Look
from ironkeep.views.banks import banks
from tests.worlds.simulated.reader import SimulatedReader

PASSWORD = "four plain words here"
START_US = 1_795_000_000_000_000


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def tree(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + tree(leaves[:k]) + tree(leaves[k:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) <= 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return [*path(index, leaves[:k]), tree(leaves[k:])]
    return [*path(index - k, leaves[k:]), tree(leaves[:k])]


class Spine:
    """A FactReader over facts in memory; `add` seals drafts as the store would."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.facts: list[Fact] = []
        self.leaves: list[bytes] = []

    def add(self, now: Now, *drafts: Draft) -> tuple[Fact, ...]:
        made = []
        for draft in drafts:
            fact, data = seal(draft, len(self.facts), self.site.id, now)
            self.facts.append(fact)
            self.leaves.append(leaf(data))
            made.append(fact)
        return tuple(made)

    def size(self) -> int:
        return len(self.facts)

    def checkpoint(self) -> bytes:
        if not self.leaves:
            return b""
        root = base64.b64encode(tree(self.leaves[-4096:])).decode()
        return (
            f"ironkeep/{self.site.id}\n{len(self.facts)}\n{root}\n\n— ironkeep/{self.site.id} c2lnbmF0dXJl\n".encode()
        )

    def read(self, first: int = 0, last: int | None = None) -> Iterator[Fact]:
        return iter(self.facts[first:last])

    def find(self, query: FactQuery) -> Sequence[Fact]:
        found = []
        stretch = self.facts[query.first_seq : query.last_seq]
        for fact in reversed(stretch) if query.newest_first else stretch:
            if query.kinds and fact.kind not in query.kinds:
                continue
            about = fact.asset or ""
            if query.asset and not f"{about}.".startswith(f"{query.asset}."):
                continue
            if query.actor and fact.actor != query.actor:
                continue
            if query.since_us is not None and fact.at < query.since_us:
                continue
            if query.until_us is not None and fact.at >= query.until_us:
                continue
            found.append(fact)
            if len(found) == query.limit:
                break
        return found

    def inclusion(self, seq: int, size: int | None = None) -> tuple[bytes, ...]:
        return tuple(path(seq, self.leaves[: size or len(self.leaves)]))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        raise Refused("not needed here")


@cache
def demo_site() -> Site:
    """The demo's declaration; ports are not used."""
    text = demo_text()
    names = sorted(set(re.findall(r'^port\s*=\s*"([^"]+)"', text, re.MULTILINE)))
    return declare_text(address_demo(text, {name: 1000 + i for i, name in enumerate(names)}), DEMO_FILE)


@dataclass
class Clock:
    """A clock that a test sets, or the real one plus a shift."""

    at_us: int | None = None
    shift_us: int = 0

    def __call__(self) -> Now:
        if self.at_us is not None:
            return Now(self.at_us, self.at_us)
        return Now(time.time_ns() // 1000 + self.shift_us, time.monotonic_ns() // 1000)


class PlantDesk:
    """A Desk whose turns come from the real plant. `silent` makes it answer nothing; `drop` silences devices."""

    def __init__(self, site: Site, spine: Spine, clock: Clock) -> None:
        self.site, self.spine, self.clock = site, spine, clock
        self.plant = Plant(7)
        self.reader = SimulatedReader(self.plant)
        self.turn = 0
        self.silent = self.recorded = False
        self.trust: dict[str, AssetTrust] = {}
        self.asked: list[Request] = []
        self.refuse: Outcome | None = None
        self.rooms_failed: tuple[str, ...] = ()
        self.lost: set[str] = set()

    def step(self, seconds: float = 1.0) -> Live:
        """The next turn."""
        self.turn += 1
        self.plant.step(seconds)
        now_us = self.clock().at_us
        self.reader.tick(now_us)
        frames = self.reader.frames(now_us)
        for frame in frames:
            rows = [i for i, a in enumerate(frame.layout.assets) if a.partition(".")[0] in self.lost]
            if rows:
                frame.quality[rows] |= int(Quality.LOST)
            names = [spec.name for spec in frame.layout.analog]
            cols = [i for i, name in enumerate(names) if name.startswith("cell_temperature_")]
            copies = [c for k, c in enumerate(cols) if k % 2]
            if copies:
                frame.quality[:, copies] |= int(Quality.INFERRED)
        trust = {str(a.id): AssetTrust(a.id, Trust.TRUSTED, (), now_us) for a in banks(self.site)} | self.trust
        return Live(
            site=self.site.id,
            at_us=now_us,
            turn=self.turn,
            frames=tuple(pack_frame(f) for f in frames),
            layouts=tuple(f.layout for f in frames),
            trust=tuple(trust.values()),
            links=self.reader.links(),
            particulars=self.reader.particulars(),
            health=self._health(sum(f.layout.points for f in frames)),
            simulated=self.site.simulated,
            recorded=self.recorded,
        )

    def _health(self, points: int) -> EngineHealth:
        up = len(self.reader.links()) - len(self.lost)
        return EngineHealth(
            live=bool(points) and up > 0,
            reasons=() if points and up > 0 else ("no device answers",),
            version="0.1.0",
            started_us=self.clock().at_us - 3_600_000_000,
            turn=self.turn,
            turn_p50_ms=6.1,
            turn_p99_ms=14.2,
            devices_up=up,
            devices=len(self.reader.links()),
            points=points,
            facts=self.spine.size(),
            clock="synced",
            rooms_failed=self.rooms_failed,
        )

    async def follow(self) -> AsyncIterator[Live]:
        while True:
            if self.silent:
                raise Unavailable("the desk does not answer")
            yield self.step()
            await asyncio.sleep(1.0)

    async def health(self) -> EngineHealth:
        return self._health(5_000)

    async def ask(self, request: Request) -> Outcome:
        if self.silent:
            raise Unavailable("the desk does not answer", remedy="start the engine")
        self.asked.append(request)
        if self.refuse is not None:
            return self.refuse
        body = self._body(request)
        facts = self.spine.add(self.clock(), Draft(body, request.actor, request.id)) if body else ()
        return Outcome(request.id, True, seqs=tuple(fact.seq for fact in facts))

    def _body(self, request: Request) -> Body | None:
        asset = next((f.body.get("asset", "") for f in self.spine.facts if request.subject in f.body.values()), "")
        by, told = request.actor, request.body
        match request.kind:
            case RequestKind.ACKNOWLEDGE_ALARM:
                return alarm.AlarmAcknowledged(request.subject, asset, by)
            case RequestKind.SHELVE_ALARM:
                return alarm.AlarmShelved(request.subject, asset, by, told["until"], told["reason"])
            case RequestKind.UNSHELVE_ALARM:
                return alarm.AlarmUnshelved(request.subject, asset, by)
            case RequestKind.RESET_ALARM:
                return alarm.AlarmReset(request.subject, asset, by)
            case RequestKind.TAKE_COMMAND:
                return incident.CommandTaken(request.subject, asset, by)
            case RequestKind.NOTE_INCIDENT:
                return incident.IncidentNoted(request.subject, asset, by, told["text"])
            case RequestKind.CLOSE_INCIDENT:
                return incident.IncidentClosed(request.subject, asset, by, told["cause_class"], told["reason"])
            case RequestKind.RECORD_ACCESS:
                fields = {k: v for k, v in told.items() if k != "kind"}
                return msgspec.convert(fields, getattr(access, told["kind"]))
        return None


class PlantStage:
    """A Stage on the same plant."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant

    async def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(Scenario(s.name, s.title, s.happens, s.quiet) for s in self.plant.catalogue.values())

    async def inject(self, scenario: str) -> StageState:
        self.plant.inject(scenario)
        return await self.state()

    async def clear(self) -> StageState:
        self.plant.clear()
        return await self.state()

    async def state(self) -> StageState:
        at = self.plant.elapsed_s
        return StageState(tuple((r.scenario.name, at - r.began_s) for r in self.plant.running), at, 1.0)


@dataclass
class House:
    """One console with everything behind it."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    simulated: bool = True
    limits: Limits = field(default_factory=lambda: Limits(strangers_per_s=10_000.0, logged_in_per_s=10_000.0))
    vendor: Path | None = None
    looks: Mapping[str, Look] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site = msgspec.structs.replace(demo_site(), simulated=self.simulated)
        self.spine = Spine(self.site)
        self.desk = PlantDesk(self.site, self.spine, self.clock)
        self.stage = PlantStage(self.desk.plant)
        cheap = Config(hash_memory_kib=1024, hash_passes=1, hash_lanes=1)
        self.vault = AccountVault(self.folder / "vault.sqlite", cheap)

    def sources(self) -> Sources:
        told = {} if self.vendor is None else {"vendor": self.vendor}
        return Sources(
            desk=self.desk,
            facts=self.spine,
            history=None,
            stage=self.stage if self.simulated else None,
            vault=self.vault,
            site=self.site,
            clock=self.clock,
            export=lambda: iter([("checkpoint", self.spine.checkpoint()), ("tile/0/000", b"".join(self.spine.leaves))]),
            limits=self.limits,
            access=access_pack.shipped(),
            never_wait=frozenset({"card-contradicts"}),
            looks=self.looks,
            **told,
        )

    def account(self, name: str = "kim", role: str = "admin") -> None:
        token = self.vault.invite(role, self.clock().at_us)
        self.vault.enrol(token, name, PASSWORD, self.clock().at_us)

    def say(self, *bodies: Body, actor: str = "room:alarms", ago_s: float = 0.0) -> tuple[Fact, ...]:
        now = self.clock()
        at_us = now.at_us - int(ago_s * 1e6)
        then = Now(at_us, now.mono_us)
        return self.spine.add(then, *(Draft(body, actor, None, at_us, at_us) for body in bodies))

    def raise_alarm(self, title: str, asset: str, priority: int = 2, ago_s: float = 60.0, **more: object) -> str:
        made = derive("alarm", self.clock().at_us, title, asset, len(self.spine.facts))
        told: dict[str, object] = {
            "alarm": made,
            "rule": title.lower().replace(" ", "-"),
            "asset": asset,
            "priority": priority,
            "title": title,
            "value": "41.2 °C",
            "limit": "40 °C",
            "cause": "a cell makes more heat than its cooling takes away",
            "consequence": "the module may go into thermal runaway",
            "action": "Stop charging this bank; keep people out; look at the neighbours",
            "respond_s": 600,
            "annunciator": "BMS",
            "incident_class": "thermal alarm",
            "life_safety": False,
            "latched": False,
            "members": (),
            "attack": "",
        }
        self.say(msgspec.convert(told | more, alarm.AlarmRaised), ago_s=ago_s)
        return made

    def open_case(self, title: str, alarms: Sequence[str], assets: Sequence[str], stage: int = 2) -> str:
        made = derive("incident", self.clock().at_us, title)
        self.say(
            incident.IncidentOpened(
                incident=made,
                incident_class="thermal alarm",
                severity=1,
                stage=stage,
                title=title,
                next_step="clear room B, no entry, alert the fire service",
                asset=assets[0],
                assets=tuple(assets),
                alarms=tuple(alarms),
                commander=self.site.shift_lead,
            ),
            actor="room:incidents",
            ago_s=30,
        )
        return made

    def doubt(self, asset: str, state: Trust, *reasons: str) -> None:
        found = tuple(TrustReason(f"r{i}", text) for i, text in enumerate(reasons))
        at_us = self.clock().at_us
        self.desk.trust[asset] = AssetTrust(AssetId(asset), state, found, at_us)
        pairs = tuple((r.code, r.text) for r in found)
        self.say(telemetry.TrustChanged(asset, "TRUSTED", str(state), pairs), actor="room:telemetry")

    def bad_night(self) -> dict[str, str]:
        """One of each: what a page has to show at its worst."""
        ids = {
            "gas": self.raise_alarm(
                "Off-gas without heat",
                "room-b",
                1,
                ago_s=41,
                annunciator="fire panel",
                value="118 ppm",
                action="Clear the room, no entry, call the fire service",
                consequence="explosive gas may gather",
                life_safety=True,
                respond_s=60,
            ),
            "heat": self.raise_alarm("Temperature rising", "cab-b.s2.m07", 2, ago_s=130, value="+1.9 °C/min"),
            "fuel": self.raise_alarm(
                "Generator start battery low", "gen-1", 3, ago_s=1470, value="22.9 V", annunciator="DCIM",
                incident_class="discharge failure", action="Have the charger of the start battery looked at",
                consequence="the generator may not start", respond_s=28_800,
            ),
        }  # fmt: skip
        self.say(alarm.AlarmAcknowledged(ids["fuel"], "gen-1", "person:kim"), actor="person:kim", ago_s=900)
        ids["case"] = self.open_case("Off-gas and heat in room B", [ids["gas"], ids["heat"]], ["room-b", "cab-b"])
        self.doubt("con-1", Trust.VERIFY_LOCALLY, "charge does not close with its meter, 3.1 %/h", "no second witness")
        self.say(
            telemetry.FindingOpened(
                finding=derive("finding", self.clock().at_us, 1), finding_kind="physics does not close", asset="con-1",
                what="charge moved 3.1 %/h without current", sure="likely", next_step="compare with the feeder meter",
                attack="T0856",
            ),
            telemetry.FindingOpened(
                finding=derive("finding", self.clock().at_us, 2), finding_kind="reply refused", asset="cab-b",
                what="14 replies did not match their request", sure="exact", next_step="look at the network to cab-b",
                attack="T0830",
            ),
            actor="room:telemetry",
        )  # fmt: skip
        self.passport("cab-b")
        return ids

    def passport(self, asset: str) -> None:
        settings = {"trip_over_c": "55 C", "trip_cell_over_v": "3.65 V", "soc_max_pct": "95 %", "soc_min_pct": "5 %"}
        self.say(
            telemetry.PassportTaken(asset, hashlib.sha256(asset.encode()).hexdigest(), settings, ""),
            telemetry.SettingChanged(asset, "trip_over_c", "55", "65", "C", "trips 10 °C later than approved"),
            actor="room:telemetry",
        )

    def quiet_hour(self) -> None:
        """Not needed by the plant; kept so that a quiet page has a fact on it."""
        self.say(alarm.AlarmReset("alarm_none", "cab-a", "person:kim"), actor="person:kim", ago_s=3600)


def noise(rng: np.random.Generator, count: int) -> list[bytes]:
    """Byte strings for fuzzing."""
    return [rng.bytes(int(n)) for n in rng.integers(0, 400, count)]
