"""Retention: what the policy lets go, and when. Pure, but for looking at nothing: sizes stand in the catalogue.

Rules. 1. Age counts from a stretch's last sample. 2. When everything is more than the policy's bytes, raw samples go
first, oldest first in the order of sealing, then rollups; never a stretch younger than the policy's least days. 3.
Age ends nothing while the wall clock is in doubt: a clock set a year ahead must not empty the history. 4. Nobody may
delete early.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history.sealing import DAY_US
from ironkeep.model.errors import Refused
from ironkeep.model.time import rfc3339
from ironkeep.ports.history import HistoryPolicy

AGE: Final = "age"
BYTES: Final = "bytes"


@dataclass(frozen=True, slots=True)
class Ending:
    """A tier ("raw" or "minutes") of a stretch whose time has come, and by which rule."""

    stretch: cat.Stretch
    tier: str
    reason: str


def endings(book: cat.Catalogue, policy: HistoryPolicy, at_us: int, hot_bytes: int, *, steady: bool) -> list[Ending]:
    """What the policy ends now, in order. `hot_bytes` is the size of the logs; `steady` that the clock is not in
    doubt.
    """
    found: list[Ending] = []
    ended: set[tuple[int, str]] = set()
    if steady:
        for stretch in book.stretches:
            for tier, days in ((cat.RAW, policy.raw_days), (cat.MINUTES, policy.minutes_days)):
                if size_of(stretch, tier) and at_us - stretch.last_us >= days * DAY_US:
                    found.append(Ending(stretch, tier, AGE))
                    ended.add((stretch.number, tier))
    over = hot_bytes + sum(stretch.size for stretch in book.stretches) - policy.bytes_max
    over -= sum(size_of(ending.stretch, ending.tier) for ending in found)
    for tier in (cat.RAW, cat.MINUTES):
        for stretch in book.stretches:
            if over <= 0:
                return found
            if not size_of(stretch, tier) or (stretch.number, tier) in ended:
                continue
            if at_us - stretch.last_us < policy.days_min * DAY_US:
                continue
            found.append(Ending(stretch, tier, BYTES))
            over -= size_of(stretch, tier)
    return found


def require_due(ending: Ending, policy: HistoryPolicy, at_us: int) -> None:
    """Raise Refused when the policy does not let that tier go at that time, whoever asks for it."""
    stretch = ending.stretch
    days = policy.raw_days if ending.tier == cat.RAW else policy.minutes_days
    needed = days if ending.reason == AGE else policy.days_min
    due_us = stretch.last_us + needed * DAY_US
    if at_us < due_us:
        raise Refused(
            f"the {ending.tier} tier of {stretch.file} is kept until {rfc3339(due_us, digits=0)}",
            where=stretch.file,
            remedy="wait, or adopt a policy with a shorter retention; the change is then on the record",
        )


def without(stretch: cat.Stretch, tier: str) -> cat.Stretch:
    """The stretch as it is once that tier is gone."""
    if tier == cat.RAW:
        return msgspec.structs.replace(stretch, raw=(), digests=0)
    return msgspec.structs.replace(stretch, minutes=())


def size_of(stretch: cat.Stretch, tier: str) -> int:
    """Bytes of one tier; the list of digests goes with the raw samples."""
    if tier == cat.RAW:
        return sum(part.size for part in stretch.raw) + stretch.digests
    return sum(part.size for part in stretch.minutes)
