"""Limits of speaking Modbus/TCP. What belongs to one device (period, timeout, in flight) stands with it in the site
file; this is what holds for all.
"""

from typing import Final

import msgspec

PERIOD_MIN_S: Final = 0.02  # no declared profile polls faster; the default of a device is 1 s (safety S48)
IN_FLIGHT_MAX: Final = 16  # requests on one connection, whatever a profile says
DEVICES_MAX: Final = 10_000
AGE_LIMIT_PERIODS: Final = 3.0  # missed polls after which a value is lost
OUT_OF_STEP_MAX: Final = 3  # replies in a row that answer nothing asked; then the connection is opened anew
SILENT_MAX: Final = 3  # timeouts in a row on a connection; then it is opened anew
REMEMBERED_MAX: Final = 256  # transaction ids of the past, to know late and duplicate replies by
RECEIVE_BYTES: Final = 16_384  # taken from a connection at once: 60 replies of the largest size
SLOW_SHARE: Final = 0.5  # of its period that a poll may take on a shared connection before the unit gives way
SUSPECT_WAIT_MAX_S: Final = 5.0  # a unit that gives way is asked at least this often while others are due
SWEEP_POLLS: Final = 10  # polls between two readings of particulars and of the end of the model chain
DESCRIBE_AGAIN_MAX_S: Final = 3_600.0  # between searches of a unit that shows a part of what it should, each time alike
CHANGED_WAIT_MAX_S: Final = 300.0  # before a unit that changed again and again is searched anew
HELD_WAITS: Final = 10  # waits that a description must hold for to count as good, so that changes cost little in all
STABLE_S: Final = 30.0  # a connection that lived so long was no refusal
EVICTIONS_MAX: Final = 3  # connections in a row that a device closed soon although it had answered; then we stop


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to wait. All in seconds."""

    connect_timeout_s: float = 3.0
    reconnect_min_s: float = 0.5  # after the first refusal; doubled at each further one
    reconnect_max_s: float = 60.0
    retry_max_s: float = 10.0  # between polls of a unit that does not answer or lies
    describe_again_s: float = 30.0  # between searches of a unit that does not show what it should
    start_spread_s: float = 0.5  # first connections are spread over this time
    close_s: float = 1.0  # how long closing may take
