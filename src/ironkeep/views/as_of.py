"""The state of everything at a past moment: a fold of the facts up to it, by the same code that keeps today's state.

What the register could not answer for then is drawn up from the site file in force then and the imports that stood.
Where the site file is not at hand any more the gaps are not known, and nobody takes that for none.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import msgspec

from ironkeep.decisions import alarms, incidents, inventory, telemetry
from ironkeep.facts.envelope import Fact
from ironkeep.model.alarm import Alarm
from ironkeep.model.finding import Finding
from ironkeep.model.ids import SiteId
from ironkeep.model.incident import Incident
from ironkeep.model.register import Import, Lore
from ironkeep.model.site import Site
from ironkeep.model.trust import AssetTrust
from ironkeep.views import gaps
from ironkeep.views.register import Register

BATCH = 5_000  # facts folded at a time
NO_PAPERS = "not known: nobody looked for the site file and imports of that time"
NO_SITE = "not known: the site file of that time is not at hand"
Papers = Callable[[str, tuple[str, ...]], tuple[Site | None, Mapping[str, Import]]]
"""Gives the site file of a digest, or None, and the imports of digests, as far as they are at hand."""


class PastDevice(msgspec.Struct, frozen=True):
    """A device as the facts tell it: `state` reached, lost or never; what it said about itself."""

    device: str
    asset: str
    state: str
    firmware: str
    serial: str


class PastGap(msgspec.Struct, frozen=True):
    """A kind of gap that stood open in the register: how often, of which assets the first few."""

    kind: str
    when: str
    count: int
    assets: tuple[str, ...]


class PastRegister(msgspec.Struct, frozen=True):
    """The register as it stood. `why` is empty where the gaps are known; `waiting` are imports that cannot be read."""

    why: str = NO_PAPERS
    imports: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    answered_pct: float | None = None
    unknown: int | None = None
    gaps: tuple[PastGap, ...] = ()


class AsOf(msgspec.Struct, frozen=True):
    """Everything that stood at `at_us`, after `facts` facts. Passports map asset to point to decimal text with unit."""

    at_us: int
    facts: int
    site: str
    site_digest: str
    policies: dict[str, str]
    alarms: tuple[Alarm, ...]
    incidents: tuple[Incident, ...]
    findings: tuple[Finding, ...]
    trust: tuple[AssetTrust, ...]
    devices: tuple[PastDevice, ...]
    passports: dict[str, dict[str, str]]
    accounts: tuple[str, ...]
    register: PastRegister = PastRegister()


def as_of(facts: Iterable[Fact], at_us: int, papers: Papers | None = None, lore: Lore | None = None) -> AsOf:
    """Fold facts, given in order up to and with the last one logged at or before the moment.

    Order is that of the spine: a wall clock that jumped reorders nothing and hides nothing. With `papers` and `lore`
    the gaps of the register are worked out for that day too.
    """
    nowhere = Site(id=SiteId("unknown"), name="", assets=(), devices=())
    rooms = (
        telemetry.empty(telemetry.Policy(site=nowhere)),
        alarms.empty(alarms.Policy(site=nowhere)),
        incidents.empty(incidents.Policy(site=nowhere)),
    )
    shelved = inventory.empty(inventory.Policy(site=nowhere))
    rest = Rest()
    stream = iter(facts)
    while batch := list(islice(stream, BATCH)):
        rooms = (
            telemetry.absorb(rooms[0], batch),
            alarms.absorb(rooms[1], batch),
            incidents.absorb(rooms[2], batch),
        )
        shelved = inventory.absorb(shelved, batch)
        rest.absorb(batch)
    return AsOf(
        at_us=at_us,
        facts=rest.facts,
        site=rest.site,
        site_digest=rest.site_digest,
        policies=rest.policies,
        alarms=alarms.standing(rooms[1]),
        incidents=incidents.standing(rooms[2]),
        findings=(*telemetry.findings(rooms[0]), *inventory.findings(shelved)),
        trust=tuple(rooms[0].standing.trust.values()),
        devices=tuple(rest.devices.values()),
        passports={asset: passport.settings for asset, passport in rooms[0].standing.passports.items()},
        accounts=tuple(rest.accounts),
        register=_register(shelved, rest.site_digest, at_us, papers, lore or Lore()),
    )


def _register(
    memory: inventory.Memory, site_digest: str, at_us: int, papers: Papers | None, lore: Lore
) -> PastRegister:
    """What the register could not answer for at that moment."""
    taken = inventory.imports(memory)
    names = tuple(each.name for each in taken)
    if papers is None:
        return PastRegister(imports=names)
    site, shelf = papers(site_digest, tuple(each.digest for each in taken))
    if site is None:
        return PastRegister(NO_SITE, names)
    made = Register(site)
    made.memory = memory
    book = made.book(shelf, lore, at_us)
    return PastRegister(
        why="",
        imports=names,
        waiting=book.waiting,
        answered_pct=round(book.score.pct, 1),
        unknown=len(book.unknown),
        gaps=tuple(PastGap(str(gap.kind), gap.when, gap.count, gap.assets) for gap in gaps.ranked(book)),
    )


class Rest:
    """What no decision room keeps: the declaration, policies, devices, passports, accounts."""

    def __init__(self) -> None:
        self.facts = 0
        self.site = ""
        self.site_digest = ""
        self.policies: dict[str, str] = {}
        self.devices: dict[str, PastDevice] = {}
        self.accounts: list[str] = []

    def absorb(self, facts: Iterable[Fact]) -> None:
        """Fold facts in order."""
        for fact in facts:
            self.facts = fact.seq + 1
            body = fact.body
            match fact.kind:
                case "SiteDeclared":
                    self.site, self.site_digest = body["site"], body["digest"]
                case "PolicyAdopted":
                    self.policies[body["policy"]] = body["digest"]
                case "DeviceDescribed":
                    self._device(body, state="reached", firmware=body["firmware"], serial=body["serial"])
                case "DeviceReached":
                    self._device(body, state="reached")
                case "DeviceLost":
                    self._device(body, state="lost")
                case "AccountEnrolled":
                    self.accounts.append(body["account"])
                case _:
                    pass

    def _device(self, body: dict[str, str], **changes: str) -> None:
        known = self.devices.get(body["device"], PastDevice(body["device"], body["asset"], "never", "", ""))
        self.devices[body["device"]] = msgspec.structs.replace(known, **changes)
