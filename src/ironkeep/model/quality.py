"""Why a value may not be believed, as bits beside every value. No bit set means: nothing found against it.

A missing value is a value: NaN in the analog block, `ABSENT_INTEGER` in the integer block, and always a bit that says
why. Bits LOST to EXCEPTION come from the adapter (what the wire said), the rest from `decisions/telemetry` (what
follows).
"""

from enum import IntFlag
from typing import Final

ABSENT_INTEGER: Final = -(2**63)


class Quality(IntFlag):
    """The reason bits (u2). Several may stand at once."""

    GOOD = 0
    ABSENT = 1  # the device says: not implemented, or the point is not offered
    EXCEPTION = 2  # the device answered the read with an exception
    LOST = 4  # no believable reply in time: link down, refused, timed out
    STALE = 8  # older than its limit, debounced
    RANGE = 16  # outside what physics or the nameplate allows
    RATE = 32  # moved faster than it can
    ORDER = 64  # time or heartbeat went backwards
    FROZEN = 128  # constant while something coupled to it moves
    DUPLICATE = 256  # the same sample delivered again as if new
    PHYSICS = 512  # does not close with values it must close with
    WITNESS = 1024  # an independent witness disagrees
    SETTLING = 2048  # too few good samples since start or since it was last bad
    INFERRED = 4096  # a copy of another sensor: no witness of its own
    UNPROVEN_SIGN = 8192  # the sign was never tested against a meter
    REPLAYED = 16384  # the very sequence of values was delivered before

    @property
    def usable(self) -> bool:
        """May a decision use the value at all? False as soon as one disqualifying bit stands."""
        return not self & DISQUALIFYING


DISQUALIFYING: Final = (
    Quality.ABSENT
    | Quality.EXCEPTION
    | Quality.LOST
    | Quality.STALE
    | Quality.RANGE
    | Quality.RATE
    | Quality.ORDER
    | Quality.FROZEN
    | Quality.DUPLICATE
    | Quality.SETTLING
    | Quality.REPLAYED
)
"""A value with any of these is not shown as live and enters no decision that could clear a condition (safety S12,
S26).
"""
