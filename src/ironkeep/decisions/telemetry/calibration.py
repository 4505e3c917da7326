"""Calibration runs out (safety S35): an overdue meter or probe takes trust from all that it witnesses.

A date that is not known was not known at commissioning either: that is a standing reason. A date that has passed is
news. Either way what the instrument witnesses is DEGRADED at best.
"""

from dataclasses import dataclass
from typing import Final

from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId
from ironkeep.model.site import AssetKind
from ironkeep.model.time import Now, parse_rfc3339

INSTRUMENTS: Final = frozenset((AssetKind.METER, AssetKind.ROOM, AssetKind.GAS_DETECTION))


@dataclass(frozen=True, slots=True)
class Calibration:
    """An instrument, the last moment of its calibration (wall, microseconds; None where not known), the day as
    declared, and what it witnesses.
    """

    instrument: AssetId
    until_us: int | None
    day: str
    witnessed: tuple[AssetId, ...]

    def over(self, now: Now) -> bool:
        """Has it run out?"""
        return self.until_us is not None and now.at_us > self.until_us


def end_of(day: str) -> int | None:
    """The last second of a day (2027-03-31) in wall microseconds; None where it is no day."""
    try:
        return parse_rfc3339(f"{day}T23:59:59Z")
    except Refused:
        return None


def calibrations(policy: Policy) -> tuple[Calibration, ...]:
    """Every meter, room probe and gas detection that witnesses something."""
    witnessed: dict[AssetId, list[AssetId]] = {}
    for asset in policy.site.assets:
        for witness in dict.fromkeys((*asset.witnesses, *((asset.room,) if asset.room else ()))):
            witnessed.setdefault(witness, []).append(asset.id)
    found = []
    for asset in policy.site.assets:
        if asset.kind in INSTRUMENTS and asset.id in witnessed:
            day = asset.paper.calibrated_until or ""
            found.append(Calibration(asset.id, end_of(day) if day else None, day, tuple(witnessed[asset.id])))
    return tuple(found)
