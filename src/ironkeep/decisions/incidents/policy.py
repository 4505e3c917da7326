"""The numbers of the incidents room; which alarm shows what in a case is said by the alarm rules."""

import msgspec

from ironkeep.model.alarm import AlarmRule
from ironkeep.model.site import Site


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the room decides by."""

    site: Site  # as declared by its owner
    rules: tuple[AlarmRule, ...] = ()  # the alarm list
    quiet_join_s: float = 1800.0  # a case quiet for longer takes no new alarm: a new case opens
    same_cause_s: float = 600.0  # cases of one class on several banks within this time are held to be one cause (S05)
