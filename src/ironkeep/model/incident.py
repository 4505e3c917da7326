"""An incident: alarms that are one story, under one commander (safety S10), with a thermal stage where it is one
(S23-S27).
"""

from enum import IntEnum, StrEnum

import msgspec

from ironkeep.model.alarm import IncidentClass
from ironkeep.model.ids import AlarmId, AssetId, IncidentId


class ThermalStage(IntEnum):
    """T1 to T3 of the safety rules; 0 where the incident is not thermal. Missing data never lowers a stage (S26)."""

    NONE = 0
    T1 = 1
    T2 = 2
    T3 = 3


class IncidentState(StrEnum):
    """A case is open until a named person closes it; `quiet` means that all its alarms have returned."""

    OPEN = "open"
    QUIET = "quiet"
    CLOSED = "closed"


class Incident(msgspec.Struct, frozen=True):
    """One case as it stands. `commander` is the shift lead until someone takes over on the record."""

    id: IncidentId
    incident_class: IncidentClass
    state: IncidentState
    severity: int  # 1 worst
    stage: ThermalStage
    title: str
    next_step: str
    assets: tuple[AssetId, ...]
    alarms: tuple[AlarmId, ...]
    opened_us: int
    opened_seq: int
    commander: str
    commander_since_us: int
    closed_us: int | None = None
    hypotheses: tuple[str, ...] = ("equipment fault", "cyber cause")
