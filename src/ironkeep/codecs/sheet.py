"""The registers of one unit as they were overheard: what each reads, when, and whether it is read regularly.

Rules. 1. A register that nobody read is not zero: its time is 0. 2. Registers that came in one reply share one time,
and no two replies do: so it shows which values are of one moment. 3. A register is regular while its readings follow
each other within a limit; what is read now and then shows no live value. 4. An exception tells on every register that
it was the answer to.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

PAGE: Final = 256  # registers kept together: what nobody reads takes no room
PAGES_MAX: Final = 256  # of one unit: as many registers as a function can reach


class _Page:
    __slots__ = ("at_us", "excepted", "regular", "stamp", "words")

    def __init__(self) -> None:
        self.words = np.zeros(PAGE, np.uint16)
        self.stamp = np.zeros(PAGE, np.int64)
        self.at_us = np.zeros(PAGE, np.int64)
        self.regular = np.zeros(PAGE, np.bool_)
        self.excepted = np.zeros(PAGE, np.bool_)


class Look:
    """Registers side by side, (N,) each: what they read, when on the monotonic clock (0 never) and on the wall,
    whether regularly, and whether the last answer was an exception.
    """

    def __init__(self, count: int) -> None:
        self.words = np.zeros(count, np.uint16)
        self.stamp = np.zeros(count, np.int64)
        self.at_us = np.zeros(count, np.int64)
        self.regular = np.zeros(count, np.bool_)
        self.excepted = np.zeros(count, np.bool_)


class Sheet:
    """What was heard of one unit. `fresh` counts the registers that were heard for the first time."""

    def __init__(self, limit_us: int) -> None:
        self._limit_us = limit_us
        self._pages: dict[tuple[int, int], _Page] = {}
        self._stamp = 0
        self._spoke_us = self._since_us = 0  # last heard; since when without a silence
        self.fresh = 0

    def put(self, function: int, address: int, data: bytes, at_us: int, mono_us: int) -> None:
        """Take the registers of a reply, which came at those times."""
        values: NDArray[np.uint16] = np.frombuffer(data, ">u2").astype(np.uint16)
        self._stamp = stamp = max(mono_us, self._stamp + 1)
        if stamp - self._spoke_us > self._limit_us:
            self._since_us = stamp
        begun = stamp - self._since_us <= self._limit_us
        for page, here, there in self._parts(function, address, len(values), make=True):
            since = stamp - page.stamp[here]
            soon = (page.stamp[here] > 0) & (since <= self._limit_us)
            silence = begun & (page.stamp[here] < self._since_us)  # of the whole unit: a register stays what it was
            page.regular[here] = soon | (page.regular[here] & silence)
            self.fresh += int((page.stamp[here] == 0).sum())
            page.words[here] = values[there]
            page.stamp[here] = stamp
            page.at_us[here] = at_us
            page.excepted[here] = False
        self._spoke_us = stamp

    def refuse(self, function: int, address: int, count: int) -> None:
        """Take an exception that answered a read of these registers."""
        for page, here, _ in self._parts(function, address, count, make=True):
            page.excepted[here] = True

    def look(self, function: int, address: int, count: int, into: Look, at: int) -> None:
        """Write the registers into `into` from index `at` on."""
        for page, here, there in self._parts(function, address, count, make=False):
            to = slice(at + there.start, at + there.stop)
            for name in _Page.__slots__:
                getattr(into, name)[to] = getattr(page, name)[here]

    def word(self, function: int, address: int) -> int | None:
        """What a register reads, None where nobody read it."""
        page = self._pages.get((function, address // PAGE))
        return int(page.words[address % PAGE]) if page is not None and page.stamp[address % PAGE] else None

    def forget(self) -> None:
        """Nothing that was heard before counts any more."""
        self._pages.clear()
        self.fresh = 0

    def _parts(self, function: int, address: int, count: int, *, make: bool) -> Iterator[tuple[_Page, slice, slice]]:
        """The pages under a span: page, its part of the page, its part of the span."""
        at = address
        while at < address + count:
            size = min(PAGE - at % PAGE, address + count - at)
            page = self._pages.get((function, at // PAGE))
            if page is None and make and len(self._pages) < PAGES_MAX:
                page = self._pages[function, at // PAGE] = _Page()
            if page is not None:
                yield page, slice(at % PAGE, at % PAGE + size), slice(at - address, at - address + size)
            at += size
