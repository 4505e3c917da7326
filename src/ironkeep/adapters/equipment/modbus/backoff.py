"""How long to wait after a refusal: doubled each time, up to a limit, spread by chance.

Rules. Some controllers close their oldest connection for a newcomer, so a reconnect storm could evict the controller
that runs the plant (safety S49). The wait never falls below half its value, and many devices never return together.
"""

import numpy as np

_DOUBLINGS_MAX = 16


class BackOff:
    """Counts refusals and says how long to wait after each."""

    def __init__(self, first_s: float, most_s: float, rng: np.random.Generator) -> None:
        self._first_s, self._most_s, self._rng = first_s, most_s, rng
        self.count = 0

    def refused(self) -> float:
        """Note one more refusal; returns the seconds to wait, 50 to 100 % of the doubled wait."""
        wait_s = min(self._first_s * 2.0 ** min(self.count, _DOUBLINGS_MAX), self._most_s)
        self.count += 1
        return wait_s * (0.5 + 0.5 * float(self._rng.random()))

    def accepted(self) -> None:
        """Forget all refusals."""
        self.count = 0
