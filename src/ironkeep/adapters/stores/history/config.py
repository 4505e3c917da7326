"""Technical numbers of the history on disk. What is kept and for how long is policy, not here."""

from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600

# The frame log
WRITE_BUFFERS_MAX: Final = 512  # buffers handed to one writev; Linux allows 1,024
LOG_FRAMES_MAX: Final = 100_000  # records in one log before it is closed early, however young it is
LOG_BYTES_MAX: Final = 8_000_000_000  # bytes, likewise

# The upkeep process
WORKER_NICE: Final = 10  # it yields to the turn
WORKER_LIMIT_S: Final = 21_600.0  # seconds before one run is given up and tried again
RETRY_S: Final = 60.0  # seconds after a failed run
UPKEEP_EVERY_S: Final = 3_600.0  # seconds between runs that nothing else calls for: compaction, expiry, deletion
CONFIRM_EVERY_S: Final = 5.0  # seconds between looks whether facts handed out stand on the spine
SUPERSEDED_KEPT_S: Final = 600  # seconds that files replaced by compaction stay for readers that still use them
CLOCK_STEADY_S: Final = 3_600  # seconds that wall and monotonic time must agree before age may end anything
CLOCK_STEP_US: Final = 2_000_000  # microseconds by which they may differ and still agree

# Parquet
CELLS_A_PART: Final = 16_000_000  # values in one file of a fresh segment; bounds the memory of a seal
CELLS_A_DAY_PART: Final = 64_000_000  # values in one file of a compacted day
CELLS_A_MINUTES_PART: Final = 16_000_000  # values in one file of rollups; bounds the footer that a long trend reads
CELLS_A_ROW_GROUP: Final = 8_000_000  # values in one row group of raw samples
ROWS_A_ROW_GROUP_MIN: Final = 16_384
ROWS_A_ROW_GROUP_MAX: Final = 122_880
MINUTES_A_ROW_GROUP: Final = 20_480  # rollup rows in one row group
COMPACTED_SEGMENTS_MAX: Final = 400  # segments that one compaction takes

# DuckDB
WRITER_MEMORY: Final = "768MB"
READER_MEMORY: Final = "512MB"
WRITER_THREADS: Final = 1  # the second core belongs to the turn
READER_THREADS: Final = 2
