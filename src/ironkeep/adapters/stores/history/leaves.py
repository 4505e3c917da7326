"""The list of chunk digests beside a segment: not evidence, but it names the column when a root does not come out.

Its bytes: `MAGIC`, u4 length of a JSON head, the head, then the digests of each segment in turn, 32 bytes each.
"""

import struct
from pathlib import Path
from typing import Final

import msgspec

from ironkeep.adapters.stores.history.durable import write_whole
from ironkeep.codecs.chunks import DIGEST_BYTES

MAGIC: Final = b"IKLEAVES"


class Leaves(msgspec.Struct, frozen=True):
    """The chunk digests of one segment, in canonical order."""

    segment: str
    layout: str
    digests: tuple[bytes, ...]


class _Head(msgspec.Struct, frozen=True):
    segments: tuple[tuple[str, str, int], ...]  # id, layout, how many


def write_leaves(path: Path, held: tuple[Leaves, ...]) -> int:
    """Write the lists of the segments of one stem durably; returns the size in bytes."""
    head = msgspec.json.encode(_Head(tuple((each.segment, each.layout, len(each.digests)) for each in held)))
    body = b"".join(b"".join(each.digests) for each in held)
    return write_whole(path, MAGIC + struct.pack("<I", len(head)) + head + body)


def read_leaves(path: Path) -> dict[str, Leaves]:
    """The lists by segment; empty when the file is missing or is no such file, for then it can name nothing."""
    try:
        data = path.read_bytes()
        if data[:8] != MAGIC:
            return {}
        (length,) = struct.unpack_from("<I", data, 8)
        head = msgspec.json.decode(data[12 : 12 + length], type=_Head)
    except (FileNotFoundError, struct.error, msgspec.DecodeError):
        return {}
    found = {}
    at = 12 + length
    for segment, layout, many in head.segments:
        end = at + many * DIGEST_BYTES
        if many < 0 or end > len(data):
            return {}
        listed = tuple(data[i : i + DIGEST_BYTES] for i in range(at, end, DIGEST_BYTES))
        found[segment] = Leaves(segment, layout, listed)
        at = end
    return found
