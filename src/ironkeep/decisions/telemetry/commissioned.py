"""What was known against each asset when it was commissioned: it keeps the asset at DEGRADED and hides nothing new.

Worked out again only when devices, columns, heartbeats or hand readings are others: on most turns nothing is.
"""

from ironkeep.decisions.telemetry import beats, hands, reasons
from ironkeep.decisions.telemetry.calibration import Calibration, calibrations
from ironkeep.decisions.telemetry.memory import Commissioned, Memory
from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.ids import AssetId, parent
from ironkeep.model.picture import Picture
from ironkeep.model.site import AssetKind
from ironkeep.model.time import Now
from ironkeep.model.trust import TrustReason

TRIP = "trip_"


def known(memory: Memory, plan: Plan, sight: Picture, pulse: beats.Pulse, policy: Policy, now: Now) -> Commissioned:
    """What was known at commissioning, the old answer where nothing changed."""
    banks = frozenset(a.id for a in policy.site.assets if a.kind is AssetKind.BANK) if memory.standing.hands else ()
    witnessed = frozenset(bank for bank in banks if hands.witnessing(memory.standing.hands, bank, now))
    key = (plan.digests, tuple((link.device, link.authenticated) for link in sight.links), pulse.having, witnessed)
    if memory.known is not None and memory.known.key == key:
        return memory.known
    dated = calibrations(policy)
    return Commissioned(key, _standing(plan, sight, pulse, policy, witnessed, dated), dated)


def _standing(
    plan: Plan,
    sight: Picture,
    pulse: beats.Pulse,
    policy: Policy,
    witnessed: frozenset[AssetId],
    dated: tuple[Calibration, ...],
) -> dict[AssetId, tuple[TrustReason, ...]]:
    """Every asset with a device of its own, and what was known against it at commissioning."""
    tops = {link.asset for link in sight.links}
    found: dict[AssetId, tuple[TrustReason, ...]] = {}
    proven = {device.id: device.sign_proven for device in policy.site.devices}
    undated = _undated(dated)
    for link in sight.links:
        if _inside(link.asset, tops):
            continue
        codes = dict.fromkeys(found.get(link.asset, ()))
        if not link.authenticated:
            words = "its protocol proves neither who speaks nor that words are new"
            codes[TrustReason(reasons.UNAUTHENTICATED, words)] = None
        if plan.endpoint_of.get(link.device) not in pulse.having:
            codes[TrustReason(reasons.NO_HEARTBEAT, "no heartbeat: a frozen gateway would not be seen")] = None
        if link.asset in undated:
            words = f"no date of calibration is known of {', '.join(undated[link.asset])}, which witnesses it"
            codes[TrustReason(reasons.NO_CALIBRATION, words)] = None
        if plan.places.kinds.get(link.asset) is AssetKind.BANK:
            bank = _bank(link.asset, plan, policy, proven.get(link.device, False), link.asset in witnessed)
            codes |= dict.fromkeys(bank)
        found[link.asset] = tuple(codes)
    return found


def _undated(dated: tuple[Calibration, ...]) -> dict[AssetId, list[str]]:
    found: dict[AssetId, list[str]] = {}
    for each in dated:
        if each.until_us is None:
            for asset in each.witnessed:
                found.setdefault(asset, []).append(each.instrument)
    return found


def _inside(asset: AssetId, tops: set[AssetId]) -> bool:
    """Does the asset lie below one of the others?"""
    at = parent(asset)
    while at is not None and at not in tops:
        at = parent(at)
    return at is not None


def _bank(asset: AssetId, plan: Plan, policy: Policy, sign_proven: bool, by_hand: bool) -> list[TrustReason]:
    declared = policy.site.asset(asset)
    out = []
    if by_hand:
        out.append(TrustReason(reasons.HAND_WITNESS, "a hand reading that agrees witnesses it for some hours"))
    elif declared is None or (not declared.witnesses and declared.room is None):
        out.append(TrustReason(reasons.NO_WITNESS, "nothing independent measures what it reports"))
    if not sign_proven:
        out.append(TrustReason(reasons.SIGN_UNPROVEN, "the direction of current was never tested against a meter"))
    if not any(name.startswith(TRIP) and asset in plan.places.offering(name) for name in plan.places.where):
        out.append(TrustReason(reasons.NO_LIMITS, "protective limits not readable"))
    return out
