"""What is open about each asset: what no source answers, what sources answer differently, what ran out.

A gap is words about one asset; why it matters and what to do is knowledge of packs/gaps. Unknown, not announced and
past are three answers, never one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from ironkeep.decisions.inventory import network
from ironkeep.decisions.inventory.mandatory import ISOLATED, MANDATORY, missing
from ironkeep.decisions.inventory.memory import Seen
from ironkeep.decisions.inventory.policy import Policy
from ironkeep.decisions.inventory.reconcile import Entry, Ledger, addresses
from ironkeep.decisions.inventory.statements import Statement, day, host, is_known, parts
from ironkeep.model.ids import AssetId
from ironkeep.model.register import NOT_ANNOUNCED, GapKind, Source
from ironkeep.model.site import AssetKind
from ironkeep.model.time import SECOND_US, rfc3339

DAY_US = 86_400 * SECOND_US
EXPECTED_SILENT = ("planned", "spare")
NONE = "none"  # of isolation: the paper says that there is none
OWN_GAP = {
    "location": GapKind.NO_LOCATION,
    "owner": GapKind.NO_OWNER,
    "contact": GapKind.NO_CONTACT,
    "isolation": GapKind.NO_ISOLATION,
    "purpose": GapKind.PURPOSE_UNKNOWN,
    "chemistry": GapKind.CHEMISTRY_UNKNOWN,
    "parent": GapKind.NO_PARENT,
    "design_life_until": GapKind.LIFE_UNKNOWN,
    "support_until": GapKind.SUPPORT_UNKNOWN,
    "calibrated_until": GapKind.CALIBRATION_UNKNOWN,
    "inspected_until": GapKind.INSPECTION_UNKNOWN,
    "patch_window": GapKind.PATCH_UNKNOWN,
    "credentials": GapKind.CREDENTIALS_UNKNOWN,
    "firmware": GapKind.VERSION_UNKNOWN,
}
"""Mandatory fields whose absence is a gap of its own; the rest are told together."""
COMPARED = (
    *("kind", "maker", "model", "serial", "mac", "firmware", "hardware", "chemistry", "purpose", "parent", "owner"),
    *(
        "state",
        "isolation",
        "credentials",
        "installed_on",
        "design_life_until",
        "support_until",
        "calibrated_until",
        "inspected_until",
    ),
)
DATED = (
    ("design_life_until", GapKind.LIFE_ENDED, "its design life ended"),
    ("support_until", GapKind.SUPPORT_ENDED, "support ended"),
    ("calibrated_until", GapKind.CALIBRATION_OVERDUE, "its calibration ran out"),
    ("inspected_until", GapKind.INSPECTION_OVERDUE, "its inspection was due"),
)


def find(ledger: Ledger, policy: Policy, today: date) -> None:
    """Write every gap into its entry."""
    serials = _serials(ledger.entries.values())
    counted = _counts(ledger, policy)
    asked = any(isinstance(device, Seen) for entry in ledger.entries.values() for device in entry.devices)
    for entry in ledger.entries.values():
        if entry.known("state") not in network.GONE:
            _paper(entry)
            _dates(entry, policy, today)
            _presence(entry, counted, asked=asked, captured=ledger.captured)
        if (state := network.retired(entry)) and (words := network.talking(entry)) is not None:
            entry.gaps[GapKind.RETIRED_TALKING] = f"{state}; {words}"
        _identity(entry, serials)
        entry.gaps.update(network.gaps(entry))
    for stranger in ledger.strangers:
        for written in stranger.written:
            words = f"{stranger.key} wrote to it, and no asset of the site file has that address"
            ledger.entries[written].gaps.setdefault(GapKind.WRITER_UNKNOWN, words)


def _paper(entry: Entry) -> None:
    """What no source answers, and what is said to be unknown."""
    others = []
    for name in missing(entry):
        said_unknown = bool(entry.effective.get(name))
        kind = OWN_GAP.get(name)
        if kind is GapKind.VERSION_UNKNOWN and not entry.devices and not is_known(entry.declared.get("address", "")):
            kind = None  # nothing to read it from: one of the fields that paper must give
        if kind is None:
            others.append(f"{name} (said to be unknown)" if said_unknown else name)
        else:
            entry.gaps[kind] = "said to be unknown" if said_unknown else "no source says"
    if others:
        entry.gaps[GapKind.FIELDS_MISSING] = ", ".join(others).replace("_", " ")
    if entry.asset.kind in ISOLATED and entry.known("isolation") == NONE:
        entry.gaps[GapKind.NO_ISOLATION] = "the paper says that there is none"
    above = entry.declared.get("parent", "")
    if above and entry.above is None:
        entry.gaps[GapKind.NO_PARENT] = f"{above} is not in the site file"
    if entry.known("credentials") in ("shared", "default"):
        entry.gaps[GapKind.CREDENTIALS_SHARED] = (
            f"{entry.known('credentials')}, as {_who_says(entry, 'credentials')} says"
        )


def _who_says(entry: Entry, name: str) -> str:
    if is_known(entry.declared.get(name, "")):
        return "the site file"
    return next(
        (match.said.origin for match in reversed(entry.said) if match.said.fields.get(name)), "what is above it"
    )


def _dates(entry: Entry, policy: Policy, today: date) -> None:
    """What ran out, and what runs out within its lead time. A part is not told again what its whole is told."""
    for name, kind, words in DATED:
        text = entry.known(name)
        if not text or text.casefold() == NOT_ANNOUNCED or name not in MANDATORY[entry.asset.kind]:
            continue
        until = day(text)
        if until is None:
            entry.gaps[GapKind.VALUES_CONFLICT] = f"{name.replace('_', ' ')} is {text!r}, which is no date"
        elif until < today:
            entry.gaps[kind] = f"{words} on {until.isoformat()}, {(today - until).days} days ago"
        else:
            _soon(entry, name, until, policy, today)


def _soon(entry: Entry, name: str, until: date, policy: Policy, today: date) -> None:
    days = (until - today).days
    if name == "design_life_until" and days <= policy.life_lead_days:
        entry.gaps[GapKind.LIFE_ENDING] = f"ends on {until.isoformat()}, in {days} days"
    if name == "support_until" and days <= policy.support_lead_days and not entry.known("migration"):
        entry.gaps[GapKind.SUPPORT_ENDING] = f"ends on {until.isoformat()}, in {days} days; no migration plan is named"


def _presence(
    entry: Entry, counted: Mapping[AssetKind, tuple[str, set[AssetId]]], *, asked: bool, captured: bool
) -> None:
    """Declared and never met, or met once and silent since."""
    if entry.known("state") in EXPECTED_SILENT:
        return
    met = [d for d in entry.devices if isinstance(d, Seen) and d.reached_us]
    silent = [d for d in met if d.lost_us]
    if silent:
        since = rfc3339(min(device.lost_us for device in silent), digits=0)
        entry.gaps[GapKind.ACTIVE_SILENT] = f"{', '.join(device.device for device in silent)} silent since {since}"
    elif asked and len(met) < len(entry.devices):
        names = ", ".join(d.device if isinstance(d, Seen) else str(d) for d in entry.devices if d not in met)
        entry.gaps[GapKind.MISSING_DEVICE] = f"{names}: declared, never answered"
    elif captured and not entry.devices and addresses(entry) and not network.seen(entry):
        entry.gaps[GapKind.ACTIVE_SILENT] = f"{entry.declared['address']} does not appear in any capture"
    name, present = counted.get(entry.asset.kind, ("", set()))
    if name and entry.id not in present:
        entry.gaps.setdefault(GapKind.MISSING_DEVICE, f"not in {name}, which counts this kind")


def _counts(ledger: Ledger, policy: Policy) -> dict[AssetKind, tuple[str, set[AssetId]]]:
    """Kinds of which a list names so many that it is a count of them: the newest such list and whom it names."""
    total = Counter(entry.asset.kind for entry in ledger.entries.values())
    named: dict[tuple[int, str], dict[AssetKind, set[AssetId]]] = {}
    for entry in ledger.entries.values():
        for match in entry.said:
            if match.said.source is Source.IMPORTED:
                kinds = named.setdefault((match.said.seq, match.said.origin), {})
                kinds.setdefault(entry.asset.kind, set()).add(entry.id)
    found: dict[AssetKind, tuple[str, set[AssetId]]] = {}
    for (_, name), kinds in sorted(named.items()):
        for kind, present in kinds.items():
            if 100 * len(present) > policy.count_share_pct * total[kind]:
                found[kind] = (name, present)
    return found


def _serials(entries: Iterable[Entry]) -> dict[str, set[AssetId]]:
    """Which assets a serial number is given to, by any source."""
    found: dict[str, set[AssetId]] = {}
    for entry in entries:
        for fields in (entry.declared, *(match.said.fields for match in entry.said)):
            if is_known(text := fields.get("serial", "")):
                found.setdefault(text.casefold(), set()).add(entry.id)
    return found


def _identity(entry: Entry, serials: Mapping[str, set[AssetId]]) -> None:
    """Is it what the paper says it is, and nothing else too?"""
    for fields in (entry.declared, *(match.said.fields for match in entry.said)):
        others = serials.get(fields.get("serial", "").casefold(), set()) - {entry.id}
        if others:
            shown = ", ".join(sorted(others)[:4])
            entry.gaps[GapKind.SERIAL_TWICE] = f"{fields['serial']} is also that of {shown}"
    if not entry.said:
        return
    if words := version_words(entry):
        entry.gaps[GapKind.VERSION_DIFFERS] = words
    if words := ", ".join(_elsewhere(entry)):
        entry.gaps[GapKind.ADDRESS_MOVED] = f"{', '.join(sorted(addresses(entry)))} on paper, {words}"
    if words := "; ".join(_conflicts(entry)):
        entry.gaps[GapKind.VALUES_CONFLICT] = words


def _elsewhere(entry: Entry) -> Iterable[str]:
    """Addresses that others give an asset which has another one on paper, each with who says so."""
    mine = addresses(entry)
    told: set[str] = set()
    for match in entry.said if mine else ():
        for each in parts(match.said.fields.get("address", "")):
            if is_known(each) and match.by != "address" and host(each) not in mine and host(each) not in told:
                told.add(host(each))
                yield f"{each} in {match.said.origin} ({match.said.place})"


def version_words(entry: Entry) -> str:
    """How the version on paper and the version read differ; empty where they agree or one is not known."""
    read: dict[str, Statement] = {}  # the newest statement of each version that was read
    paper = {"the site file": entry.declared.get("firmware", "")}
    for said in (match.said for match in entry.said):
        text = said.fields.get("firmware", "")
        if said.source is Source.IMPORTED:
            paper[said.origin] = text
        elif is_known(text):
            read.pop(_plain(text), None)
            read[_plain(text)] = said
    for version, said in reversed(read.items()):
        for where, text in paper.items():
            if is_known(text) and _plain(text) != version:
                return f"{where} says {text}, {said.place} itself says {said.fields['firmware']}"
    return ""


def _conflicts(entry: Entry) -> Iterable[str]:
    """Fields to which sources give different answers, each with who says what."""
    sources = (("the site file", entry.declared), *((m.said.origin, m.said.fields) for m in entry.said))
    for name in COMPARED:
        texts = [(fields[name], where) for where, fields in sources if name in fields]
        if len(texts) < 2 or len({text for text, _ in texts}) == 1:
            continue
        said = {_same(name, text): (text, where) for text, where in reversed(texts) if is_known(text)}
        if len(said) > 1 and not (name == "firmware" and GapKind.VERSION_DIFFERS in entry.gaps):
            told = ", ".join(f"{text} ({where})" for text, where in reversed(said.values()))
            yield f"{name.replace('_', ' ')}: {told}"


def _same(name: str, text: str) -> str:
    """What a value is compared by: a list of isolation points says the same in any order."""
    return ",".join(sorted(map(_plain, parts(text)))) if name == "isolation" else _plain(text)


def _plain(text: str) -> str:
    """The text as it is compared: no case, no runs of blanks."""
    return " ".join(text.casefold().split())
