"""The numbers of the telemetry room. Durations in seconds of the monotonic clock, so that a wall clock may jump."""

import msgspec

from ironkeep.model.check import Bound, Check, SettingMeaning
from ironkeep.model.site import Site


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the room decides by. `checks`, `bounds` and `settings` come from packs/checks, the site from its file."""

    site: Site  # as declared by its owner
    checks: tuple[Check, ...] = ()  # what readings must agree with
    bounds: tuple[Bound, ...] = ()  # limits of physics where a point's own specification is silent
    settings: tuple[SettingMeaning, ...] = ()  # what settings mean, and which are protective
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
    copy_slices: int = 16  # the search for copies looks at one slice of the rows a turn
