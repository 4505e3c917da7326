"""How the processes speak to their log: one plain line an event, tracebacks without the values of variables.

Values may be passwords or keys; a line in a log is read by people who must not have them.
"""

import logging
import sys

import structlog


def begin() -> None:
    """Set up the log of this process: standard error, UTC, plain text."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
