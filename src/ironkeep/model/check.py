"""A check: what a reading must agree with before it may be believed, as data (telemetry.md sections 5 and 7.3).

A check names points, never makes. It is compiled against the columns that are really there; where one is missing, the
check says that it is unavailable and never that all is well.
"""

from enum import StrEnum

import msgspec

from ironkeep.model.ids import PointName
from ironkeep.model.site import AssetKind


class Relation(StrEnum):
    """How the point of a check hangs together with the others."""

    PRODUCT = "product"  # point = other x second, same asset
    ORDERED = "ordered"  # other <= point <= second, same asset
    COLUMNS = "columns"  # point = sum of the columns that `other` (ends in *) names, same asset
    CHILDREN = "children"  # point = sum of `other` over the assets directly below
    WITNESS = "witness"  # point = other at a declared witness of the asset
    WAY = "way"  # as witness, but of one sensor told two ways: which way lies is not known, so both are doubted
    ROOM = "room"  # point = other at the asset's room
    COUNT = "count"  # a charge (%) = its anchor less the current `other` integrated over the capacity `second` (Ah)
    EVENT = "event"  # bit `bit` of `second` stands once the highest `other` (ends in *) at or below is over the point
    EXCITED = "excited"  # the point moves when `other` of the asset above moves past the tolerance (unless second is 0)
    ENERGY = "energy"  # point (W) integrated = what counters `other` less `second` (Wh) of a declared witness grew by
    ENCLOSED = "enclosed"  # the mean of `other` over all assets below = point at the asset's room
    CONTACTOR = "contactor"  # point (believed state) agrees with aux `other`, pole voltage `second` and a current


class Drift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The finer test of a check that compares two readings: does one of them drift, stretch or live a life of its own?

    `noise` is the standard deviation of one difference of the two (the point's unit); `offset` (the point's unit) and
    `share` are what the class of both instruments allows together; below a standard deviation of `excitation` (the
    point's unit) of the other side nothing is said of gain.
    """

    noise: float
    offset: float
    share: float
    excitation: float


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check. It disagrees while the residual exceeds `tolerance` (the point's unit) + `relative` x the size of the
    point + `skew` x what both sides moved since the last turn, for `hold_s` on end.

    `relative` is a share (0.02 = 2 %). `source` says where the numbers come from.
    """

    id: str
    relation: Relation
    point: PointName
    other: PointName
    tolerance: float
    text: str
    second: PointName | None = None
    third: PointName | None = None
    asset_kinds: tuple[AssetKind, ...] = ()
    witness_kinds: tuple[AssetKind, ...] = ()
    relative: float = 0.0
    skew: float = 0.0
    hold_s: float = 5.0
    samples: int = 0  # equal samples before a value counts as frozen (EXCITED)
    bit: int = 0
    alike: tuple[float, ...] = ()  # states that count as one, where one side does not tell them apart (WAY)
    drift: Drift | None = None
    attack: str = ""  # ATT&CK for ICS technique
    source: str = ""


class Thermistors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many cells show the reading of one thermistor in modules of a make (safety S60): with 4, cells 1 to 4 show
    one, 5 to 8 the next. `manufacturer` and `model` are what the device says of itself.
    """

    manufacturer: str
    model: str
    cells_each: int
    source: str = ""


class SettingMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the settings that `pattern` names (a point name, * for any letters) mean to people, and whether
    protection or a promise to the grid hangs on them.
    """

    pattern: str
    meaning: str
    protective: bool = False


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What physics allows for the points that `pattern` names, where their own specification is silent: lowest and
    highest value in the point's unit, fastest change in units a second.
    """

    pattern: str
    low: float | None = None
    high: float | None = None
    rate_per_s: float | None = None
    source: str = ""
