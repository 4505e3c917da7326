"""Which differences between the sources are events of security or of the field: they enter the OT queue (S44).

An undeclared device that was overheard, a version that is not the one on paper, an interface that nobody declared,
retired equipment that talks. Every other gap is worked out by whoever looks. The room thinks again only when a source
says something else; while an import's text is not at hand nothing is closed, for missing data clears nothing (S26).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ironkeep.decisions.inventory import network
from ironkeep.decisions.inventory.gaps import GONE, version_words
from ironkeep.decisions.inventory.match import Stranger
from ironkeep.decisions.inventory.memory import ACTOR, Memory, Suspicion, Wanted, answering, findings
from ironkeep.decisions.inventory.policy import Policy
from ironkeep.decisions.inventory.reconcile import Ledger, reconcile
from ironkeep.decisions.inventory.statements import declared
from ironkeep.facts.envelope import Draft
from ironkeep.facts.telemetry import FindingClosed, FindingOpened
from ironkeep.model.finding import Finding, FindingKind
from ironkeep.model.ids import derive
from ironkeep.model.register import GapKind, Import, Source
from ironkeep.model.time import Now

Key = tuple[str, str]
Shelf = Mapping[str, Import]
MORE = "more"
NEXT_STEPS = {
    FindingKind.UNKNOWN_DEVICE: "find out where it is plugged in and whose it is; then declare it or have it removed",
    FindingKind.VERSION_DIFFERS: "ask who changed it and when; then correct the paper, or have the version restored",
    FindingKind.INTERFACE_UNDECLARED: "declare the interface in the site file, or have it switched off",
    FindingKind.RETIRED_TALKING: "see on site what still has power; disconnect it, or correct its state on paper",
}


def decide(
    memory: Memory, sight: Shelf, policy: Policy, now: Now
) -> tuple[Memory, tuple[Finding, ...], tuple[Draft, ...]]:
    """The findings of this room as they stand, and the drafts of what changed; `sight` maps digest to import."""
    taken = memory.standing.imports.values()
    held = frozenset(each.digest for each in taken if each.digest in sight)
    wanted = memory.wanted
    if wanted is None or wanted.key != _key(memory, held, wanted.gone):
        paper = memory.paper or declared(policy.site)
        memory = replace(memory, paper=paper)
        ledger = reconcile(policy, memory.standing, sight, paper)
        gone = frozenset(str(entry.id) for entry in ledger.entries.values() if entry.known("state") in GONE)
        wanted = Wanted(_key(memory, held, gone), gone, suspicions(ledger, policy))
    whole = len(held) == len({each.digest for each in taken})
    drafts = (*_opened(memory, wanted, now), *(_closed(memory, wanted) if whole else ()))
    return replace(memory, wanted=wanted), findings(memory), drafts


def _key(memory: Memory, held: frozenset[str], gone: frozenset[str]) -> object:
    """What the findings rest on: what sources say, which imports are at hand, which silent equipment answers."""
    return (memory.version, held, answering(memory.standing, gone))


def suspicions(ledger: Ledger, policy: Policy) -> dict[Key, Suspicion]:
    """The findings that should stand, by asset and code; beyond the limit the last says how many more there are."""
    found: dict[Key, Suspicion] = {}
    for stranger in ledger.strangers:
        if stranger.talks or any(said.source is Source.OBSERVED for said in stranger.said):
            found[(_near(stranger), f"device:{stranger.key}")] = _stranger(stranger)
    for entry in ledger.entries.values():
        if not (entry.said or entry.answered or entry.asked or entry.devices):
            continue
        if words := version_words(entry):
            found[(entry.id, "version")] = Suspicion(FindingKind.VERSION_DIFFERS, words, "exact", "T0857")
        if words := network.gaps(entry).get(GapKind.INTERFACE_UNDECLARED, ""):
            found[(entry.id, "interface")] = Suspicion(FindingKind.INTERFACE_UNDECLARED, words, "likely", "T0886")
        if (words := network.talking(entry) or "") and entry.known("state") in GONE:
            text = f"{entry.known('state')} on paper; {words}"
            found[(entry.id, "retired")] = Suspicion(FindingKind.RETIRED_TALKING, text, "exact")
    if len(found) <= policy.findings_max:
        return found
    kept = dict(list(found.items())[: policy.findings_max - 1])
    words = f"{len(found) - len(kept)} further differences; the gaps page lists them"
    kept[(policy.site.id, MORE)] = Suspicion(FindingKind.UNKNOWN_DEVICE, words, "exact")
    return kept


def _near(stranger: Stranger) -> str:
    """The declared asset nearest to a stranger: the first that it spoke to, else the stranger's own key."""
    return min(stranger.written or stranger.asked, default=stranger.key)


def _stranger(stranger: Stranger) -> Suspicion:
    told = [text for name in ("name", "maker", "mac") if (text := stranger.value(name))]
    called = f" ({', '.join(told)})" if told else ""
    seen = stranger.said[0].origin if stranger.said else "a capture"
    if stranger.written:
        words = (
            f"{stranger.key}{called} writes to {', '.join(sorted(stranger.written)[:4])} and is not in the site file"
        )
        return Suspicion(FindingKind.UNKNOWN_DEVICE, words, "exact", "T0848")
    if stranger.asked:
        words = f"{stranger.key}{called} talks to {', '.join(sorted(stranger.asked)[:4])} and is not in the site file"
        return Suspicion(FindingKind.UNKNOWN_DEVICE, words, "exact")
    words = f"{stranger.key}{called} was seen in {seen} and is not in the site file"
    return Suspicion(FindingKind.UNKNOWN_DEVICE, words, "exact")


def _opened(memory: Memory, wanted: Wanted, now: Now) -> Iterator[Draft]:
    """FindingOpened for what is not open yet, or open in other words."""
    known = {(f.asset, f.code, f.what) for f in memory.standing.findings.values()}
    for (asset, code), suspicion in sorted(wanted.found.items(), key=lambda item: item[0]):
        if (asset, code, suspicion.what) in known:
            continue
        body = FindingOpened(
            finding=derive("finding", now.at_us, ACTOR, asset, code),
            finding_kind=str(suspicion.kind),
            asset=asset,
            what=suspicion.what,
            sure=suspicion.sure,
            next_step=NEXT_STEPS[suspicion.kind],
            attack=suspicion.attack,
            code=code,
        )
        yield Draft(body, ACTOR, observed_us=now.at_us)


def _closed(memory: Memory, wanted: Wanted) -> Iterator[Draft]:
    """FindingClosed for what is no longer so, or is open in words that are no longer true."""
    for finding in findings(memory):
        suspicion = wanted.found.get((finding.asset, finding.code))
        if suspicion is None or suspicion.what != finding.what:
            yield Draft(FindingClosed(finding.id, finding.asset, "no longer so, by what the sources say now"), ACTOR)
