"""Technical numbers of the spine's file. None of them changes what a fact says or proves."""

from typing import Final

FILE_MODE: Final = 0o600
APPLICATION_ID: Final = 0x49524F4E  # "IRON" in the file's header, so that `file` and we know what it is
SCHEMA_VERSION: Final = 1

BLOCK_FACTS: Final = (
    4_096  # facts that one block of the index covers; those after the last full block are looked through
)
BUNDLE_FACTS: Final = 256  # facts in one stored row at most: a bundle never crosses a tile
MIDDLE_LEVELS: Final = 4  # levels between the two rows of hashes kept for a tile, so that a path needs few hashes
CHECKPOINT_EVERY: Final = 256  # facts; of each such stretch the last checkpoint stays for ever, besides the newest

BUSY_WAIT_MS: Final = 5_000  # milliseconds for a lock that SQLite itself takes briefly
LOG_PAGES: Final = 1_000  # pages of write-ahead log before SQLite moves them into the file
LOG_BYTES_KEPT: Final = 67_108_864  # bytes to which the log file is cut when it was longer
PAGE_ROWS: Final = 64  # bundles fetched at a time, so that no reader holds the log back for long
PAGE_BYTES: Final = 8_388_608  # bytes fetched at a time, likewise
TILES_CACHED: Final = 256  # tiles a reader keeps, 8.5 kB each

CHECK_FILE_BYTES: Final = 268_435_456  # bytes of file up to which an unclean stop gets a full integrity check
CHECK_FACTS: Final = 65_536  # newest facts hashed anew after an unclean stop, however long the file
