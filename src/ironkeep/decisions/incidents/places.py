"""Which bank an asset belongs to, so that alarms of one place become one case."""

from ironkeep.model.alarm import IncidentClass
from ironkeep.model.ids import AssetId, parent
from ironkeep.model.site import Asset, AssetKind, Site

SITE_WIDE = (IncidentClass.COMMUNICATIONS, IncidentClass.DISCHARGE, IncidentClass.GRID)
"""Classes whose alarms have one cause for the whole site more often than not: one case, naming every bank."""


def bank_of(site: Site, asset: str) -> str:
    """The bank that an asset is, stands inside, feeds, is fed by, or shares its room with; else its uppermost part."""
    at: AssetId | None = AssetId(asset)
    while at is not None:
        declared = site.asset(at)
        if declared is not None:
            found = _bank(site, declared)
            if found:
                return found
        at = parent(at)
    return asset.partition(".")[0]


def _bank(site: Site, asset: Asset) -> str:
    if asset.kind is AssetKind.BANK:
        return asset.id
    banks = [each for each in site.assets if each.kind is AssetKind.BANK]
    room = asset.id if asset.kind is AssetKind.ROOM else asset.room
    for bank in banks:
        if (room is not None and bank.room == room) or asset.id in bank.feeds or bank.id in asset.feeds:
            return bank.id
    return ""


def banks_of(site: Site, assets: tuple[str, ...]) -> tuple[str, ...]:
    """The declared banks among the places of assets, sorted."""
    declared = {each.id for each in site.assets if each.kind is AssetKind.BANK}
    return tuple(sorted({bank for asset in assets if (bank := bank_of(site, asset)) in declared}))


def place_of(site: Site, incident_class: IncidentClass, asset: str) -> str:
    """What alarms of one case share beside their class: the bank, or the whole site."""
    return str(site.id) if incident_class in SITE_WIDE else bank_of(site, asset)
