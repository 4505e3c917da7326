"""The numbers that stand for states and bits in the plant's signals.

Rules. Where SunSpec has a code for it (models 701, 802, 803, 804, 805) the same number is used, so that the server
copies. All others are the twin's own and appear in its vendor map.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Serving(IntEnum):
    """What a device's network side does just now."""

    ANSWER = 0
    DROP = 1  # accepts nothing, answers nothing
    FREEZE = 2  # answers, with values that no longer move (the plant already froze them)


class BankState(IntEnum):
    """SunSpec 802 State."""

    DISCONNECTED = 1
    INITIALIZING = 2
    CONNECTED = 3
    STANDBY = 4
    SOC_PROTECTION = 5
    SUSPENDING = 6
    FAULT = 99


class ChargeStatus(IntEnum):
    """SunSpec 802 ChaSt."""

    OFF = 1
    EMPTY = 2
    DISCHARGING = 3
    CHARGING = 4
    FULL = 5
    HOLDING = 6
    TESTING = 7


class Event(IntFlag):
    """SunSpec 802 Evt1, 803 StrEvt1 and 804 Evt1 (CURRENT_IMBALANCE_WARNING in 802 only)."""

    COMMUNICATION_ERROR = 1 << 0
    OVER_TEMP_ALARM = 1 << 1
    OVER_TEMP_WARNING = 1 << 2
    UNDER_TEMP_ALARM = 1 << 3
    UNDER_TEMP_WARNING = 1 << 4
    OVER_CHARGE_CURRENT_ALARM = 1 << 5
    OVER_CHARGE_CURRENT_WARNING = 1 << 6
    OVER_DISCHARGE_CURRENT_ALARM = 1 << 7
    OVER_DISCHARGE_CURRENT_WARNING = 1 << 8
    OVER_VOLT_ALARM = 1 << 9
    OVER_VOLT_WARNING = 1 << 10
    UNDER_VOLT_ALARM = 1 << 11
    UNDER_VOLT_WARNING = 1 << 12
    UNDER_SOC_MIN_ALARM = 1 << 13
    UNDER_SOC_MIN_WARNING = 1 << 14
    OVER_SOC_MAX_ALARM = 1 << 15
    OVER_SOC_MAX_WARNING = 1 << 16
    VOLTAGE_IMBALANCE_WARNING = 1 << 17
    TEMPERATURE_IMBALANCE_ALARM = 1 << 18
    TEMPERATURE_IMBALANCE_WARNING = 1 << 19
    CONTACTOR_ERROR = 1 << 20
    FAN_ERROR = 1 << 21
    GROUND_FAULT = 1 << 22
    OPEN_DOOR_ERROR = 1 << 23
    CURRENT_IMBALANCE_WARNING = 1 << 24
    OTHER_ALARM = 1 << 25
    OTHER_WARNING = 1 << 26


class ConnectFailure(IntEnum):
    """SunSpec 803 StrConFail and 804 ConFail."""

    NO_FAILURE = 0
    OUTSIDE_VOLTAGE_RANGE = 3
    STRING_NOT_ENABLED = 4
    CONTACTOR_FAILURE = 6
    PRECHARGE_FAILURE = 7
    STRING_FAULT = 8


class UpsMode(IntEnum):
    """Where a double-conversion UPS takes the load's power from."""

    OFF = 0
    ONLINE = 1
    BATTERY = 2
    STATIC_BYPASS = 3
    MAINTENANCE_BYPASS = 4


class InverterState(IntEnum):
    """SunSpec 701 InvSt."""

    OFF = 0
    SLEEPING = 1
    STARTING = 2
    RUNNING = 3
    THROTTLED = 4
    SHUTTING_DOWN = 5
    FAULT = 6
    STANDBY = 7


class GeneratorState(IntEnum):
    """A standby set's controller state."""

    STOPPED = 0
    CRANKING = 1
    RESTING = 2  # between two start attempts
    RUNNING = 3  # at speed, voltage within its window
    COOLING = 4
    FAILED = 5  # overcrank; needs a person
    WARMING = 6  # fired, not yet at rated speed and voltage


class AtsPosition(IntEnum):
    """Which source the transfer switch feeds the site from."""

    OPEN = 0
    UTILITY = 1
    GENERATOR = 2


class HvacState(IntEnum):
    """State of a cooling unit."""

    OFF = 0
    RUNNING = 1
    RESTARTING = 2  # supply is back, restart delay is running
    FAULT = 3
    NO_SUPPLY = 4
    MAINTENANCE = 5
