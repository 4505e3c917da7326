"""The frame log as bytes: what one record looks like, and how records are found again in a damaged file.

Rules. 1. A file starts with `FILE_MAGIC`; records follow, each a header of `HEADER_BYTES` and a body, padded to 8
bytes. 2. All numbers are little-endian. 3. The header carries its own CRC-32 and that of the body. 4. A layout is
written once a file, before its first frame; a frame names it by digest. 5. A frame's body is, in this order:
collected_us i8 (R,), polls i8 (R,), integer i8 (R, I), analog f4 (R, A), quality u2 (R, A + I), fresh u1 (R,). 6. A
row is fresh when it was read again since the frame before; a row that is not fresh repeats what stands there already.
7. Bytes that are no whole record at the end of a file are a torn tail; such bytes with a whole record after them are
damage, and are passed over.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.model.errors import Untrusted
from ironkeep.model.frame import Frame, FrameLayout

FILE_MAGIC: Final = b"IRONKEEP FRAMES1"
RECORD_MAGIC: Final = b"IKR\x01"
_HEADER: Final = struct.Struct("<4sHHIIqIII32sIII")
HEADER_BYTES: Final = _HEADER.size  # 80
BODY_BYTES_MAX: Final = 1 << 30  # bytes of one record's body; more is damage
_CRC_OFFSET: Final = HEADER_BYTES - 4
_ALIGNMENT: Final = 8  # bytes

Bytes = bytes | bytearray | memoryview


class RecordKind(IntEnum):
    """What a record's body holds."""

    LAYOUT = 1
    FRAME = 2
    MEMORY = 3


_KINDS: Final = frozenset(int(kind) for kind in RecordKind)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as found: where it starts, and what its header says. `digest` is the layout's, hex."""

    offset: int
    kind: RecordKind
    length: int  # bytes of the body with its padding
    crc: int
    at_us: int
    rows: int
    analog: int
    integer: int
    digest: str

    @property
    def body(self) -> int:
        """Where the body starts in the file."""
        return self.offset + HEADER_BYTES

    @property
    def end(self) -> int:
        """Where the next record starts."""
        return self.offset + HEADER_BYTES + self.length


@dataclass(frozen=True, slots=True)
class Offsets:
    """Where each block of a frame's body starts, in bytes from the body's start."""

    collected: int
    polls: int
    integer: int
    analog: int
    quality: int
    fresh: int
    end: int


def offsets(rows: int, analog: int, integer: int) -> Offsets:
    """The places of the blocks of a frame of that many rows and columns."""
    polls = rows * 8
    whole = polls + rows * 8
    real = whole + rows * integer * 8
    quality = real + rows * analog * 4
    fresh = quality + rows * (analog + integer) * 2
    return Offsets(0, polls, whole, real, quality, fresh, _padded(fresh + rows))


def frame_record(frame: Frame, fresh: NDArray[np.bool_]) -> list[Bytes]:
    """The record of a frame as buffers to be written one after another; nothing big is copied.

    `fresh` (R,) marks the rows read again since the frame before.
    """
    layout = frame.layout
    rows, analog, integer = len(layout.assets), len(layout.analog), len(layout.integer)
    assert frame.analog.shape == (rows, analog)
    assert frame.integer.shape == (rows, integer)
    assert frame.quality.shape == (rows, analog + integer)
    assert fresh.shape == frame.polls.shape == frame.collected_us.shape == (rows,)
    places = offsets(rows, analog, integer)
    body: list[Bytes] = [
        _raw(frame.collected_us, "<i8"),
        _raw(frame.polls, "<i8"),
        _raw(frame.integer, "<i8"),
        _raw(frame.analog, "<f4"),
        _raw(frame.quality, "<u2"),
        _raw(fresh, "|u1"),
        bytes(places.end - places.fresh - rows),
    ]
    head = _header(RecordKind.FRAME, places.end, body, frame.at_us, (rows, analog, integer), layout.digest)
    return [head, *body]


def layout_record(layout: FrameLayout, at_us: int) -> bytes:
    """The record that tells a file what a layout's digest stands for."""
    body = _fill(msgspec.json.encode(layout, order="sorted"))
    return _header(RecordKind.LAYOUT, len(body), [body], at_us, (0, 0, 0), layout.digest) + body


def memory_record(digest: str, at_us: int) -> bytes:
    """The record of the digest of the rooms' memory at that turn."""
    body = _fill(digest.encode())
    return _header(RecordKind.MEMORY, len(body), [body], at_us, (0, 0, 0), "00" * 32) + body


def parse_header(head: bytes, offset: int) -> Record | None:
    """The record whose header these bytes are, `offset` being where they lie; None when they are no header."""
    if len(head) < HEADER_BYTES or head[:4] != RECORD_MAGIC:
        return None
    _, kind, _, length, crc, at_us, rows, analog, integer, digest, _, _, own = _HEADER.unpack(head)
    if own != zlib.crc32(head[:_CRC_OFFSET]) or kind not in _KINDS or length > BODY_BYTES_MAX:
        return None
    if kind == RecordKind.FRAME and length != offsets(rows, analog, integer).end:
        return None
    return Record(offset, RecordKind(kind), length, crc, at_us, rows, analog, integer, digest.hex())


def record_at(data: Bytes, offset: int) -> Record | None:
    """The record whose header and body lie at that offset, None when there is none. The body is not checked."""
    record = parse_header(bytes(data[offset : offset + HEADER_BYTES]), offset)
    return record if record is not None and record.end <= len(data) else None


def whole(data: Bytes, record: Record) -> bool:
    """Does the body have the CRC that the header claims?"""
    return zlib.crc32(memoryview(data)[record.body : record.end]) == record.crc


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record although a whole record follows them."""

    offset: int
    length: int


def scan(data: Bytes, start: int = len(FILE_MAGIC)) -> Iterator[Record | Damage]:
    """Every whole record from `start` on in order, and the damaged stretches between them. A torn tail is not yielded:
    it is what follows the end of the last record.
    """
    offset = start
    while offset < len(data):
        record = record_at(data, offset)
        if record is not None and whole(data, record):
            yield record
            offset = record.end
            continue
        found = _next_whole(data, offset + 1)
        if found is None:
            return
        yield Damage(offset, found - offset)
        offset = found


def _next_whole(data: Bytes, start: int) -> int | None:
    """Where the next whole record after `start` begins."""
    image = data if isinstance(data, bytes | bytearray) else bytes(data[start:])
    base = 0 if isinstance(data, bytes | bytearray) else start
    at = image.find(RECORD_MAGIC, start - base)
    while at >= 0:
        record = record_at(data, at + base)
        if record is not None and whole(data, record):
            return at + base
        at = image.find(RECORD_MAGIC, at + 1)
    return None


def layout_of(data: Bytes, record: Record) -> FrameLayout:
    """The layout in a LAYOUT record. Raises Untrusted when it is not the one whose digest the record names."""
    text = bytes(data[record.body : record.end]).rstrip(b"\0")
    return parse_layout(text, record.digest)


def parse_layout(text: bytes, digest: str) -> FrameLayout:
    """The layout that its JSON holds. Raises Untrusted when it does not parse or has another digest."""
    try:
        layout = msgspec.json.decode(text, type=FrameLayout)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Untrusted(f"not a frame layout: {exc}", where=digest) from exc
    if layout.digest != digest:
        raise Untrusted(f"the layout has digest {layout.digest}, not the one it is kept under", where=digest)
    return layout


def memory_of(data: Bytes, record: Record) -> str:
    """The digest in a MEMORY record."""
    return bytes(data[record.body : record.end]).rstrip(b"\0").decode("ascii", "replace")


def frame_of(data: Bytes, record: Record, layout: FrameLayout) -> tuple[Frame, NDArray[np.bool_]]:
    """The frame in a FRAME record and its fresh rows. Its arrays are read-only views of `data`."""
    assert record.kind is RecordKind.FRAME
    assert record.digest == layout.digest
    rows, analog, integer = record.rows, record.analog, record.integer
    places = offsets(rows, analog, integer)

    def block(kind: str, at: int, *shape: int) -> NDArray[np.generic]:
        count = int(np.prod(shape))
        return np.frombuffer(data, dtype=kind, count=count, offset=record.body + at).reshape(shape)

    frame = Frame(
        layout=layout,
        at_us=record.at_us,
        analog=block("<f4", places.analog, rows, analog).view(np.float32),
        integer=block("<i8", places.integer, rows, integer).view(np.int64),
        quality=block("<u2", places.quality, rows, analog + integer).view(np.uint16),
        collected_us=block("<i8", places.collected, rows).view(np.int64),
        polls=block("<i8", places.polls, rows).view(np.int64),
    )
    return frame, block("|u1", places.fresh, rows).view(np.bool_)


def _header(
    kind: RecordKind, length: int, body: Sequence[Bytes], at_us: int, shape: tuple[int, int, int], digest: str
) -> bytes:
    assert length <= BODY_BYTES_MAX
    crc = 0
    for piece in body:
        crc = zlib.crc32(piece, crc)
    head = _HEADER.pack(RECORD_MAGIC, kind, 0, length, crc, at_us, *shape, bytes.fromhex(digest), 0, 0, 0)
    return head[:_CRC_OFFSET] + struct.pack("<I", zlib.crc32(head[:_CRC_OFFSET]))


def _raw(array: NDArray[np.generic], kind: str) -> Bytes:
    """The array's bytes in C order, without a copy where it lies so already."""
    flat = np.ascontiguousarray(array, dtype=kind)
    return flat.data.cast("B") if flat.size else b""


def _padded(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT


def _fill(data: bytes) -> bytes:
    return data.ljust(_padded(len(data)), b"\0")
