"""Facts of the history: segments of telemetry sealed, compacted, expired. Bulk data enters the spine by digest."""

from ironkeep.facts.envelope import Body


class SegmentSealed(Body, frozen=True):
    """A stretch of frames of one group became a Parquet segment.

    `root` is the Merkle root over the digests of its canonical column chunks, in column order, of which there are `chunks`;
    compaction keeps the chunks and so the root. `layout` is the layout's digest, `memory` that of the rooms' memory.
    """

    segment: str
    group: str
    layout: str
    file: str
    root: str
    chunks: int
    frames: int
    first: int
    last: int
    memory: str


class SegmentsCompacted(Body, frozen=True):
    """Several sealed segments now lie in one file; their chunks and roots are unchanged."""

    file: str
    segments: tuple[str, ...]


class SegmentExpired(Body, frozen=True):
    """A segment reached the end of its retention under the policy named, and was deleted; its seal stays on the spine."""

    segment: str
    file: str
    policy: str
