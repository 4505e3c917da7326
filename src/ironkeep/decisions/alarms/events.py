"""Alarm conditions that facts and trust bring: a lost device, many lost at once, a changed setting, a lost trust.

A lost gateway is one alarm whose members are the assets behind it; when most endpoints are lost they are one alarm
together. Where trust is lost for a reason that an operator must act on, that is an alarm of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ironkeep.decisions.alarms.memory import Drift, Standing
from ironkeep.decisions.alarms.policy import Policy
from ironkeep.decisions.alarms.watch import BY_EVENT
from ironkeep.model.alarm import AlarmRule, Comparison
from ironkeep.model.gather import fits
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.link import Link
from ironkeep.model.trust import Judged

__all__ = ["BY_EVENT", "Happening", "happening"]

MEMBERS_MAX = 300  # assets named in one fact, which has 64 KiB, an id up to 128 characters; the count is in the value

CHANGES_NAMED_MAX = 20  # settings named in one alarm; each change is a fact of its own


@dataclass(frozen=True, slots=True)
class Happening:
    """One condition that is true now."""

    value: str
    limit: str
    cause: str | None
    members: tuple[str, ...] = ()
    newest: int = 0  # seq of the newest fact that it comes from, where more may follow on the same asset


def happening(
    standing: Standing, judged: Judged, links: tuple[Link, ...], policy: Policy
) -> dict[tuple[str, str], Happening]:
    """Every such condition by rule and asset."""
    found: dict[tuple[str, str], Happening] = {}
    for rule in policy.rules:
        match rule.compare:
            case Comparison.LOST:
                found |= {(rule.id, asset): seen for asset, seen in _lost(rule, standing, judged, links, policy)}
            case Comparison.CHANGED:
                found |= {(rule.id, asset): seen for asset, seen in _changed(rule, standing, policy)}
            case Comparison.TRUST:
                found |= {(rule.id, asset): seen for asset, seen in _trust(rule, standing, judged, policy)}
    return found


def _endpoints(links: tuple[Link, ...], policy: Policy) -> int:
    """How many addresses are spoken to."""
    address = {device.id: (device.host, device.port) for device in policy.site.devices}
    return len({address.get(link.device, (link.device, 0)) for link in links})


def _lost(
    rule: AlarmRule, standing: Standing, judged: Judged, links: tuple[Link, ...], policy: Policy
) -> Iterator[tuple[str, Happening]]:
    declared = {device.id for device in policy.site.devices}
    lost = {device: each for device, each in standing.lost.items() if device in declared}
    total = _endpoints(links, policy)
    many = len(lost) >= 3 and len(lost) >= policy.mass_share * total
    if rule.limit > 1:
        if many:
            names = tuple(sorted({each.asset for each in lost.values()}))[:MEMBERS_MAX]
            newest = max(lost.values(), key=lambda each: each.fact)
            yield str(policy.site.id), Happening(f"{len(lost)} of {total} endpoints silent", "", newest.fact, names)
        return
    for device, each in sorted(lost.items()):
        if many and not _stands(standing, rule.id, each.asset):
            continue  # part of the one alarm for all
        members = _behind(DeviceId(device), judged, policy)
        value = f"{device} silent, {len(members)} {'asset' if len(members) == 1 else 'assets'} behind it"
        yield each.asset, Happening(value, "", each.fact, members[:MEMBERS_MAX])


def _stands(standing: Standing, rule: str, asset: str) -> bool:
    return any(a.rule == rule and a.asset == asset and a.returned_us is None for a in standing.alarms.values())


def _behind(device: DeviceId, judged: Judged, policy: Policy) -> tuple[str, ...]:
    """The assets read through the endpoint of a device."""
    mine = next((d for d in policy.site.devices if d.id == device), None)
    members = {device}
    if mine is not None:
        members = {d.id for d in policy.site.devices if (d.host, d.port) == (mine.host, mine.port)}
    found: dict[str, None] = {}
    for frame in judged.frames:
        for asset, owner in zip(frame.layout.assets, frame.layout.devices, strict=True):
            if owner in members:
                found[str(asset)] = None
    return tuple(sorted(found))


def _changed(rule: AlarmRule, standing: Standing, policy: Policy) -> Iterator[tuple[str, Happening]]:
    """One alarm an asset, naming the protective settings of it that changed."""
    by_asset: dict[str, list[str]] = {}
    newest: dict[str, Drift] = {}
    for drift in standing.drifts.values():
        if fits(drift.point, rule.point) and _fits(rule, drift.asset, policy):
            words = f"{drift.point} {drift.before} → {drift.after} {drift.unit}".strip() + f" ({drift.meaning})"
            by_asset.setdefault(drift.asset, []).append(words)
            newest[drift.asset] = max(newest.get(drift.asset, drift), drift, key=lambda each: each.seq)
    for asset, words_ in by_asset.items():
        named = sorted(words_)[:CHANGES_NAMED_MAX]
        more = [f"and {len(words_) - len(named)} more"] if len(words_) > len(named) else []
        yield asset, Happening("; ".join([*named, *more]), "", newest[asset].fact, newest=newest[asset].seq)


def _trust(rule: AlarmRule, standing: Standing, judged: Judged, policy: Policy) -> Iterator[tuple[str, Happening]]:
    for asset, trust in judged.trust.items():
        if trust.state.rank < rule.limit:
            continue
        fitting = [reason for reason in trust.news if fits(reason.code, rule.point)]
        if fitting and _fits(rule, str(asset), policy):
            words = "; ".join(reason.text for reason in fitting)
            yield str(asset), Happening(f"{trust.state}: {words}", "", standing.trust_facts.get(str(asset)))


def _fits(rule: AlarmRule, asset: str, policy: Policy) -> bool:
    """Is the asset of one of the rule's kinds? An undeclared asset is of none."""
    if not rule.asset_kinds:
        return True
    declared = policy.site.asset(AssetId(asset))
    return declared is not None and str(declared.kind) in rule.asset_kinds
