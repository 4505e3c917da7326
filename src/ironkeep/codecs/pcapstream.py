"""A capture that is still being written, pcap or pcapng: its packets as they come, in pieces of any size.

Rules. 1. No more is held than one record or block that is not whole yet, `HELD_BYTES_MAX` at most. 2. A stream begins
with its heading, as a capturer writes it when it starts. 3. A stream that lies, is of another form, or does not say
when its packets came, is broken: it says why, and nothing that comes after is taken for a packet.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ironkeep.codecs.packets import LINKS, Hearer
from ironkeep.codecs.pcapblocks import (
    BLOCK_BYTES_MAX,
    HEAD_BYTES,
    SECTION,
    SIMPLE,
    START_BYTES,
    TAIL_BYTES,
    Section,
)
from ironkeep.codecs.pcaprecords import HEADING_BYTES, MAGICS, Heading, heading, records
from ironkeep.model.errors import Refused

HELD_BYTES_MAX: Final = BLOCK_BYTES_MAX
Packet = tuple[int, int, bytes]
"""Link layer, time in microseconds, bytes."""

_OTHER: Final = "what it writes is no capture; have it write pcap or pcapng, not text (tcpdump -w -)"


class PcapStream:
    """The packets of one stream. `broken` says in words why it can no longer be read; empty while it can."""

    def __init__(self) -> None:
        self._held = b""
        self._read: Callable[[bytes], Iterator[Packet]] | None = None
        self._form: Heading | None = None
        self._section: Section | None = None
        self._skip = 0  # bytes of the block at hand that are to be stepped over
        self._tail = b""  # its length, which is to stand behind them again
        self.broken = ""
        self.packets = 0

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are whole now, in order."""
        if self.broken:
            return
        held, self._held = self._held + data, b""
        if self._read is None:
            if not any(magic.startswith(held[:4]) for magic in (*MAGICS, SECTION)):
                self.broken = _OTHER
                return
            if len(held) < 4:
                self._held = held
                return
            self._read = self._blocks if held.startswith(SECTION) else self._records
        try:
            for packet in self._read(held):
                self.packets += 1
                yield packet
        except Refused as refused:
            self.broken, self._held = refused.what, b""
        assert len(self._held) <= HELD_BYTES_MAX

    def _records(self, held: bytes) -> Iterator[Packet]:
        """The packets of pcap."""
        if self._form is None:
            if len(held) < HEADING_BYTES:
                self._held = held
                return
            self._form = heading(held, "")
            held = held[HEADING_BYTES:]
        if not held:
            return
        at, size, at_us, end = records(held, self._form, _lie)
        self._held = held[end:]
        for begin, length, when_us in zip(at.tolist(), size.tolist(), at_us.tolist(), strict=True):
            yield self._form.link, when_us, held[begin : begin + length]

    def _blocks(self, held: bytes) -> Iterator[Packet]:
        """The packets of pcapng."""
        at, end = 0, len(held)
        while (at := self._stepped_over(held, at)) + START_BYTES <= end and not self._skip:
            head = held[at : at + HEAD_BYTES]
            self._tail = head[4:]
            if head.startswith(SECTION):
                self._section = Section(held[at : at + START_BYTES], _lie)
                self._skip = self._section.size - START_BYTES - TAIL_BYTES
                at += START_BYTES
                continue
            assert self._section is not None, "a pcapng begins with a section"
            kind, size, looked_into = self._section.measure(head)
            if kind == SIMPLE:
                raise _lie("packets without their time", 0)
            if not looked_into:
                self._skip = size - HEAD_BYTES - TAIL_BYTES
                at += HEAD_BYTES
                continue
            if at + size > end:
                self._tail = b""
                break
            packet = self._section.take(kind, held[at + HEAD_BYTES : at + size - TAIL_BYTES])
            at += size - TAIL_BYTES
            if packet is not None:
                yield packet
        self._held = held[at:]

    def _stepped_over(self, held: bytes, at: int) -> int:
        """Where the next block begins, once the bytes at hand of the last one are stepped over."""
        step = min(self._skip, len(held) - at)
        self._skip -= step
        at += step
        if not self._tail or self._skip or len(held) - at < TAIL_BYTES:
            return at
        if held[at : at + TAIL_BYTES] != self._tail:
            raise _lie("a block whose two lengths differ", 0)
        self._tail = b""
        return at + TAIL_BYTES


def _lie(what: str, _: int) -> Refused:
    return Refused(f"what it writes makes no sense ({what})")


def tell(packet: Packet, to: Hearer) -> None:
    """Tell `to` what stands in a packet of `PcapStream.feed`."""
    link, at_us, data = packet
    LINKS[link](data, at_us, to)
