"""How the simulated reader polls."""

from typing import Final

PERIOD_S: Final = 1.0  # one reply a device and second
AGE_LIMIT_S: Final = 3.0  # a row older than this is stale
LOST_AFTER_POLLS: Final = 2  # replies missing before the link counts as down
