"""A log read as arrays: where the frames of each layout lie, and gathering rows or one signal out of them.

The index grows with the file, so a reader follows a log that is being written. It takes up a turn only once a later one
stands behind it: the newest may yet be cut back when the disk refuses its rest, and what is mapped must never vanish.
"""

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.chunks import Block
from ironkeep.codecs.frames import (
    FILE_MAGIC,
    HEADER_BYTES,
    Damage,
    Record,
    RecordKind,
    layout_of,
    memory_of,
    offsets,
    parse_header,
    scan,
)
from ironkeep.model.errors import Untrusted
from ironkeep.model.frame import FrameLayout


@dataclass(slots=True)
class Reel:
    """The frames of one layout in one log: body offsets and times, in the order of writing."""

    layout: FrameLayout
    bodies: list[int] = field(default_factory=list)
    at_us: list[int] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, analog and integer columns."""
        return len(self.layout.assets), len(self.layout.analog), len(self.layout.integer)


class Tape:
    """One log, opened for reading. `reels` by layout digest; `memory` is the newest digest of the rooms' memory."""

    def __init__(self, path: Path, kept: Callable[[str], FrameLayout | None]) -> None:
        """`kept` gives a layout kept elsewhere, for a log whose own record of it is damaged."""
        self.path = path
        self._kept = kept
        self.reels: dict[str, Reel] = {}
        self.memory = ""
        self.damaged: list[Damage] = []
        self.unreadable = 0  # layouts that do not parse, and frames whose layout is nowhere
        self._end = len(FILE_MAGIC)
        self._image: mmap.mmap | None = None
        self._bytes: NDArray[np.uint8] = np.empty(0, np.uint8)

    def follow(self, *, closed: bool) -> None:
        """Take up what was written since the last call. `closed` says that nobody writes this log any more: then its
        newest turn is taken up too.
        """
        if closed:
            self.read_through()
            return
        with self.path.open("rb", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            waiting: list[Record] = []
            offset = self._end
            while (record := _header_in(file, offset, size)) is not None:
                if waiting and record.at_us != waiting[-1].at_us:
                    self._take_all(waiting)
                    waiting = []
                waiting.append(record)
                offset = record.end

    def _take_all(self, records: list[Record]) -> None:
        self._map(records[-1].end)
        data = self._bytes.data
        for record in records:
            self._take(data, record)

    def read_through(self) -> None:
        """Take up the whole file, checking every body and passing over damage; for a log that nobody writes any
        more.
        """
        size = self.path.stat().st_size
        if size <= self._end:
            return
        self._map(size)
        data = self._bytes.data
        for found in scan(data, self._end):
            if isinstance(found, Damage):
                self.damaged.append(found)
            else:
                self._take(data, found)

    def _take(self, data: memoryview, record: Record) -> None:
        self._end = record.end
        if record.kind is RecordKind.MEMORY:
            self.memory = memory_of(data, record)
        elif record.kind is RecordKind.LAYOUT:
            try:
                self.reels.setdefault(record.digest, Reel(layout_of(data, record)))
            except Untrusted:
                self.unreadable += 1
        else:
            reel = self.reels.get(record.digest) or self._known(record.digest)
            if reel is None or reel.shape != (record.rows, record.analog, record.integer):
                self.unreadable += 1
                return
            reel.bodies.append(record.body)
            reel.at_us.append(record.at_us)

    def _known(self, digest: str) -> Reel | None:
        """A reel for a layout that this log does not tell, when it is kept elsewhere."""
        layout = self._kept(digest)
        if layout is not None:
            self.reels[digest] = Reel(layout)
        return self.reels.get(digest)

    def _map(self, end: int) -> None:
        """Map the file at least up to `end`; what lies beyond is not touched."""
        if end <= len(self._bytes):
            return
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            self._image = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
            self._bytes = np.frombuffer(self._image, np.uint8)

    def block(self, reel: Reel, first: int, last: int) -> Block:
        """The fresh samples of assets first to last (excluded), sorted by asset, then frame."""
        layout = reel.layout
        n_rows, n_analog, n_integer = len(layout.assets), len(layout.analog), len(layout.integer)
        places = offsets(n_rows, n_analog, n_integer)
        n, frames = last - first, len(reel.bodies)

        def gather(kind: str, at: int, width: int) -> NDArray[np.generic]:
            """One block of every frame, rows first to last: (n, frames, width)."""
            size = np.dtype(kind).itemsize
            out = np.empty((n, frames, width), kind)
            for f, body in enumerate(reel.bodies):
                start = body + at + first * width * size
                out[:, f] = self._bytes[start : start + n * width * size].view(kind).reshape(n, width)
            return out

        fresh = gather("|u1", places.fresh, 1)[:, :, 0].astype(bool)
        bounds = np.zeros(n + 1, np.int64)
        np.cumsum(fresh.sum(axis=1), out=bounds[1:])
        frame = np.broadcast_to(np.arange(frames, dtype=np.uint32), (n, frames))[fresh]
        at = np.asarray(reel.at_us, np.int64)[frame]

        def columns(kind: str, place: int, width: int) -> NDArray[np.generic]:
            return np.ascontiguousarray(gather(kind, place, width)[fresh].T)

        return Block(
            layout=layout,
            first=first,
            last=last,
            bounds=bounds,
            frame=frame,
            at_us=at,
            collected_us=columns("<i8", places.collected, 1)[0].astype(np.int64),
            polls=columns("<i8", places.polls, 1)[0].astype(np.int64),
            analog=columns("<f4", places.analog, n_analog).astype(np.float32, copy=False),
            integer=columns("<i8", places.integer, n_integer).astype(np.int64, copy=False),
            quality=columns("<u2", places.quality, n_analog + n_integer).astype(np.uint16, copy=False),
        )

    def signal(
        self, reel: Reel, row: int, column: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32] | NDArray[np.int64], NDArray[np.uint16]]:
        """The fresh samples of one asset's one column (analog first): collected_us, values, quality."""
        layout = reel.layout
        n_rows, n_analog, n_integer = len(layout.assets), len(layout.analog), len(layout.integer)
        places = offsets(n_rows, n_analog, n_integer)
        bodies = np.asarray(reel.bodies, np.int64)

        def pick(kind: str, at: int) -> NDArray[np.generic]:
            size = np.dtype(kind).itemsize
            return np.ascontiguousarray(self._bytes[(bodies + at)[:, None] + np.arange(size)]).view(kind)[:, 0]

        fresh = pick("|u1", places.fresh + row).astype(bool)
        bodies = bodies[fresh]
        times = pick("<i8", places.collected + row * 8).astype(np.int64)
        quality = pick("<u2", places.quality + (row * (n_analog + n_integer) + column) * 2).astype(np.uint16)
        if column < n_analog:
            return times, pick("<f4", places.analog + (row * n_analog + column) * 4).astype(np.float32), quality
        cell = row * n_integer + column - n_analog
        return times, pick("<i8", places.integer + cell * 8).astype(np.int64), quality


def _header_in(file: FileIO, offset: int, size: int) -> Record | None:
    """The record whose header lies at that offset of the file and whose end is within `size`."""
    head = os.pread(file.fileno(), HEADER_BYTES, offset)
    record = parse_header(head, offset)
    return record if record is not None and record.end <= size else None
