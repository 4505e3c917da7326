"""What the inventory room remembers: which imports stand, what devices said of themselves, its own findings.

All of it is a fold of facts. What an import says is not remembered here: it lies in the blob store under its digest and
is handed to the room with every turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from ironkeep.decisions.inventory.policy import Policy
from ironkeep.decisions.inventory.study import Study
from ironkeep.facts import device, register, telemetry
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.fold import Fold, Folded
from ironkeep.model.finding import Finding, FindingKind
from ironkeep.model.register import Talk
from ironkeep.model.time import SECOND_US

ACTOR: Final = "room:inventory"
KINDS: Final = (
    "ImportTaken ImportWithdrawn DeviceReached DeviceLost DeviceDescribed ParticularsChanged "
    "TalkOverheard FindingOpened FindingClosed"
)
HEARD_US: Final = 30 * 86_400 * SECOND_US  # after which a conversation that is not heard any more counts no longer
HEARD_MAX: Final = 4_096
SAYING: Final = frozenset("ImportTaken ImportWithdrawn DeviceDescribed ParticularsChanged TalkOverheard".split())
"""Facts after which a source says something else; that a device answers or not is looked at by itself."""
PARTICULARS: Final = {"manufacturer": "maker", "model": "model", "firmware": "firmware", "serial": "serial"}


class Taken(msgspec.Struct, frozen=True):
    """An import that stands: what it is, who gave it, and the fact that took it."""

    taken: str
    form: str
    name: str
    digest: str
    file_sha256: str
    records: int
    talks: int
    by: str
    at_us: int
    seq: int
    fact: str


class Seen(msgspec.Struct, frozen=True):
    """A device as observed by asking it: `fields` in the register's words. Times are 0 where nothing was seen."""

    device: str
    asset: str
    address: str = ""
    fields: dict[str, str] = {}
    said_us: int = 0
    seq: int = 0
    reached_us: int = 0
    lost_us: int = 0


class Heard(msgspec.Struct, frozen=True):
    """A conversation that was overheard where `device` is listened to."""

    device: str
    talk: Talk


class Standing(msgspec.Struct, frozen=True):
    """The fold: imports by their id, devices by theirs, the findings of this room alone, and conversations by place and
    ends.
    """

    imports: dict[str, Taken] = {}
    devices: dict[str, Seen] = {}
    findings: dict[str, Finding] = {}
    heard: dict[str, Heard] = {}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One finding that should stand, and how sure it is."""

    kind: FindingKind
    what: str
    sure: str
    attack: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a thought rests on: what the sources said by then, and the imports whose text was at hand."""

    version: int
    standing: Standing
    held: frozenset[str]  # digests

    @property
    def whole(self) -> bool:
        """Was the text of every import at hand?"""
        return self.held == {each.digest for each in self.standing.imports.values()}

    def same_imports(self, other: "Basis") -> bool:
        """Do the same imports stand, and are the same at hand?"""
        return self.held == other.held and self.standing.imports.keys() == other.standing.imports.keys()


@dataclass(frozen=True, slots=True)
class Found:
    """What should stand as a finding, by asset and code. `gone` are the assets that should be silent: a device of one
    of them that answers, or no longer does, makes it out of date.
    """

    gone: frozenset[str]
    suspicions: Mapping[tuple[str, str], "Suspicion"]


@dataclass(frozen=True, slots=True)
class Memory(Folded[Standing]):
    """The fold; `version` counts absorptions after which a source says something else. `found` is what was thought to
    the end, on `basis`; `study` is the thought under way, on `pondered`, and `steps` how many of its steps were taken.
    """

    basis: Basis | None = None
    found: Found | None = None
    pondered: Basis | None = None
    study: Study[Found] | None = None
    steps: int = 0


def empty(policy: Policy) -> Memory:
    """A room that remembers nothing."""
    assert policy.site.id
    return Memory(Standing())


def _apply(new: Standing, fact: Fact, body: Body) -> None:
    match body:
        case register.ImportTaken():
            new.imports[body.taken] = Taken(
                taken=body.taken,
                form=body.form,
                name=body.name,
                digest=body.digest,
                file_sha256=body.file_sha256,
                records=body.records,
                talks=body.talks,
                by=fact.actor,
                at_us=fact.at,
                seq=fact.seq,
                fact=fact.id,
            )
        case register.ImportWithdrawn():
            new.imports.pop(body.taken, None)
        case device.TalkOverheard():
            _hear(new, body)
        case telemetry.FindingOpened() if fact.actor == ACTOR:
            new.findings[body.finding] = telemetry.finding_of(body, fact)
        case telemetry.FindingClosed():
            new.findings.pop(body.finding, None)
        case _:
            _apply_device(new, fact, body)


def _hear(new: Standing, body: device.TalkOverheard) -> None:
    """Take in a conversation; one that stopped long ago, where others are still heard, stands no longer."""
    talk = Talk(
        body.asker,
        body.answerer,
        body.protocol,
        body.port,
        body.packets,
        body.reads,
        body.writes,
        body.others,
        body.first_us,
        body.last_us,
    )
    key = f"{body.device}|{talk.asker}|{talk.answerer}|{talk.protocol}|{talk.port}"
    new.heard[key] = Heard(body.device, talk)
    for each, heard in tuple(new.heard.items()):
        if heard.device == body.device and talk.last_us - heard.talk.last_us > HEARD_US:
            del new.heard[each]
    if len(new.heard) > HEARD_MAX:
        del new.heard[min(new.heard, key=lambda each: (new.heard[each].talk.last_us, each))]


def _apply_device(new: Standing, fact: Fact, body: Body) -> None:
    at_us = fact.observed_at or fact.at
    change = msgspec.structs.replace
    match body:
        case device.DeviceReached():
            known = new.devices.get(body.device, Seen(body.device, body.asset))
            new.devices[body.device] = change(
                known, asset=body.asset, address=_address(body.address), reached_us=at_us, lost_us=0
            )
        case device.DeviceLost():
            known = new.devices.get(body.device, Seen(body.device, body.asset))
            new.devices[body.device] = change(known, asset=body.asset, address=_address(body.address), lost_us=at_us)
        case device.DeviceDescribed():
            known = new.devices.get(body.device, Seen(body.device, body.asset))
            told = {word: getattr(body, name).strip() for name, word in PARTICULARS.items()}
            fields = {word: text for word, text in told.items() if text}
            new.devices[body.device] = change(known, asset=body.asset, fields=fields, said_us=at_us, seq=fact.seq)
        case device.ParticularsChanged() if body.field in PARTICULARS and body.device in new.devices:
            known = new.devices[body.device]
            fields = {**known.fields, PARTICULARS[body.field]: body.after.strip()}
            new.devices[body.device] = change(known, fields=fields, said_us=at_us, seq=fact.seq)


def _address(text: str) -> str:
    """The address without what stands behind it ("10.0.0.5:502 unit 1")."""
    return text.partition(" ")[0]


FOLD: Final = Fold("inventory", 2, Standing, Memory, KINDS, _apply)
freeze, thaw = FOLD.freeze, FOLD.thaw


def absorb(memory: Memory, facts: Sequence[Fact]) -> Memory:
    """The memory after the facts; facts of other rooms pass by."""
    after = FOLD.absorb(memory, facts)
    if after is memory or any(fact.kind in SAYING for fact in facts):
        return after
    return replace(after, version=memory.version)


def answering(standing: Standing, assets: frozenset[str]) -> frozenset[str]:
    """The devices of some assets that answer now."""
    return frozenset(
        each.device
        for each in standing.devices.values()
        if each.asset in assets and each.reached_us and not each.lost_us
    )


def imports(memory: Memory) -> tuple[Taken, ...]:
    """The imports that stand, oldest first."""
    return tuple(sorted(memory.standing.imports.values(), key=lambda taken: taken.seq))


def findings(memory: Memory) -> tuple[Finding, ...]:
    """The findings of this room that stand, oldest first."""
    return tuple(sorted(memory.standing.findings.values(), key=lambda finding: (finding.opened_seq, finding.id)))
