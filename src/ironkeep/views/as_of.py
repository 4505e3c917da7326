"""The state of everything at a past moment: a fold of the facts up to it, by the same code that keeps today's state."""

from collections.abc import Iterable
from itertools import islice

import msgspec

from ironkeep.decisions import alarms, incidents, telemetry
from ironkeep.facts.envelope import Fact
from ironkeep.model.alarm import Alarm
from ironkeep.model.finding import Finding
from ironkeep.model.ids import SiteId
from ironkeep.model.incident import Incident
from ironkeep.model.site import Site
from ironkeep.model.trust import AssetTrust

BATCH = 5_000  # facts folded at a time


class PastDevice(msgspec.Struct, frozen=True):
    """A device as the facts tell it: `state` reached, lost or never; what it said about itself."""

    device: str
    asset: str
    state: str
    firmware: str
    serial: str


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


def as_of(facts: Iterable[Fact], at_us: int) -> AsOf:
    """Fold facts, given in order up to and with the last one logged at or before the moment.

    Order is that of the spine: a wall clock that jumped reorders nothing and hides nothing.
    """
    nowhere = Site(id=SiteId("unknown"), name="", assets=(), devices=())
    rooms = (
        telemetry.empty(telemetry.Policy(site=nowhere)),
        alarms.empty(alarms.Policy(site=nowhere)),
        incidents.empty(incidents.Policy(site=nowhere)),
    )
    rest = Rest()
    stream = iter(facts)
    while batch := list(islice(stream, BATCH)):
        rooms = (
            telemetry.absorb(rooms[0], batch),
            alarms.absorb(rooms[1], batch),
            incidents.absorb(rooms[2], batch),
        )
        rest.absorb(batch)
    return AsOf(
        at_us=at_us,
        facts=rest.facts,
        site=rest.site,
        site_digest=rest.site_digest,
        policies=rest.policies,
        alarms=alarms.standing(rooms[1]),
        incidents=incidents.standing(rooms[2]),
        findings=telemetry.findings(rooms[0]),
        trust=tuple(rooms[0].standing.trust.values()),
        devices=tuple(rest.devices.values()),
        passports={asset: passport.settings for asset, passport in rooms[0].standing.passports.items()},
        accounts=tuple(rest.accounts),
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
