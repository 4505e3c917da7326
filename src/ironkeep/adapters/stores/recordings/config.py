"""Limits of reading a recording."""

from typing import Final

SIZE_BYTES_MAX: Final = 4_000_000_000  # of a file
CELLS_MAX: Final = 80_000_000  # values held at once, two of each row for its time: about 2 GB with their analysis
LONG_ROWS_MAX: Final = 20_000_000  # lines of a long file: about 2 GB, 86 bytes each
COLUMNS_MAX: Final = 4_000
ASSETS_MAX: Final = 500
POINTS_MAX: Final = 1_000  # names of points in a long file
LINE_BYTES_MAX: Final = 2_000_000
HEAD_BYTES: Final = 1_000_000  # looked at before reading whole
PEEK_BYTES: Final = 64_000  # looked at in the middle and at the end
POINT_ROWS: Final = 60  # of each name of a long file, drawn from the whole of it
SAMPLE_ROWS: Final = 400  # of each place
BLOCK_BYTES: Final = 4_000_000  # of a file at a time
PREAMBLE_LINES_MAX: Final = 100  # lines above the head of the table
ENGINE_MEMORY: Final = "512MB"
ENGINE_THREADS: Final = 2
STAMP_MIN_US: Final = 0  # 1970
STAMP_MAX_US: Final = 7_258_118_400_000_000  # 2200
DAYS_MAX: Final = 100_000  # different dates looked at to tell day from month: 270 years
