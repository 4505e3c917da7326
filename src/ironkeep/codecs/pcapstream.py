"""A capture that is still being written: its packets as they come, in pieces of any size.

Rules. 1. No more is held than one record that is not whole yet, `HELD_BYTES_MAX` at most. 2. A stream begins with its
heading, as a capturer writes it when it starts. 3. A stream that lies, or is of another form, is broken: it says why,
and nothing that comes after is taken for a packet.
"""

from collections.abc import Iterator
from typing import Final

from ironkeep.codecs.packets import LINKS, Hearer
from ironkeep.codecs.pcaprecords import HEADING_BYTES, MAGICS, PACKET_BYTES_MAX, RECORD_BYTES, Heading, heading, records
from ironkeep.model.errors import Refused

HELD_BYTES_MAX: Final = RECORD_BYTES + PACKET_BYTES_MAX
_NG: Final = b"\x0a\x0d\x0d\x0a"  # how pcapng begins
_PCAPNG: Final = "it writes pcapng; have it write pcap (dumpcap -P, tcpdump -w)"
_OTHER: Final = "what it writes is no pcap; have it write pcap, not text (tcpdump -w -)"


class PcapStream:
    """The packets of one stream. `broken` says in words why it can no longer be read; empty while it can."""

    def __init__(self) -> None:
        self._held = b""
        self._form: Heading | None = None
        self.broken = ""
        self.packets = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Link layer, time in microseconds and bytes of each packet that is whole now, in order."""
        if self.broken:
            return
        held = self._held + data
        self._held = b""
        if self._form is None:
            if self._alien(held):
                return
            if len(held) < HEADING_BYTES:
                self._held = held
                return
            try:
                self._form = heading(held, "")
            except Refused as refused:
                self.broken = refused.what
                return
            held = held[HEADING_BYTES:]
        if not held:
            return
        try:
            at, size, at_us, end = records(held, self._form, lambda what, _: Refused(what))
        except Refused as refused:
            self.broken = f"what it writes makes no sense ({refused.what})"
            return
        self._held = held[end:]
        assert len(self._held) <= HELD_BYTES_MAX
        link = self._form.link
        for begin, length, when_us in zip(at.tolist(), size.tolist(), at_us.tolist(), strict=True):
            self.packets += 1
            yield link, when_us, held[begin : begin + length]

    def _alien(self, start: bytes) -> bool:
        head = start[:4]
        if any(magic.startswith(head) for magic in MAGICS):
            return False
        self.broken = _PCAPNG if head == _NG else "" if _NG.startswith(head) else _OTHER
        return bool(self.broken)


def tell(packet: tuple[int, int, bytes], to: Hearer) -> None:
    """Tell `to` what stands in a packet of `PcapStream.feed`."""
    link, at_us, data = packet
    LINKS[link](data, at_us, to)
