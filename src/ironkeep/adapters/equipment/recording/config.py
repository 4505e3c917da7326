"""Limits of replaying a recording."""

from typing import Final

PROTOCOL: Final = "recording"
AGE_LIMIT_PERIODS: Final = 3.0  # median steps after which a row counts as lost: a gap stays a gap
PERIOD_MIN_S: Final = 0.1
