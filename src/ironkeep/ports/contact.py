"""What a reader keeps of its contact with one device, so that every protocol tells of a link in the same words, and
waits the same way after a refusal.

Rules. 1. A link is NEVER until a reply could be believed, whatever happened to the connection; that we wait because we
were refused is said all the same. 2. `since_us` is when the state last changed, not when it was last seen. 3. Some
controllers close their oldest connection for a newcomer, so a reconnect storm could evict the controller that runs the
plant (safety S49): a wait is doubled each time, never falls below half of that, and is spread by chance so that many
never return together.
"""

from collections import Counter
from typing import Final

import numpy as np

from ironkeep.model.link import LineFault, Link, LinkState, Particulars, ReplyFault
from ironkeep.model.site import Device
from ironkeep.model.time import Now

_DOUBLINGS_MAX: Final = 16


def back_off(count: int, first_s: float, most_s: float, rng: np.random.Generator) -> float:
    """Seconds to wait after the `count`-th refusal in a row (from 1): `first_s` doubled each time up to `most_s`, of
    which 50 to 100 %.
    """
    wait_s = min(first_s * 2.0 ** min(count - 1, _DOUBLINGS_MAX), most_s)
    return wait_s * (0.5 + 0.5 * float(rng.random()))


class Contact:
    """The contact with one device; counters run since the start. `reply_us` and `since_us` are wall time, `trouble`
    says in words why the link is not up.
    """

    def __init__(self, device: Device, address: str) -> None:
        self.device, self._address = device, address
        self.faults: Counter[str] = Counter()
        self.requests = self.replies = self.timeouts = self.exceptions = 0
        self.reply_us = self.since_us = 0
        self.state = LinkState.NEVER
        self.trouble = ""
        self.particulars: Particulars | None = None

    def count(self, fault: ReplyFault | LineFault) -> None:
        """Note a reply that was refused."""
        self.faults[fault.value] += 1

    def enter(self, state: LinkState, now: Now) -> None:
        """The link is in that state from now on, if it was not before."""
        if state is not self.state:
            self.state, self.since_us = state, now.at_us

    @property
    def away(self) -> LinkState:
        """The state of a device that does not answer."""
        return LinkState.DOWN if self.replies else LinkState.NEVER

    def closed(self, now: Now, state: LinkState, why: str) -> None:
        """There is no connection."""
        self.trouble = why
        self.enter(state if self.replies or state is LinkState.BACKING_OFF else LinkState.NEVER, now)

    def told(self, *more: str, authenticated: bool = False) -> Link:
        """The link as it stands; `more` are words that stand behind the trouble, `authenticated` says whether the
        device has shown who it is.
        """
        return Link(
            device=self.device.id,
            asset=self.device.asset,
            state=self.state,
            address=self._address,
            reply_us=self.reply_us,
            since_us=self.since_us,
            requests=self.requests,
            replies=self.replies,
            timeouts=self.timeouts,
            exceptions=self.exceptions,
            faults=dict(self.faults),
            detail="; ".join(part for part in (self.trouble, *more) if part),
            authenticated=authenticated,
        )
