"""Who speaks first for an alarm, and how loud: priorities, states of ISA-18.2, and the primary annunciator (safety
S43).
"""

from enum import IntEnum, StrEnum


class Priority(IntEnum):
    """1 is the most urgent. Aim at about 5/15/80 % (safety S45)."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3


class Annunciator(StrEnum):
    """Which system is the primary voice for an alarm. Where it is not us, we repeat and never replace."""

    FIRE_PANEL = "fire panel"
    BMS = "BMS"
    DCIM = "DCIM"
    IRONKEEP = "Ironkeep"


class AlarmState(StrEnum):
    """The alarm states of ISA-18.2 / IEC 62682."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED_UNACKNOWLEDGED = "returned unacknowledged"
    LATCHED = "latched"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed by design"
    OUT_OF_SERVICE = "out of service"
