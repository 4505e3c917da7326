"""The numbers of the telemetry room. Durations in seconds of the monotonic clock, so that a wall clock may jump."""

import msgspec

from ironkeep.model.check import Bound, Check, SettingMeaning, Thermistors
from ironkeep.model.site import Site


class HandAllowance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a hand reading of the points that `pattern` names may lie from what is shown: in their unit, and a share
    of the reading. Judgement for hand-held instruments of class 0.5 to 2 and a walk between panel and screen.
    """

    pattern: str
    absolute: float
    relative: float = 0.0


HAND_ALLOWANCES = (
    HandAllowance("cell_voltage_*", 0.005, 0.002),
    HandAllowance("*_v", 0.5, 0.005),
    HandAllowance("*_a", 2.0, 0.02),
    HandAllowance("*_c", 2.0),
    HandAllowance("*_pct", 3.0),
    HandAllowance("*_w", 500.0, 0.03),
    HandAllowance("*_ohm", 10_000.0, 0.2),
)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the room decides by. `checks`, `bounds` and `settings` come from packs/checks, the site from its file."""

    site: Site  # as declared by its owner
    checks: tuple[Check, ...] = ()  # what readings must agree with
    bounds: tuple[Bound, ...] = ()  # limits of physics where a point's own specification is silent
    settings: tuple[SettingMeaning, ...] = ()  # what settings mean, and which are protective
    thermistors: tuple[Thermistors, ...] = ()  # which cells show one thermistor, by make
    settle_s: float = 10.0  # quarantine after a row was first read; at 1 Hz the 10 polls of telemetry.md section 4
    good_samples: int = 2  # good samples before a value leaves bad
    lost_after_s: float = 8.0  # silence of an endpoint before it counts as lost: longer than a card's reboot (S47)
    lost_unit_factor: float = 2.0  # a unit behind a living endpoint is lost after this many times as long
    heartbeat_still_s: float = 4.0  # a heartbeat that stands still this long ...
    heartbeat_still_samples: int = 4  # ... over this many replies means a frozen gateway
    clear_s: float = 30.0  # a reason must be positively gone this long before it is dropped (hysteresis)
    blind_after_s: float = 300.0  # safe-blind time: longer without data and somebody must look
    restart_finding_s: float = 600.0  # how long the finding of a restart stays open
    refused_every_s: float = 60.0  # at most one fact of refused replies per device and fault in this time
    copy_changes: int = 5  # a cell whose value changed this often, each time to that of another, is a copy of it (S60)
    copy_looks: int = 3  # pattern of copies over all modules of a device, seen this often on end: marked at once
    copy_rows: int = 4  # modules that must show the pattern
    copy_slices: int = 16  # the search for copies looks at one slice of the rows a turn
    false_alarms_a_month: float = 0.1  # of all coupled pairs of the site together; S46 allows one false incident
    chatter_alarms: int = 3  # raisings of one alarm ...
    chatter_window_s: float = 60.0  # ... within this time are chatter (ISA-18.2; telemetry.md section 6)
    chatter_quiet_s: float = 600.0  # without a raising for this long the chatter is over
    hand_valid_h: float = 8.0  # how long a hand reading that agrees is a witness
    hand_compared_s: float = 300.0  # how old a hand reading may be to be compared with what is shown
    hand_allowances: tuple[HandAllowance, ...] = HAND_ALLOWANCES
