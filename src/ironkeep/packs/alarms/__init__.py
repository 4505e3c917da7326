"""The alarm list as data: rules with cause, consequence, action, time to respond and primary annunciator (INT-04)."""

from ironkeep.packs.alarms.read import parse, shipped

__all__ = ["parse", "shipped"]
