"""The manual-check card: what a person should measure on an asset that the screen cannot vouch for (TEL-07).

One item a reading: which point, where, with what, and why. The card asks for readings at panels and test sockets; it
says of nothing that it may be opened or touched (S11), and a reading it asks for becomes a witness once it is recorded.
"""

from collections.abc import Iterable

import msgspec

from ironkeep.model.check import Check, Relation
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.site import Site
from ironkeep.model.trust import AssetTrust, Trust, TrustReason

LOCAL_POINTS = ("voltage_v", "current_a", "soc_pct", "cell_temperature_max_c")  # what a battery's own panel shows
CAUTION = "Read panels and test sockets only. Opening an enclosure takes a permit; modules inside stay live."
INSTRUMENTS = {
    "v": "voltmeter of class 0.5 or better, rated for the DC voltage of the string",
    "a": "DC clamp meter, zeroed at the place",
    "w": "voltmeter and DC clamp together, read at one moment",
    "wh": "the counter's own display, read twice an hour apart",
    "c": "contact or infrared thermometer",
    "pct": "the display of the battery's own panel",
    "ohm": "the display of the insulation relay",
}
PANEL = "the display of the device's own panel"


class CheckItem(msgspec.Struct, frozen=True, order=True):
    """One thing to read: the point of an asset (empty where words must do), with what, and why."""

    asset: AssetId
    point: PointName
    instrument: str
    why: str


class CheckCard(msgspec.Struct, frozen=True):
    """The card of one asset: its place, what is held against it, what to read, and what to keep away from."""

    asset: AssetId
    name: str
    location: str
    state: Trust
    reasons: tuple[str, ...]
    items: tuple[CheckItem, ...]
    caution: str = CAUTION


def check_card(trust: AssetTrust, site: Site, checks: Iterable[Check]) -> CheckCard | None:
    """The card of an asset; None where nothing new is held against it, so that nobody is sent for nothing."""
    if trust.state in (Trust.TRUSTED, Trust.DEGRADED) and not trust.news:
        return None
    by_id = {check.id: check for check in checks}
    items: dict[tuple[AssetId, PointName], CheckItem] = {}
    for reason in trust.news:
        for item in _items(trust.asset, reason, site, by_id):
            items.setdefault((item.asset, item.point), item)
    declared = site.asset(trust.asset)
    return CheckCard(
        asset=trust.asset,
        name=(declared.name if declared else "") or trust.asset,
        location=declared.location if declared else "",
        state=trust.state,
        reasons=tuple(reason.text for reason in trust.news),
        items=tuple(items.values()),
    )


def _items(asset: AssetId, reason: TrustReason, site: Site, checks: dict[str, Check]) -> list[CheckItem]:
    family, _, rest = reason.code.partition(":")
    name = rest.partition(".")[0]
    if family == "verify" and name == "hand":
        return [_item(asset, PointName(rest.removeprefix("hand.")), "read it again, with another instrument")]
    if family in ("verify", "frozen") and name in checks:
        return _sides(asset, checks[name], site)
    if family == "calibration":
        return [CheckItem(AssetId(name), PointName(""), "the label of the instrument", reason.text)]
    if family == "changed":
        return [CheckItem(asset, PointName(""), PANEL, reason.text)]
    if family == "part":
        return [CheckItem(AssetId(rest), PointName(""), "its own card", reason.text)]
    return [_item(asset, PointName(point), reason.text) for point in LOCAL_POINTS]


def _sides(asset: AssetId, check: Check, site: Site) -> list[CheckItem]:
    """Both sides of a check: the point itself, and what it was compared with wherever that stands."""
    found = [_item(asset, check.point, check.text)]
    declared = site.asset(asset)
    if check.relation in (Relation.WITNESS, Relation.WAY, Relation.ENERGY) and declared is not None:
        for witness in declared.witnesses:
            stands = site.asset(witness)
            if stands is not None and (not check.witness_kinds or stands.kind in check.witness_kinds):
                found.append(_item(witness, check.other, check.text))
    elif check.relation is Relation.ROOM and declared is not None and declared.room is not None:
        found.append(_item(declared.room, check.other, check.text))
    elif check.relation is Relation.ENCLOSED and declared is not None and declared.room is not None:
        found = [_item(declared.room, check.point, check.text), _item(asset, check.other, check.text)]
    elif check.other != check.point:
        found.append(_item(asset, check.other, check.text))
    return found


def _item(asset: AssetId, point: PointName, why: str) -> CheckItem:
    return CheckItem(asset, point, INSTRUMENTS.get(point.rpartition("_")[2], PANEL), why)
