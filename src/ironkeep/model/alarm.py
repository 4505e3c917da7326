"""An alarm asks a person to act in time; what asks nothing is a finding, not an alarm (safety S44, INT-04)."""

from enum import StrEnum

import msgspec

from ironkeep.model.annunciation import AlarmState, Annunciator, Priority
from ironkeep.model.ids import AlarmId, AssetId, IncidentId, PointName


class IncidentClass(StrEnum):
    """The seven classes of INC-01."""

    CHARGING = "charging anomaly"
    DISCHARGE = "discharge failure"
    COMMUNICATIONS = "loss of communications"
    FIRMWARE = "firmware integrity failure"
    TAMPERING = "physical tampering"
    THERMAL = "thermal alarm"
    GRID = "grid-interaction error"


class Comparison(StrEnum):
    """How a rule looks at its point."""

    ABOVE = "above"  # value > limit
    BELOW = "below"  # value < limit
    EQUALS = "equals"  # enum value = limit
    BIT = "bit"  # bit number `limit` of a bitfield is set
    RISING = "rising"  # value rises faster than limit, in units a minute, over `window_s`
    SPREAD = "spread"  # largest minus smallest over the columns matching the point exceeds limit
    DIFFERS = "differs"  # value differs from `other` point on the same row by more than limit
    OUTSIDE = "outside"  # value is further from zero than limit
    APART = "apart"  # value is further than limit from the median of the assets beside it (same parent, same point)
    TRUST = "trust"  # a reason whose code fits the point (* for any letters) stands, and the trust rank is >= limit
    LOST = "lost"  # a device was lost; the members are the assets behind it
    CHANGED = "changed"  # a protective setting that fits the point no longer has its approved value


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One more condition of a rule. The point is looked up on the rule's asset, then on those above it; with `kind` on
    any asset of that kind. A value that may not be used fulfils nothing.
    """

    point: PointName
    compare: Comparison
    limit: float
    kind: str = ""


class AlarmRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of the alarm list. `point` may end in `*` to mean every column with that beginning (cells of a module).

    `asset_kinds` narrows by asset kind (empty: any asset that offers the point). `limit` and `hysteresis` in the
    point's unit; `limit_point` takes the limit from another point of the same asset, or of one above it, when it is
    readable. Delays in seconds. A rule without cause, consequence, action and time to respond is refused when read
    (INT-04).
    `doubtful_raises`: a value that moved too fast, stands still or is out of range may raise (to the safe side), never
    clear. `suppressed_by`: while one of those alarms stands on the asset, above or below it, this one is not raised.
    `role`: what the alarm shows in a thermal case (gas, smoke, heat, rise, spread, cooling, blind).
    """

    id: str
    title: str
    point: PointName
    compare: Comparison
    limit: float
    priority: Priority
    incident: IncidentClass
    cause: str
    consequence: str
    action: str
    respond_s: int
    annunciator: Annunciator
    asset_kinds: tuple[str, ...] = ()
    limit_point: PointName | None = None
    other_point: PointName | None = None
    hysteresis: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 5.0
    window_s: float = 60.0
    life_safety: bool = False
    latched: bool = False
    attack: str = ""  # ATT&CK for ICS technique, e.g. T0878
    source: str = ""
    when: tuple[When, ...] = ()
    doubtful_raises: bool = False
    suppressed_by: tuple[str, ...] = ()
    role: str = ""
    severity: int = 2  # of the case it opens, 1 worst
    opens_case: bool = True
    shelvable: bool = True

    @property
    def may_wait(self) -> bool:
        """May its alarms be put aside for a while? Those about life and about trust never are."""
        return self.shelvable and not self.life_safety and self.compare is not Comparison.TRUST


class Alarm(msgspec.Struct, frozen=True):
    """One raising of one alarm on one asset, as it stands. `value_text` carries the number and unit at the time of
    raising.
    """

    id: AlarmId
    rule: str
    asset: AssetId
    state: AlarmState
    priority: Priority
    title: str
    value_text: str
    raised_us: int
    raised_seq: int
    annunciator: Annunciator
    incident_class: IncidentClass
    cause: str
    consequence: str
    action: str
    respond_s: int
    life_safety: bool = False
    latched: bool = False
    returned_us: int | None = None
    acknowledged_us: int | None = None
    acknowledged_by: str | None = None
    shelved_until_us: int | None = None
    incident: IncidentId | None = None
    members: tuple[AssetId, ...] = ()  # what a root alarm stands for: the assets behind a lost gateway
    attack: str = ""
