"""The simulated site before the three rooms that conclude, at virtual time: no wire, no disk, facts in a list.

Frames are built from the plant's signals as a reader would build them: one group a kind, arrays over columns, absent
where the plant has no value, no new polls from a device that does not answer.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from ironkeep.decisions import alarms, incidents, telemetry
from ironkeep.facts.envelope import Draft, Fact
from ironkeep.facts.seal import seal
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName, SiteId
from ironkeep.model.link import Link, LinkState, Particulars
from ironkeep.model.picture import Picture
from ironkeep.model.point import PointClass, PointKind, PointSpec, Symbol
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.site import Device, Site
from ironkeep.model.time import Now
from ironkeep.model.trust import Judged
from ironkeep.packs import alarms as alarm_pack
from ironkeep.packs import checks as check_pack
from ironkeep.packs.nut import read as nut_pack
from ironkeep.packs.sites.declare import declare_text
from ironkeep.packs.sites.demo import address_demo, demo_text
from ironkeep.twin.codes import Serving
from ironkeep.twin.layout import SITE
from ironkeep.twin.plant import Plant
from ironkeep.twin.serve.nut import NutListener
from ironkeep.twin.signals import SIGNALS, Signal
from tests.stories.copying import Copied

START_US = 1_795_000_000_000_000
SETTLE_S = 16  # turns before a scenario begins: quarantine, passports, first trust
GROUPS = ("bank", "string", "module", "ups", "pcs", "gen", "ats", "meter", "dcmeter", "relay", "room", "hvac", "it")
FLAT = tuple(tuple(name for name, each in SIGNALS.items() if each.dtype == kind) for kind in ("f8", "i8"))
START = {
    name: int(start)
    for names in FLAT
    for name, start in zip(names, np.cumsum([0, *(np.prod(SIGNALS[each].shape()) for each in names)]), strict=False)
}
CARD = ("device.heartbeat_count", "device.uptime_s", "device.boot_count", "device.clock_offset_s")


@cache
def demo_site() -> Site:
    """The demo's site file with a port of its own for each listener."""
    names = [*(device.id for device in SITE.devices), "nut"]
    return declare_text(address_demo(demo_text(), {name: 5020 + i for i, name in enumerate(names)}))


@dataclass
class Cards:
    """The UPSes of a plant by their network cards: what its upsd says, as the NUT reader makes rows of it. A driver
    asks its UPS every `refresh_s` seconds; in between the card says again what it heard.
    """

    plant: Plant
    devices: tuple[Device, ...]
    refresh_s: int = 1
    silent: bool = False  # no driver hears its UPS
    insists: dict[str, str] = field(default_factory=dict)  # variables that every card says so, whatever its UPS says

    def __post_init__(self) -> None:
        self.upsd = NutListener(SITE)
        self.heard: dict[str, dict[str, str]] = {}
        self.layout: FrameLayout | None = None
        self.offered: set[str] = set()
        self.polls = dict.fromkeys((d.id for d in self.devices), 0)
        self.collected = dict.fromkeys((d.id for d in self.devices), 0)

    def listen(self, turn: int, at_us: int) -> None:
        """One answer of each card, or none."""
        self.upsd.show(self.plant.carded, self.plant.served, self.plant.words)
        for n, device in enumerate(self.devices):
            values = {} if self.silent else {**self.upsd.values(device.ups), **self.insists}
            if not values or not self.heard.get(device.id) or (turn + 7 * n) % self.refresh_s == 0:
                self.heard[device.id] = values
            if values:
                self.polls[device.id] += 1
                self.collected[device.id] = at_us - 350_000

    def frame(self, at_us: int) -> Frame:
        """The rows of all cards."""
        lexicon = nut_pack.shipped()
        self.offered |= {name for said in self.heard.values() for name in said if name in lexicon.names}
        columns = lexicon.columns(self.offered)
        rows = [columns.row(said) if (said := self.heard[d.id]) else columns.lost() for d in self.devices]
        if self.layout is None or self.layout.analog != columns.analog:
            assets, devices = tuple(d.asset for d in self.devices), tuple(d.id for d in self.devices)
            self.layout = FrameLayout("test-nut", assets, devices, columns.analog, columns.integer, 1.0, 5.0)
        blocks = (np.stack([getattr(row, name) for row in rows]) for name in ("analog", "integer", "quality"))
        return Frame(
            self.layout, at_us, *blocks, np.array([*self.collected.values()]), np.array([*self.polls.values()])
        )

    def links(self) -> tuple[Link, ...]:
        """One a card."""
        return tuple(
            Link(
                device=d.id,
                asset=d.asset,
                state=LinkState.UP if self.heard[d.id] else LinkState.DOWN,
                address=f"{d.host}:{d.port} ups {d.ups}",
                reply_us=self.collected[d.id],
                replies=self.polls[d.id],
            )
            for d in self.devices
        )

    def particulars(self) -> tuple[Particulars, ...]:
        """What each card says about itself."""
        return tuple(
            Particulars(d.id, d.asset, said["device.mfr"], said["device.model"], version=said["ups.firmware"])
            for d in self.devices
            if (said := self.heard[d.id])
        )


@dataclass(frozen=True)
class Column:
    """Where a column of a frame comes from: a signal, its second index, and the rows of the plant."""

    signal: str
    index: int | None
    rows: np.ndarray
    spec: PointSpec


@dataclass
class Reader:
    """The frames of a plant. `dropped` devices answer nothing; `forge` may change a frame before it is handed on."""

    plant: Plant
    site: Site
    polls: np.ndarray = field(default_factory=lambda: np.zeros(len(SITE.devices), np.int64))
    collected: np.ndarray = field(default_factory=lambda: np.zeros(len(SITE.devices), np.int64))

    def __post_init__(self) -> None:
        self.tables = [self._table(group) for group in GROUPS]
        self.registers = tuple(d for d in self.site.devices if d.protocol == "modbus")
        plate = {device.id: device.particulars for device in SITE.devices}
        self.about = [
            (SITE.row["device", asset], Particulars(d.id, d.asset, p.maker, p.model, version=p.firmware))
            for d in self.registers
            for asset in [d.asset.partition(".")[0]]
            for p in [plate[asset]]
        ]
        self.cards = Cards(self.plant, tuple(d for d in self.site.devices if d.protocol == "nut"))

    def _device_of(self, asset: str) -> DeviceId:
        at = asset
        while True:
            found = next((d.id for d in self.site.devices if d.asset == at), None)
            if found is not None:
                return found
            at = at.rpartition(".")[0]

    def _table(self, group: str) -> tuple[FrameLayout, np.ndarray, np.ndarray, np.ndarray]:
        assets = SITE.rows[group]
        rows = np.arange(len(assets))
        device_rows = np.array([SITE.row["device", a.partition(".")[0]] for a in assets])
        columns: list[Column] = []
        for signal in SIGNALS.values():
            if signal.group == group:
                columns += _columns(signal, rows)
        if group == "module":
            columns += [c for name in ("voltage_v", "temperature_c", "balancing") for c in _cells(name, len(assets))]
        if group not in ("string", "module"):
            columns += [Column(name, None, device_rows, _spec(SIGNALS[name])) for name in CARD]
        analog = [c for c in columns if c.spec.kind is PointKind.ANALOG]
        integer = [c for c in columns if c.spec.kind is not PointKind.ANALOG]
        layout = FrameLayout(
            group=f"test-{group}",
            assets=tuple(AssetId(a) for a in assets),
            devices=tuple(self._device_of(a) for a in assets),
            analog=tuple(c.spec for c in analog),
            integer=tuple(c.spec for c in integer),
            period_s=1.0,
            age_limit_s=5.0,
        )
        return layout, _places(analog), _places(integer), device_rows

    def picture(self, turn: int, at_us: int) -> Picture:
        """The newest frames and links."""
        served = self.plant.served
        answering = np.array([served[d.id] != Serving.DROP for d in SITE.devices])
        self.polls = self.polls + answering
        self.collected = np.where(answering, at_us - 120_000, self.collected)
        analog, integer = (np.concatenate([self.plant.signals[name].ravel() for name in names]) for names in FLAT)
        frames = tuple(
            self._frame(layout, analog[a].astype(np.float32), integer[b], devices, at_us, answering)
            for layout, a, b, devices in self.tables
        )
        if not self.cards.devices:
            return Picture(at_us, turn, frames, self._links(answering), self._particulars())
        self.cards.listen(turn, at_us)
        links = (*self._links(answering), *self.cards.links())
        about = (*self._particulars(), *self.cards.particulars())
        return Picture(at_us, turn, (*frames, self.cards.frame(at_us)), links, about)

    def _frame(
        self, layout: FrameLayout, a: np.ndarray, b: np.ndarray, devices: np.ndarray, at_us: int, up: np.ndarray
    ) -> Frame:
        quality = np.zeros((len(layout.assets), a.shape[1] + b.shape[1]), np.uint16)
        quality[:, : a.shape[1]][np.isnan(a)] |= np.uint16(Quality.ABSENT)
        quality[:, a.shape[1] :][b == ABSENT_INTEGER] |= np.uint16(Quality.ABSENT)
        quality[~up[devices]] |= np.uint16(Quality.LOST)
        return Frame(layout, at_us, a, b, quality, self.collected[devices], self.polls[devices])

    def _links(self, answering: np.ndarray) -> tuple[Link, ...]:
        links = []
        for device in self.registers:
            row = SITE.row["device", device.asset.partition(".")[0]]
            up = bool(answering[row])
            links.append(
                Link(
                    device=device.id,
                    asset=device.asset,
                    state=LinkState.UP if up else LinkState.DOWN,
                    address=f"{device.host}:{device.port}:{device.unit}",
                    reply_us=int(self.collected[row]),
                    replies=int(self.polls[row]),
                )
            )
        return tuple(links)

    def _particulars(self) -> tuple[Particulars, ...]:
        return tuple(said for row, said in self.about if self.polls[row] > 0)


STATES = (Symbol(0, "no"), Symbol(1, "yes"))  # the maps of the twin name the states of every such point


def _spec(signal: Signal, name: str = "") -> PointSpec:
    short = name or signal.name.partition(".")[2]
    kind = PointKind.ANALOG
    if signal.dtype == "i8":
        kind = PointKind.BITFIELD if short.endswith("_bits") else PointKind.ENUM
        kind = PointKind.COUNTER if short.endswith(("_count", "_wh", "uptime_s", "_seconds")) else kind
    if short in ("balancing_count", "start_attempts_count", "strings_connected"):
        kind = PointKind.ENUM
    symbols = STATES if kind is PointKind.ENUM else ()
    return PointSpec(PointName(short), signal.unit, kind, PointClass(signal.kind), symbols=symbols)


def _columns(signal: Signal, rows: np.ndarray) -> list[Column]:
    if not signal.columns:
        return [Column(signal.name, None, rows, _spec(signal))]
    stem, _, unit = signal.name.partition(".")[2].rpartition("_")
    return [
        Column(signal.name, i, rows, _spec(signal, f"{stem}_{c}_{unit}" if stem else f"{unit}_{c}"))
        for i, c in enumerate(signal.columns)
    ]


def _places(columns: list[Column]) -> np.ndarray:
    """Where the values of columns stand among all of their kind, (rows, columns)."""
    found = np.empty((len(columns[0].rows) if columns else 0, len(columns)), np.int64)
    for i, c in enumerate(columns):
        wide = len(SIGNALS[c.signal].columns) or 1
        found[:, i] = START[c.signal] + c.rows * wide + (c.index or 0)
    return found


def _cells(point: str, modules: int) -> list[Column]:
    signal = SIGNALS[f"cell.{point}"]
    size = len(SITE.rows["cell"]) // modules
    stem, _, unit = point.rpartition("_")
    name = f"cell_{stem}_{{:02}}_{unit}" if stem else f"cell_{unit}_{{:02}}"
    return [
        Column(signal.name, None, np.arange(modules) * size + i, _spec(signal, name.format(i + 1))) for i in range(size)
    ]


@dataclass
class Rooms:
    """The three rooms with their memories and the facts so far."""

    site: Site
    facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        rules, knowledge = alarm_pack.shipped(), check_pack.shipped()
        self.policy_t = telemetry.Policy(self.site, *knowledge)
        self.policy_a = alarms.Policy(self.site, rules)
        self.policy_i = incidents.Policy(self.site, rules)
        self.telemetry = telemetry.empty(self.policy_t)
        self.alarms = alarms.empty(self.policy_a)
        self.incidents = incidents.empty(self.policy_i)
        self.judged: Judged | None = None

    def turn(self, picture: Picture, now: Now) -> tuple[Fact, ...]:
        """One turn as the engine takes it: three rooms, one commit, then every room absorbs."""
        self.telemetry, judged, first = telemetry.decide(self.telemetry, picture, self.policy_t, now)
        self.alarms, standing, second = alarms.decide(self.alarms, (judged, picture.links), self.policy_a, now)
        sight = (judged, standing, telemetry.findings(self.telemetry))
        self.incidents, _, third = incidents.decide(self.incidents, sight, self.policy_i, now)
        self.judged = judged
        return self.commit((*first, *second, *third), now)

    def commit(self, drafts: tuple[Draft, ...], now: Now) -> tuple[Fact, ...]:
        """Seal the drafts and let every room absorb them."""
        facts = tuple(seal(draft, len(self.facts) + i, SiteId(self.site.id), now)[0] for i, draft in enumerate(drafts))
        self.facts += facts
        if facts:
            self.telemetry = telemetry.absorb(self.telemetry, facts)
            self.alarms = alarms.absorb(self.alarms, facts)
            self.incidents = incidents.absorb(self.incidents, facts)
        return facts


class AtWork:
    """A site at work from its first second, with a turn each second."""

    def __init__(self, seed: int) -> None:
        self.site = demo_site()
        self.plant = Plant(seed)
        self.reader, self.rooms, self.turns = Reader(self.plant, self.site), Rooms(self.site), 0

    def now(self) -> Now:
        """The time of the present turn."""
        return Now(START_US + self.turns * 1_000_000, 10_000_000 + self.turns * 1_000_000)

    def run(self, seconds: int, pace_s: int = 1) -> None:
        """Let seconds pass, with a turn every `pace_s` of them."""
        for _ in range(seconds // pace_s):
            self.turns += pace_s
            self.plant.step(float(pace_s))
            now = self.now()
            self.rooms.turn(self.reader.picture(self.turns, now.at_us), now)


STAGES = (0, 40, 90, 130)  # quiet seconds after settling at which stories begin


@cache
def quiet(seed: int, seconds: int) -> Copied:
    """A site at work that has settled, so many quiet seconds later, one of STAGES: each call of what is returned gives
    another, as it stood.
    """
    young = AtWork(seed)
    place = STAGES.index(seconds)
    if place:
        young.__dict__ = quiet(seed, STAGES[place - 1])()
    young.run(seconds - STAGES[place - 1] if place else SETTLE_S)
    policies = (young.rooms.policy_t, young.rooms.policy_a, young.rooms.policy_i)
    return Copied(young.__dict__, (young.site, SITE, nut_pack.shipped(), young.plant.catalogue, *policies))


class Story(AtWork):
    """A site that has settled, and perhaps was quiet for a while, and the facts since something began there, each with
    its second.
    """

    def __init__(self, seed: int = 7, quiet_s: int = 0) -> None:
        self.__dict__.update(quiet(seed, quiet_s)())
        self.begin()

    def begin(self) -> None:
        """From here on the story counts."""
        self.began_turn, self.began = self.turns, len(self.rooms.facts)

    def play(self, scenario: str, seconds: int, pace_s: int = 1) -> "Story":
        """Inject a scenario and let seconds pass."""
        self.plant.inject(scenario)
        self.run(seconds, pace_s)
        return self

    @property
    def since(self) -> list[Fact]:
        """Facts since the scenario began."""
        return self.rooms.facts[self.began :]

    def second(self, fact: Fact) -> int:
        """Seconds after the beginning of the scenario."""
        return (fact.at - START_US) // 1_000_000 - self.began_turn

    def raised(self) -> dict[str, list[tuple[int, str]]]:
        """Alarm rules raised: second and asset of each raising."""
        found: dict[str, list[tuple[int, str]]] = {}
        for fact in self.since:
            if fact.kind == "AlarmRaised":
                found.setdefault(fact.body["rule"], []).append((self.second(fact), fact.body["asset"]))
        return found
