"""What a recording tells about a battery, in numbers with their conditions; and what it cannot tell, with the reason.

Times are microseconds UTC, or as written where the zone is not known. Energy and charge are counted out (discharge) and
in (charge), both positive. An error is a 95 % half width.
"""

from enum import StrEnum

import msgspec

from ironkeep.model.recording import Intake


class Rank(StrEnum):
    """How a remark ranks; worst first."""

    WRONG = "wrong"  # cannot be true as recorded
    LOOK = "look at this"  # may be true; somebody should look
    FINE = "fine"
    OPEN = "not judged"


class Gap(msgspec.Struct, frozen=True):
    """A stretch without a row."""

    first_us: int
    last_us: int


class Presence(msgspec.Struct, frozen=True):
    """How much of a point there is, and between what it moves (of finite values)."""

    point: str
    share: float
    low: float
    high: float


class Coverage(msgspec.Struct, frozen=True):
    """When rows came. `cadence_s` is the median step; a gap is a step over `gap_s`; `share` is time not in gaps."""

    first_us: int
    last_us: int
    rows: int
    cadence_s: float
    gap_s: float
    share: float
    gaps: int
    gaps_s: float
    longest: tuple[Gap, ...]
    points: tuple[Presence, ...]


class Frozen(msgspec.Struct, frozen=True):
    """A value that stood still while something coupled to it moved: `moved` of it, so that `expected` was due."""

    point: str
    other: str
    first_us: int
    last_us: int
    value: float
    moved: float
    expected: float


class Impossible(msgspec.Struct, frozen=True):
    """Values of a point that cannot be: how many, the first, the worst, and the limit that they break.

    `kind` is range, rate, spike or jump.
    """

    point: str
    kind: str
    count: int
    first_us: int
    worst: float
    limit: float


class State(msgspec.Struct, frozen=True):
    """What a column of two positions holds: its words, the share of its values that are on, how often it changes."""

    point: str
    off: str
    on: str
    share_on: float
    changes: int


class Through(msgspec.Struct, frozen=True):
    """A stretch in which a current or power flows although a switch in its way reads open: the largest of it, and
    whether it keeps one value over the change of the switch, as a frozen one does.
    """

    switch: str
    point: str
    first_us: int
    last_us: int
    worst: float
    still: bool


class Energy(msgspec.Struct, frozen=True):
    """Energy and charge through the battery, of the time that could be judged. `source` says from which signals."""

    source: str
    out_wh: float
    in_wh: float
    out_ah: float | None
    in_ah: float | None
    judged_s: float


class Efficiency(msgspec.Struct, frozen=True):
    """Energy out over energy in between equal states of charge, the small rest of the difference corrected.

    `windows` stretches without gaps, from first to last; `swing_pct` is the charge moved up in them altogether.
    """

    share: float
    error: float
    charge_share: float | None
    windows: int
    first_us: int
    last_us: int
    swing_pct: float
    rest_pct: float
    source: str


class Balance(msgspec.Struct, frozen=True):
    """Charge counted against charge reported: the capacity that makes both agree, and what still differs."""

    capacity_ah: float
    error_ah: float
    offset_a: float
    offset_error_a: float
    legs: int
    swing_pct: float
    residual_pct: float
    jumps: int
    first_jump_us: int
    worst_jump_pct: float


class Rest(msgspec.Struct, frozen=True):
    """The end of one rest: voltage of the mean cell, what was reported, and between what the voltage lets it be."""

    at_us: int
    lasted_s: float
    cell_v: float
    reported_pct: float
    low_pct: float
    high_pct: float
    speaks: bool


class RestCurve(msgspec.Struct, frozen=True):
    """What rests were compared with: the chemistry, where its curve is from, how long a rest had to last, what makes it
    silent, and whether the temperature at each rest was known.
    """

    name: str
    source: str
    settles_s: float
    flat: str
    temperature_known: bool


class Sign(msgspec.Struct, frozen=True):
    """Evidence that positive means discharge (+1), charge (-1) or nothing (0). `legs` moves of charge agree with the
    sign found, `against` do not; `ohm` is the resistance that steps of current show, `steps` how many.
    """

    point: str
    by_charge: int
    legs: int
    against: int
    by_voltage: int
    ohm: float
    steps: int


class Product(msgspec.Struct, frozen=True):
    """Power against volts times amperes: the factor between them, and the share of rows that agree."""

    factor: float
    share: float
    rows: int


class Curve(msgspec.Struct, frozen=True):
    """A point over time in buckets, for a picture: lowest and highest in each, None where nothing is."""

    point: str
    first_us: int
    last_us: int
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class Asked(msgspec.Struct, frozen=True):
    """A question that could not be answered, and the signal or declaration that is missing."""

    question: str
    missing: str


class Battery(msgspec.Struct, frozen=True):
    """Everything found about one asset of a recording."""

    asset: str
    coverage: Coverage
    energy: Energy | None
    efficiency: Efficiency | None
    balance: Balance | None
    signs: tuple[Sign, ...]
    product: Product | None
    frozen: tuple[Frozen, ...]
    frozen_s: float
    impossible: tuple[Impossible, ...]
    rests: tuple[Rest, ...]
    asked: tuple[Asked, ...]
    curves: tuple[Curve, ...]
    declared_ah: float | None = None
    rest_curve: RestCurve | None = None
    states: tuple[State, ...] = ()
    through: tuple[Through, ...] = ()


class Analysis(msgspec.Struct, frozen=True):
    """One recording, analysed. `guessed` is true where any of it rests on a mapping that nobody confirmed."""

    version: str
    intake: Intake
    guessed: bool
    batteries: tuple[Battery, ...]


class Remark(msgspec.Struct, frozen=True):
    """One thing to say about a battery: a title, plain words, the condition under which it holds, and the stretches of
    time that it is about.
    """

    rank: Rank
    asset: str
    title: str
    words: str
    condition: str = ""
    points: tuple[str, ...] = ()
    spans: tuple[Gap, ...] = ()
