"""Time as a value. `now` is an argument everywhere; only `programs/clock.py` reads a clock.

Wall time is microseconds since the Unix epoch in UTC (an integer below 2^53 until the year 2255) and is RFC 3339
outside. Elapsed time comes from the monotonic clock, order from `seq`, never from wall time.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from ironkeep.model.errors import Refused

SECOND_US = 1_000_000
_RFC3339 = re.compile(r"^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockQuality(StrEnum):
    """How far the site's own wall clock may be believed; stored with every fact."""

    UNKNOWN = "unknown"  # nothing has vouched for it
    SYNCED = "synced"  # the operating system says that it follows a time source
    JUMPED = "jumped"  # wall and monotonic time moved apart since the last turn


class Now(msgspec.Struct, frozen=True):
    """One reading of the clocks: wall in microseconds UTC, monotonic in microseconds since an arbitrary start."""

    at_us: int
    mono_us: int
    clock: ClockQuality = ClockQuality.UNKNOWN


Clock = Callable[[], Now]
"""Who is asked for the time where a value would be old: the loop of an adapter or of the engine."""


def rfc3339(at_us: int, *, digits: int = 6) -> str:
    """UTC text such as 2026-11-20T11:20:04.000001Z; `digits` of the fraction 0, 3 or 6."""
    stamp = datetime.fromtimestamp(at_us // SECOND_US, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{at_us % SECOND_US:06d}"[: digits + 1] if digits else ""
    return f"{stamp}{fraction}Z"


def parse_rfc3339(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 text with zone. Raises Refused naming the text and a good example."""
    found = _RFC3339.match(text.strip())
    if not found:
        raise Refused(f"not a time: {text!r}", remedy="write it as 2026-11-20T11:20:04Z")
    day, clock, fraction, zone = found.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}").astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise Refused(f"not a time: {text!r} ({exc})", remedy="write it as 2026-11-20T11:20:04Z") from exc
    micro = int(f"{fraction or '.0'}"[1:7].ljust(6, "0"))
    gap = whole - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * SECOND_US + micro


def age_text(age_us: int) -> str:
    """A short age for people: 0.8 s, 42 s, 6 min, 3 h, 2 d; never negative."""
    age_s = max(age_us, 0) / SECOND_US
    if age_s < 10:
        return f"{age_s:.1f} s"
    if age_s < 120:
        return f"{age_s:.0f} s"
    if age_s < 7200:
        return f"{age_s / 60:.0f} min"
    return f"{age_s / 3600:.0f} h" if age_s < 172_800 else f"{age_s / 86_400:.0f} d"
