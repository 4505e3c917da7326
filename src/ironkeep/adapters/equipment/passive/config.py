"""Limits of listening. What belongs to one device (its tap, how often its master reads) stands with it in the site
file; this is what holds for all.
"""

from typing import Final

import msgspec

DEVICES_MAX: Final = 1_000
PERIOD_MIN_S: Final = 0.1
AGE_LIMIT_PERIODS: Final = 3.0  # missed readings of a master after which a value is lost
RECEIVE_BYTES: Final = 65_536  # taken from a tap at once: what a pipe of Linux holds
REST_FACTOR: Final = 2  # times as long as a piece took to read, the tap rests: a flood takes a third of our time
LAG_MAX_S: Final = 5.0  # packets whose time is further from ours are not of now: a file, a clock that is wrong
WRITERS_MAX: Final = 16  # stations told by address that write to one device; what others write counts together
WRITES_TOLD_MAX: Final = 8  # newest writes of one station that are told in words


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to wait. All in seconds."""

    reopen_s: float = 0.5  # after a tap ended or could not be opened
    rest_max_s: float = 0.5  # of the rest after one piece
