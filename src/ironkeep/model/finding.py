"""A finding: something a specialist should know that asks no operator action; it goes to the OT queue (safety S44)."""

from enum import StrEnum

import msgspec

from ironkeep.model.ids import AssetId, FindingId


class FindingKind(StrEnum):
    """What was found."""

    REPLY_REFUSED = "reply refused"  # a reply did not answer its request
    WRITE_OVERHEARD = "write overheard"  # by a station that nobody declared as a writer
    SETTING_CHANGED = "setting changed"
    PARTICULARS_CHANGED = "particulars changed"
    DEVICE_RESTARTED = "device restarted"
    WITNESS_DISAGREES = "witness disagrees"
    PHYSICS_OPEN = "physics does not close"
    FROZEN = "frozen values"
    CLOCK_JUMPED = "clock jumped"
    DETECTOR_UNAVAILABLE = "detector unavailable"
    SIGNAL_MISSING = "signal missing"
    CONNECTION_REFUSED = "connection refused"
    REPLAYED = "values replayed"
    DRIFTS = "reading drifts from its witness"
    ENERGY_OPEN = "energy does not close"
    CHATTERING = "chattering"
    CALIBRATION_OVER = "calibration ran out"
    HAND_READING = "hand reading"
    PASSPORT_TOO_LARGE = "passport too large"  # more settings than a fact holds
    UNKNOWN_DEVICE = "unknown device"  # of the register: seen, and in no site file
    VERSION_DIFFERS = "version differs"
    INTERFACE_UNDECLARED = "interface not declared"
    RETIRED_TALKING = "retired but talking"


class Finding(msgspec.Struct, frozen=True):
    """One finding as it stands. `sure` says how certain: exact, likely or possible; `next_step` who should do what."""

    id: FindingId
    kind: FindingKind
    asset: AssetId
    what: str
    sure: str
    next_step: str
    opened_us: int
    opened_seq: int
    attack: str = ""
    code: str = ""  # what tells two findings of one kind on one asset apart: the check or the point
    closed_us: int | None = None
