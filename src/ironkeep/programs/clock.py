"""The only place that reads a clock. Everything else is given a `Now`."""

import time
from pathlib import Path

from ironkeep.model.time import ClockQuality, Now

_SYNCED = Path("/run/systemd/timesync/synchronized")  # touched by systemd-timesyncd once it follows a source
_LOOK_AGAIN_US = 60_000_000

_looked_us = -_LOOK_AGAIN_US
_quality = ClockQuality.UNKNOWN


def now() -> Now:
    """Wall and monotonic time at this moment. The quality is SYNCED only where the system says so."""
    global _looked_us, _quality
    mono_us = time.monotonic_ns() // 1000
    if mono_us - _looked_us >= _LOOK_AGAIN_US:
        _looked_us = mono_us
        _quality = ClockQuality.SYNCED if _SYNCED.exists() else ClockQuality.UNKNOWN
    return Now(at_us=time.time_ns() // 1000, mono_us=mono_us, clock=_quality)
