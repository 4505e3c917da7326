"""How the processes speak to their log: one plain line an event, tracebacks without the values of variables.

Values may be passwords or keys; a line in a log is read by people who must not have them.
"""

import logging
import sys

import structlog

KEYS = ["timestamp", "level", "event"]  # of a line, first


def begin(*, json: bool = False) -> None:
    """Set up the log of this process, UTC: plain text on standard error, or lines of JSON on standard output."""
    shape = structlog.processors.JSONRenderer() if json else structlog.processors.KeyValueRenderer(key_order=KEYS)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            shape,
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout if json else sys.stderr),
        cache_logger_on_first_use=True,
    )
