"""The numbers of the alarms room; the rules themselves come from packs/alarms."""

import msgspec

from ironkeep.model.alarm import AlarmRule
from ironkeep.model.site import Site


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the room decides by. Flood figures: ISA-18.2 as quoted in telemetry.md section 6."""

    site: Site  # as declared by its owner
    rules: tuple[AlarmRule, ...] = ()  # the alarm list
    flood_begins: int = 10  # more raised than this within the window is a flood
    flood_ends: int = 5  # fewer raised than this within the window ends it
    flood_window_s: float = 600.0  # the window in which raisings are counted
    shelve_max_s: float = 28_800.0  # longest shelving: one shift of 8 h
    mass_share: float = 0.6  # lost endpoints of all known ones from which on they are one alarm
    out_of_service: tuple[str, ...] = ()  # "rule@asset" pairs that are kept and not annunciated
