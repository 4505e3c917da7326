"""Which differences between the sources are events of security or of the field: they enter the OT queue (S44).

An undeclared device that was overheard, a version that is not the one on paper, an interface that nobody declared,
retired equipment that talks. Every other gap is worked out by whoever looks. The room thinks again only when a source
says something else, and then some steps a turn (`study.py`); while an import's text is not at hand nothing is closed,
for missing data clears nothing (S26).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import attrgetter

from ironkeep.decisions.inventory import network
from ironkeep.decisions.inventory.gaps import version_words
from ironkeep.decisions.inventory.match import Stranger
from ironkeep.decisions.inventory.memory import (
    ACTOR,
    Basis,
    Found,
    Memory,
    Standing,
    Suspicion,
    answering,
    findings,
)
from ironkeep.decisions.inventory.policy import Policy
from ironkeep.decisions.inventory.reconcile import Entry, Ledger, reconciling
from ironkeep.decisions.inventory.study import Steps, Study
from ironkeep.facts.envelope import Draft
from ironkeep.facts.telemetry import FindingClosed, FindingOpened
from ironkeep.model.finding import Finding, FindingKind
from ironkeep.model.ids import derive
from ironkeep.model.register import Import, Source
from ironkeep.model.time import Now

Key = tuple[str, str]
Shelf = Mapping[str, Import]
MORE = "more"
RANK = attrgetter("rank")
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
    held = frozenset(each.digest for each in memory.standing.imports.values() if each.digest in sight)
    today = Basis(memory.version, memory.standing, held)
    if _outdated(memory, today):
        memory = _think(memory, today, sight, policy)
        if memory.study is not None:  # the end is not reached in this turn
            return memory, findings(memory), ()
    assert memory.found is not None
    assert memory.basis is not None
    closed = _closed(memory, memory.found) if memory.basis.whole else ()
    return memory, findings(memory), (*_opened(memory, memory.found, now), *closed)


def _outdated(memory: Memory, today: Basis) -> bool:
    """Did a source say something else since it was last thought through?"""
    basis, found = memory.basis, memory.found
    if memory.study is not None or basis is None or found is None or basis.version != today.version:
        return True
    answered, answer = (answering(each.standing, found.gone) for each in (basis, today))
    return answered != answer or not basis.same_imports(today)


def _think(memory: Memory, today: Basis, sight: Shelf, policy: Policy) -> Memory:
    """The memory after one turn's steps of thought. A thought is brought to its end even when equipment says something
    new meanwhile, else equipment that never rests would let none end; with other imports it begins again.
    """
    study, basis, steps = memory.study, memory.pondered, memory.steps
    if study is None or basis is None or not basis.same_imports(today):
        shelf = {digest: sight[digest] for digest in today.held}
        study = Study(partial(_thought, policy, memory.standing, shelf))
        basis, steps = today, 0
    steps += policy.steps_max
    found = study.after(steps)
    if found is None:
        return replace(memory, pondered=basis, study=study, steps=steps)
    return replace(memory, basis=basis, found=found, pondered=None, study=None, steps=0)


def _thought(policy: Policy, standing: Standing, shelf: Shelf) -> Steps[Found]:
    """The whole thought: who is who, then what should be found."""
    ledger = yield from reconciling(policy.site, standing, shelf)
    return (yield from suspecting(ledger, policy))


def suspecting(ledger: Ledger, policy: Policy) -> Steps[Found]:
    """The findings that should stand; beyond the limit the last says how many more there are."""
    found: dict[Key, Suspicion] = {}
    strangers, count = yield from _first(ledger.strangers, policy.findings_max)
    for stranger in strangers:
        yield
        found[(_near(stranger), f"device:{stranger.key}")] = _stranger(stranger)
    gone: set[str] = set()
    for entry in ledger.entries.values():
        yield
        if network.retired(entry):
            gone.add(str(entry.id))
        if entry.said or entry.answered or entry.asked or entry.devices:
            told = yield from _suspicions(entry)
            count += len(told)
            if len(found) < policy.findings_max:
                found.update(told)
    if count > policy.findings_max:
        found = dict(islice(found.items(), policy.findings_max - 1))
        words = f"{count - len(found)} further differences; the gaps page lists them"
        found[(policy.site.id, MORE)] = Suspicion(FindingKind.UNKNOWN_DEVICE, words, "exact")
    return Found(frozenset(gone), found)


def _first(strangers: Iterable[Stranger], limit: int) -> Steps[tuple[list[Stranger], int]]:
    """The first of the strangers that were overheard, in the order of their rank, and how many there are."""
    kept: list[Stranger] = []
    count = 0
    for stranger in strangers:
        yield
        if stranger.talks or any(said.source is Source.OBSERVED for said in stranger.said):
            count += 1
            kept.append(stranger)
            if len(kept) > 2 * limit:
                kept = sorted(kept, key=RANK)[:limit]
    return sorted(kept, key=RANK)[:limit], count


def _suspicions(entry: Entry) -> Steps[dict[Key, Suspicion]]:
    """What should be found of one asset."""
    found: dict[Key, Suspicion] = {}
    if words := version_words(entry):
        found[(entry.id, "version")] = Suspicion(FindingKind.VERSION_DIFFERS, words, "exact", "T0857")
    if words := (yield from network.undeclared(entry)):
        found[(entry.id, "interface")] = Suspicion(FindingKind.INTERFACE_UNDECLARED, words, "likely", "T0886")
    if (state := network.retired(entry)) and (words := network.talking(entry) or ""):
        sure = "exact" if entry.known("state") in network.GONE else "likely"  # two papers differ: one of them is wrong
        found[(entry.id, "retired")] = Suspicion(FindingKind.RETIRED_TALKING, f"{state}; {words}", sure)
    return found


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


def _opened(memory: Memory, found: Found, now: Now) -> Iterator[Draft]:
    """FindingOpened for what is not open yet, or open in other words."""
    known = {(f.asset, f.code, f.what) for f in memory.standing.findings.values()}
    for (asset, code), suspicion in sorted(found.suspicions.items(), key=lambda item: item[0]):
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


def _closed(memory: Memory, found: Found) -> Iterator[Draft]:
    """FindingClosed for what is no longer so, or is open in words that are no longer true."""
    for finding in findings(memory):
        suspicion = found.suspicions.get((finding.asset, finding.code))
        if suspicion is None or suspicion.what != finding.what:
            yield Draft(FindingClosed(finding.id, finding.asset, "no longer so, by what the sources say now"), ACTOR)
