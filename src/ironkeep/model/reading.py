"""A hand reading: what a person read on an instrument, beside what the screen shows (TEL-07).

It is a witness of its own with an instrument, a reader and an age; it never becomes a live value.
"""

from enum import StrEnum
from typing import Any

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.ids import PointName

TEXT_MAX = 200  # characters of an instrument's name


class Verdict(StrEnum):
    """What a hand reading says about the value shown when it was taken."""

    AGREES = "agrees"
    DIFFERS = "differs"
    ALONE = "alone"  # nothing usable was shown, or the reading was too old to compare
    UNCALIBRATED = "uncalibrated"  # the instrument's calibration ran out or is not known: kept, and no witness (S35)


class HandReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request to record a reading. `value` is in the point's own unit; `read_us` is when it was read;
    `calibrated_until` is the date on the instrument's label (2027-03-31), empty where it has none.
    """

    point: PointName
    value: float
    instrument: str
    read_us: int
    calibrated_until: str = ""


def parse(body: dict[str, Any]) -> HandReading:
    """The hand reading of a request's body. Raises Refused with what would be right."""
    try:
        read = msgspec.convert(body, HandReading)
    except msgspec.ValidationError as exc:
        raise Refused(str(exc), where="hand reading", remedy="give point, value, instrument and read_us") from exc
    if not -1e12 < read.value < 1e12:
        raise Refused(f"{read.value} is no reading", where="value", remedy="give the number on the instrument")
    if not read.instrument.strip() or len(read.instrument) > TEXT_MAX:
        raise Refused("no instrument is named", where="instrument", remedy="give its name or number, short")
    return read
