"""Captures as files, read in pieces: pcap (micro- or nanoseconds, either byte order) and pcapng.

Rules. 1. A file is read once, from front to back; no more of it is held than BATCH_BYTES and one piece. 2. A packet
longer than `PACKET_BYTES_MAX` or than its own record is a lie: refused with its number. 3. A file that ends within a
packet was cut while it was written: what came before counts, and that is told. 4. Blocks of pcapng that hold no packet
are stepped over. 5. A link layer that we do not read refuses the file.
Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from ironkeep.codecs.conversations import Gathering
from ironkeep.codecs.packetcolumns import Batch, gather
from ironkeep.codecs.pcapblocks import HEAD_BYTES, SECTION, START_BYTES, TAIL_BYTES, Section
from ironkeep.codecs.pcaprecords import HEADING_BYTES, MAGICS, heading, records
from ironkeep.codecs.taken import Taken
from ironkeep.model.errors import Refused

FILE_BYTES_MAX: Final = 4 << 30
BATCH_BYTES: Final = 4 << 20  # of packets taken in at once
PACKETS_MAX: Final = 50_000_000
TIME_MAX_US: Final = 253_402_300_799_000_000  # the year 9999
_CUT: Final = "the file ends within a packet; what came before it counts"


class _Cut(Exception):  # noqa: N818 - how a capture ends, not a bug
    """The bytes end before what was asked for."""


class _Bytes:
    """The file's bytes, taken in order; holds one piece and what is left of the last."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next bytes. Raises _Cut when there are fewer."""
        while len(self._held) - self._at < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise _Cut
            self._held = self._held[self._at :] + piece
            self._at = 0
        made = self._held[self._at : self._at + size]
        self._at += size
        return made

    def much(self, least: int) -> bytes:
        """At least `least` bytes, all that is at hand; fewer at the end of the file alone."""
        pieces = [self._held[self._at :]]
        size = len(pieces[0])
        while size < least and (piece := next(self._pieces, None)) is not None:
            pieces.append(piece)
            size += len(piece)
        self._held, self._at = b"", 0
        return b"".join(pieces)

    def give_back(self, rest: bytes) -> None:
        """Hold bytes that were taken by `much` and not used."""
        self._held, self._at = rest, 0

    def skip(self, size: int) -> None:
        """Step over bytes, a bounded piece at a time."""
        while size > 0:
            size -= len(self.take(min(size, 1 << 16)))

    def ended(self) -> bool:
        """Is there nothing more?"""
        try:
            self.take(1)
        except _Cut:
            return True
        self._at -= 1
        return False


def parse(pieces: Iterable[bytes], name: str) -> Taken:
    """Stations and conversations of a capture given in pieces. Raises Refused naming packet and remedy."""
    source, to, mended = _Bytes(pieces), Gathering(name), list[str]()
    try:
        head = source.take(4)
    except _Cut:
        raise Refused("the file is empty", where=name, remedy="capture again") from None
    try:
        for batch in _batched(_ng(source, to), to) if head == SECTION else _classic(head, source, to):
            if batch.number[-1] > PACKETS_MAX:
                raise _refused(f"more than {PACKETS_MAX} packets", to)
            late = batch.at_us > TIME_MAX_US
            if late.any():
                to.count("time stamps beyond the year 9999, taken as none", int(late.sum()))
                batch.at_us[late] = 0
            gather(batch, to)
            to.read = max(to.read, to.packet)
    except _Cut:
        mended.append(_CUT)
    if not to.packet:
        raise Refused(
            "no packet in it", where=name, remedy="capture again, from a mirror port of the equipment's network"
        )
    return to.taken(mended)


def _classic(magic: bytes, source: _Bytes, to: Gathering) -> Iterator[Batch]:
    """The packets of a pcap file, as many as stand in BATCH_BYTES at a time."""
    if magic not in MAGICS:
        heading(magic, to.where)  # refuses it, however short it is
    form = heading(magic + source.take(HEADING_BYTES - len(magic)), to.where)
    while data := source.much(BATCH_BYTES):
        at, size, at_us, end = records(data, form, lambda what, ahead: _refused(what, to, ahead))
        if not at.size:
            raise _Cut
        yield Batch(form.link, data, at, size, at_us, to.packet + 1 + np.arange(at.size))
        source.give_back(data[end:])


def _batched(packets: Iterator[tuple[int, int, bytes]], to: Gathering) -> Iterator[Batch]:
    """Packets given one by one, put together: as many of one link layer as come in a row, up to BATCH_BYTES."""
    held: list[tuple[int, int, bytes]] = []
    size = 0
    try:
        for each in packets:
            if held and (size >= BATCH_BYTES or each[0] != held[0][0]):
                yield _batch(held, to)
                held, size = [], 0
            to.read += 1
            held.append(each)
            size += 64 + len(each[2])
    except _Cut:
        if held:
            yield _batch(held, to)
        raise
    if held:
        yield _batch(held, to)


def _batch(held: list[tuple[int, int, bytes]], to: Gathering) -> Batch:
    size = np.array([len(data) for _, _, data in held], np.int64)
    return Batch(
        link=held[0][0],
        data=b"".join(data for _, _, data in held),
        at=np.cumsum(size) - size,
        size=size,
        at_us=np.array([min(at_us, TIME_MAX_US + 1) for _, at_us, _ in held], np.int64),
        number=to.packet + 1 + np.arange(len(held)),
    )


def _ng(source: _Bytes, to: Gathering) -> Iterator[tuple[int, int, bytes]]:
    head = SECTION + source.take(HEAD_BYTES - len(SECTION))
    section = _section(head, source, to)
    while not source.ended():
        head = source.take(HEAD_BYTES)
        if head.startswith(SECTION):
            section = _section(head, source, to)
            continue
        kind, size, held = section.measure(head)
        packet = None
        if held:
            packet = section.take(kind, source.take(size - HEAD_BYTES - TAIL_BYTES))
        else:
            source.skip(size - HEAD_BYTES - TAIL_BYTES)
        if packet is not None:
            yield packet
        _end(head, source, to)


def _section(head: bytes, source: _Bytes, to: Gathering) -> Section:
    """A section, its header stepped over."""
    start = head + source.take(START_BYTES - HEAD_BYTES)
    section = Section(start, lambda what, ahead: _refused(what, to, ahead), to.where)
    source.skip(section.size - START_BYTES - TAIL_BYTES)
    _end(head, source, to)
    return section


def _end(head: bytes, source: _Bytes, to: Gathering) -> None:
    if source.take(TAIL_BYTES) != head[4:]:
        raise _refused("a block whose two lengths differ", to)


def _refused(what: str, to: Gathering, ahead: int = 0) -> Refused:
    return Refused(what, where=f"{to.where}: packet {to.read + ahead}", remedy="the file is damaged: capture again")
