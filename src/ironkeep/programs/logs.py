"""How the processes speak to their log: one plain line an event, tracebacks without the values of variables.

Values may be passwords or keys; a line in a log is read by people who must not have them.
"""

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog

KEYS = ["timestamp", "level", "event"]  # of a line, first


class Lossy:
    """A stream on which nothing depends: where its reader is gone or its disk is full, what is written is lost, and the
    work goes on. What counts is on the record, not in the log.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, or lose it."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flush, or lose it."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def begin(*, json: bool = False) -> None:
    """Set up the log of this process, UTC: plain text on standard error, or lines of JSON on standard output."""
    shape = structlog.processors.JSONRenderer() if json else structlog.processors.KeyValueRenderer(key_order=KEYS)
    stream = Lossy(sys.stdout if json else sys.stderr)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            shape,
        ],
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", stream)),  # it writes and flushes, nothing else
        cache_logger_on_first_use=True,
    )
