"""One direction of an overheard TCP conversation: its bytes in their order, each once, with the time they came.

Rules. 1. What was sent again is taken once; the first bytes count. 2. A segment that runs ahead waits for what is
missing, `WAIT_US` of the capture's own time and `WAITING_MAX` segments at most; then the missing bytes are given up and
the next piece says that something is missing before it. 3. A conversation may begin before we listened: its first piece
says so too. 4. A segment far from what is expected begins a new count: an end that was not heard, a port used again.
Source: RFC 9293, section 3.4 (sequence numbers, modulo 2**32).
"""

from typing import Final

import msgspec

WAIT_US: Final = 200_000  # for segments that overtook each other on the way to the tap
WAITING_MAX: Final = 32  # segments, of at most 64 KiB each
WINDOW_BYTES: Final = 1 << 20  # a segment further off belongs to another count
_MODULO: Final = 1 << 32


class Piece(msgspec.Struct, frozen=True):
    """Bytes that follow each other. `torn`: what came before them is not known."""

    data: bytes
    at_us: int
    torn: bool


class Direction:
    """Puts segments in order. `repeats` and `gaps` count what was sent again and what was never heard."""

    __slots__ = ("_next", "_since_us", "_waiting", "gaps", "repeats")

    def __init__(self) -> None:
        self._next = -1
        self._waiting: dict[int, tuple[bytes, int]] = {}
        self._since_us = 0
        self.repeats = self.gaps = 0

    def begin(self, seq: int) -> None:
        """A SYN with that number: all bytes are heard from here on."""
        self._next = (seq + 1) % _MODULO
        self._waiting.clear()

    def feed(self, seq: int, data: bytes, at_us: int) -> list[Piece]:
        """The pieces that are in order now."""
        ready = self.settle(at_us)
        ahead = self._ahead(seq)
        if self._next < 0 or abs(ahead) > WINDOW_BYTES:
            self._waiting.clear()
            self._next = (seq + len(data)) % _MODULO
            return [*ready, Piece(data, at_us, torn=True)]
        if ahead > 0:
            if not self._waiting:
                self._since_us = at_us
            self._waiting.setdefault(seq, (data, at_us))
            return ready if len(self._waiting) <= WAITING_MAX else [*ready, *self._give_up()]
        return [*ready, *self._take(seq, data, at_us, torn=False), *self._follow(torn=False)]

    def settle(self, at_us: int) -> list[Piece]:
        """What has waited long enough for bytes that never came."""
        late = self._waiting and not 0 <= at_us - self._since_us <= WAIT_US
        return self._give_up() if late else []

    def _ahead(self, seq: int) -> int:
        """How far a number lies ahead of the next byte; negative behind."""
        return (seq - self._next + _MODULO // 2) % _MODULO - _MODULO // 2

    def _take(self, seq: int, data: bytes, at_us: int, *, torn: bool) -> list[Piece]:
        known = -self._ahead(seq)
        if known >= len(data):
            self.repeats += bool(data)
            return []
        self._next = (seq + len(data)) % _MODULO
        return [Piece(data[known:], at_us, torn)]

    def _follow(self, *, torn: bool) -> list[Piece]:
        """What waited and comes next now."""
        found: list[Piece] = []
        while self._waiting:
            seq = min(self._waiting, key=self._ahead)
            if self._ahead(seq) > 0:
                break
            data, at_us = self._waiting.pop(seq)
            found += self._take(seq, data, at_us, torn=torn and not found)
        return found

    def _give_up(self) -> list[Piece]:
        """Go on with what is there; segments behind another hole go on waiting for it."""
        self.gaps += 1
        self._next = min(self._waiting, key=self._ahead)
        found = self._follow(torn=True)
        if self._waiting:
            self._since_us = min(at_us for _, at_us in self._waiting.values())
        return found
