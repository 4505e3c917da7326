"""Facts of the history: segments of telemetry sealed, compacted, expired. Bulk data enters the spine by digest.

A `file` is the stem that a segment's files share: raw samples lie in `raw/<file>-<part>.parquet`, one-minute rollups in
`minutes/<file>-<part>.parquet`, both below the history folder, parts counted from 0000.
"""

from ironkeep.facts.envelope import Body


class SegmentSealed(Body, frozen=True):
    """A stretch of frames of one group became Parquet files.

    `root` is the Merkle root over the digests of its canonical column chunks, in the order of the layout, of which
    there are `chunks`; compaction keeps the chunks and so the root. `minutes` is the digest of its one-minute
    rollups. `layout` is the layout's digest, `memory` that of the rooms' memory. `frames` and `rows` count what it
    holds, `first` and `last` are the times of its frames.
    """

    segment: str
    group: str
    layout: str
    file: str
    parts: int
    root: str
    chunks: int
    frames: int
    rows: int
    first: int
    last: int
    memory: str
    minutes: str
    minute_parts: int


class SegmentsCompacted(Body, frozen=True):
    """Several sealed segments now lie in files of one stem; their chunks, roots and minutes are unchanged."""

    file: str
    parts: int
    minute_parts: int
    segments: tuple[str, ...]


class SegmentsExpired(Body, frozen=True):
    """Segments reached the end of their retention: `tier` ("raw" or "minutes") of `file` is deleted. Their seals stay.

    `policy` is the digest of the policy that ended them, `reason` its rule: "age" or "bytes".
    """

    segments: tuple[str, ...]
    file: str
    tier: str
    policy: str
    reason: str
