"""Canonical column chunks: the bytes that a segment's digests speak of, whatever file format holds the values.

Rules. 1. A block is a stretch of one segment: some assets (rows of the layout) with all their samples, in the order
asset, then frame. 2. Each asset gives one time chunk and then one chunk a point, analog columns first, in the order
of the layout. 3. A chunk is `CHUNK_MAGIC`, one letter (T times, A analog, I integer), the asset and the point each
with a u2 length, the number of samples as u4, then the columns one after another: T has frame u4, at_us i8,
collected_us i8, polls i8; A has values f4, quality u2; I has values i8, quality u2. All little-endian. 4. Every NaN
is the one quiet NaN 0x7FC00000 and minus zero is zero, because no value depends on the difference and file formats do
not keep it. 5. The root is the RFC 9162 tree hash over the chunks' SHA-256 digests as leaves, in order. 6. The digest
of a segment's minutes is SHA-256 over `MINUTES_MAGIC` and their columns in the order asset, point, minute.

Source: RFC 9162 section 2.1.1 for the tree hash.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.frame import FrameLayout

CHUNK_MAGIC: Final = b"IKCHUNK1"
MINUTES_MAGIC: Final = b"IKMINUTE"
TIMES: Final = "(times)"  # the name of an asset's time chunk where a point's name would stand
DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Block:
    """Assets `first` to `last` (excluded) of a layout with N samples, sorted by asset, then frame.

    `bounds` i8 (last - first + 1,): samples of asset i are bounds[i - first] to bounds[i - first + 1]. `frame` u4,
    `at_us`, `collected_us`, `polls` i8 (N,). `analog` f4 (A, N), `integer` i8 (I, N), `quality` u2 (A + I, N).
    """

    layout: FrameLayout
    first: int
    last: int
    bounds: NDArray[np.int64]
    frame: NDArray[np.uint32]
    at_us: NDArray[np.int64]
    collected_us: NDArray[np.int64]
    polls: NDArray[np.int64]
    analog: NDArray[np.float32]
    integer: NDArray[np.int64]
    quality: NDArray[np.uint16]

    @property
    def samples(self) -> int:
        """How many samples, over all assets."""
        return len(self.frame)


@dataclass(frozen=True, slots=True)
class Minutes:
    """One-minute rollups, K of them, sorted by asset, point, minute. A minute that two segments share has two.

    `asset` and `point` u4: row of the layout, column of the layout (analog first). `minute_us` i8: start. `low`,
    `mean`, `high` f8 over the usable samples, NaN where there is none; `count` u4 of them; `quality` u2 OR of all
    samples' bits.
    """

    asset: NDArray[np.uint32]
    point: NDArray[np.uint32]
    minute_us: NDArray[np.int64]
    low: NDArray[np.float64]
    mean: NDArray[np.float64]
    high: NDArray[np.float64]
    count: NDArray[np.uint32]
    quality: NDArray[np.uint16]


def canonical(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same values with one kind of NaN and one kind of zero; what is stored and what is digested."""
    settled = values + np.float32(0)
    settled[np.isnan(settled)] = np.float32(np.nan)
    return settled


def chunk_bytes(letter: bytes, asset: str, point: str, columns: Sequence[NDArray[np.generic]]) -> Iterator[memoryview]:
    """The bytes of one chunk, piece by piece. Columns must be contiguous, of one length and of the type of rule 3."""
    names = b"".join(struct.pack("<H", len(text)) + text for text in (asset.encode(), point.encode()))
    yield memoryview(CHUNK_MAGIC + letter + names + struct.pack("<I", len(columns[0])))
    for column in columns:
        if column.size:
            yield column.data.cast("B")


def chunk_digest(letter: bytes, asset: str, point: str, columns: Sequence[NDArray[np.generic]]) -> bytes:
    """SHA-256 of one chunk."""
    sha = hashlib.sha256()
    for piece in chunk_bytes(letter, asset, point, columns):
        sha.update(piece)
    return sha.digest()


def names(layout: FrameLayout, first: int = 0, last: int | None = None) -> list[tuple[str, str]]:
    """(asset, point) of every chunk in order, the point being TIMES for a time chunk."""
    points = [TIMES, *(spec.name for spec in (*layout.analog, *layout.integer))]
    return [(asset, point) for asset in layout.assets[first:last] for point in points]


def digests(block: Block) -> list[bytes]:
    """The digests of all chunks of a block in order: (last - first) x (1 + points) of them."""
    layout = block.layout
    analog = canonical(block.analog)
    times = [
        np.ascontiguousarray(block.frame, "<u4"),
        *(np.ascontiguousarray(c, "<i8") for c in (block.at_us, block.collected_us, block.polls)),
    ]
    integer = np.ascontiguousarray(block.integer, "<i8")
    quality = np.ascontiguousarray(block.quality, "<u2")
    split = len(layout.analog)
    found = []
    for i, asset in enumerate(layout.assets[block.first : block.last]):
        span = slice(int(block.bounds[i]), int(block.bounds[i + 1]))
        found.append(chunk_digest(b"T", asset, TIMES, [column[span] for column in times]))
        for c, spec in enumerate(layout.analog):
            found.append(chunk_digest(b"A", asset, spec.name, [analog[c, span], quality[c, span]]))
        for c, spec in enumerate(layout.integer):
            found.append(chunk_digest(b"I", asset, spec.name, [integer[c, span], quality[split + c, span]]))
    return found


def root(leaves: Sequence[bytes]) -> str:
    """Hex RFC 9162 tree hash over chunk digests as leaf data; that of no leaf is SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256().hexdigest()
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(level) > 1:  # pairing from the left equals the RFC's split at the largest power of two
        paired = [hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0].hex()


def minutes_digest(minutes: Sequence[Minutes]) -> str:
    """Hex SHA-256 of the minutes of one segment, given in order as one or more parts."""
    sha = hashlib.sha256(MINUTES_MAGIC)
    sha.update(struct.pack("<I", sum(len(part.asset) for part in minutes)))
    for name, kind in (
        ("asset", "<u4"),
        ("point", "<u4"),
        ("minute_us", "<i8"),
        ("low", "<f8"),
        ("mean", "<f8"),
        ("high", "<f8"),
        ("count", "<u4"),
        ("quality", "<u2"),
    ):
        for part in minutes:
            column = np.ascontiguousarray(getattr(part, name), kind)
            if kind == "<f8":
                column = column + 0.0
                column[np.isnan(column)] = np.nan
            sha.update(column.tobytes())
    return sha.hexdigest()
