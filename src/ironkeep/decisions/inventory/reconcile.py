"""Declared, observed and imported held side by side: one entry an asset, and what nobody declared.

Nothing here overwrites anything. An entry keeps what the site file says and every statement that was matched to it,
with by what it matched; which values count is said by `effective`: the declared one, else the observed one, else the
newest imported one, else what a field inherits from the asset that it is part of. Of versions, serial numbers and the
like the observed one counts before the declared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from ironkeep.decisions.inventory.match import Index, Stranger, Strangers, index
from ironkeep.decisions.inventory.memory import Seen, Standing
from ironkeep.decisions.inventory.policy import Policy
from ironkeep.decisions.inventory.statements import (
    Declared,
    Statement,
    declared,
    host,
    imported,
    is_known,
    observed,
    parts,
)
from ironkeep.decisions.inventory.study import Steps, whole
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.register import Form, GapKind, Import, Source, Talk
from ironkeep.model.site import Asset, Site

INHERITED = frozenset(
    "location owner contact vendor vendor_contact isolation patch_window cloud depends_on retention state migration "
    "support_until design_life_until installed_on chemistry maker room_temperature_c".split()
)
"""Fields in which a part goes with the whole unless it says otherwise."""


READ_FIRST = frozenset({"firmware", "hardware", "serial", "model", "maker", "mac"})
"""Fields in which what the equipment says counts before any paper (INV-05)."""


@dataclass(frozen=True, slots=True)
class Match:
    """A statement about an asset, and by what it was tied to it."""

    said: Statement
    by: str


@dataclass(slots=True)
class Entry:
    """One declared asset and all that was said of it. `gaps` maps what is open to its words, in no order."""

    asset: Asset
    above: "Entry | None"
    declared: Mapping[str, str]
    said: list[Match] = field(default_factory=list)
    answered: list[Talk] = field(default_factory=list)  # conversations in which it answered
    asked: list[Talk] = field(default_factory=list)  # conversations that it opened
    devices: list[Seen | DeviceId] = field(default_factory=list)  # declared devices: what was seen, or the id alone
    gaps: dict[GapKind, str] = field(default_factory=dict)
    _settled: "tuple[dict[str, str], Mapping[str, str]] | None" = None

    @property
    def id(self) -> AssetId:
        """The asset's id."""
        return self.asset.id

    @property
    def effective(self) -> dict[str, str]:
        """The value that counts of every field that any source answers; worked out when first asked for."""
        return self._both()[0]

    def _both(self) -> tuple[dict[str, str], Mapping[str, str]]:
        """What counts, and what of it is passed on to the parts."""
        if self._settled is None:
            self._settled = _settle(self, self.above._both()[1] if self.above is not None else {})
        return self._settled

    def known(self, name: str) -> str:
        """The value that counts where it says something, else empty."""
        text = self.effective.get(name, "")
        return text if is_known(text) else ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The whole register at one moment, strangers in no order. `waiting` are imports whose text is not at hand."""

    entries: Mapping[AssetId, Entry]
    strangers: tuple[Stranger, ...]
    waiting: tuple[str, ...]
    captured: bool  # does any capture of traffic stand, or was a tap listened to?


def reconcile(policy: Policy, standing: Standing, shelf: Mapping[str, Import]) -> Ledger:
    """The ledger of a site, what was observed of it, and the imports that stand; `shelf` maps digest to import."""
    return whole(reconciling(policy.site, standing, shelf))


def reconciling(site: Site, standing: Standing, shelf: Mapping[str, Import]) -> Steps[Ledger]:
    """The same in steps: one asset, one statement or one conversation each."""
    taken = sorted(standing.imports.values(), key=lambda each: each.seq)
    paper = yield from declared(site)
    entries = yield from _entries(site, paper)
    polled = tuple(observed(standing.devices.values()))
    found = yield from index(paper, polled)
    strangers = Strangers()
    lists, sightings = (imported(taken, shelf, source) for source in (Source.IMPORTED, Source.OBSERVED))
    for said in chain(polled, lists, sightings):
        yield
        _say(said, entries, found, strangers)
    for each in taken:
        for talk in shelf[each.digest].talks if each.digest in shelf else ():
            yield
            _hear(talk, entries, found, strangers)
    for heard in standing.heard.values():
        yield
        _hear(heard.talk, entries, found, strangers)
    for device in site.devices:
        yield
        entries[device.asset].devices.append(standing.devices.get(device.id, device.id))
    waiting = tuple(each.name for each in taken if each.digest not in shelf)
    captured = bool(standing.heard) or any(
        each.form in (Form.PCAP, Form.ZEEK) and each.digest in shelf for each in taken
    )
    return Ledger(entries, strangers.all(), waiting, captured)


def _entries(site: Site, paper: Declared) -> Steps[dict[AssetId, Entry]]:
    """One entry an asset in the order of the site file, but what an asset is part of before it."""
    assets = {asset.id: asset for asset in site.assets}
    entries: dict[AssetId, Entry] = {}
    for asset in site.assets:
        yield
        path = [asset]
        while (above := AssetId(paper[path[-1].id].get("parent", ""))) in assets and above not in entries:
            if assets[above] in path:
                break  # a circle in the declaration; the site check says so
            path.append(assets[above])
        for each in reversed(path):
            if each.id not in entries:
                holder = AssetId(paper[each.id].get("parent", ""))
                entries[each.id] = Entry(each, entries.get(holder), paper[each.id])
    return entries


def _say(said: Statement, entries: Mapping[AssetId, Entry], found: Index, strangers: Strangers) -> None:
    """Give a statement to the asset that it speaks about, or to a device that nobody declared."""
    matched = (AssetId(said.asset), "device") if said.asset in found.assets else found.find(said.fields)
    if matched is None:
        strangers.add(said)
        return
    entries[matched[0]].said.append(Match(said, matched[1]))
    if said.source is Source.IMPORTED and matched[1] in ("asset id", "serial"):
        found.lend(matched[0], said.fields)


def _hear(talk: Talk, entries: Mapping[AssetId, Entry], found: Index, strangers: Strangers) -> None:
    """Give a conversation to the assets at its ends, or to whoever nobody declared."""
    asker, answerer = found.at(talk.asker), found.at(f"{talk.answerer}:{talk.port}") or found.at(talk.answerer)
    if asker is not None:
        entries[asker].asked.append(talk)
    else:
        strangers.meet(talk.asker, talk, answerer, asks=True)
    if answerer is not None:
        entries[answerer].answered.append(talk)
    else:
        strangers.meet(talk.answerer, talk, asker, asks=False)


def _settle(entry: Entry, given: Mapping[str, str]) -> tuple[dict[str, str], Mapping[str, str]]:
    """Which values count (declared, else observed, else the newest imported, else given; READ_FIRST apart), and which
    of them are passed on to the parts.
    """
    counts: dict[str, str] = {}
    read: set[str] = set()  # what the equipment itself says
    for source in (Source.IMPORTED, Source.OBSERVED):
        for match in entry.said:
            if match.said.source is source:
                for name, text in match.said.fields.items():
                    if is_known(text) or name not in counts:
                        counts[name] = text
                    if source is Source.OBSERVED and is_known(text):
                        read.add(name)
    for name, text in entry.declared.items():
        if name not in counts or (is_known(text) and not (name in READ_FIRST and name in read)):
            counts[name] = text
    own = {name: text for name, text in counts.items() if name in INHERITED and is_known(text)}
    for name, text in given.items():
        if not is_known(counts.get(name, "")):
            counts[name] = text
    return counts, {**given, **own} if own else given


def addresses(entry: Entry) -> frozenset[str]:
    """Hosts that the site file gives an asset."""
    return frozenset(host(each) for each in parts(entry.declared.get("address", "")))


def talks(entry: Entry) -> Iterable[Talk]:
    """Every conversation that an asset took part in."""
    yield from entry.answered
    yield from entry.asked
