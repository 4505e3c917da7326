"""What a setting is for: the promise that hangs on it, and what a change of it means.

A meaning is knowledge (packs/settings); a comparison of two files (views/settingdiff.py) shows it beside each change.
"""

from enum import StrEnum
from typing import Literal

import msgspec


class Promise(StrEnum):
    """What hangs on a setting, gravest first."""

    PROTECTION = "protection"
    GRID = "grid"
    RESERVE = "reserve"
    ALARM = "alarm"
    ACCESS = "access"
    OTHER = "other"


class Meaning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a setting means. `weaker` names the change that weakens the promise: higher, lower, both, off or on; `rank`
    is 0 for the gravest of its promise. `{inverse}` in `higher` and `lower` becomes before over after in per cent.
    `unit` is the canonical one where the setting has only one quantity.
    """

    name: str
    title: str
    promise: Promise
    means: str
    source: str
    rank: int
    weaker: Literal["higher", "lower", "both", "off", "on"]
    unit: str = ""
    higher: str = ""
    lower: str = ""
    on: str = ""
    off: str = ""
    negated: bool = False  # the setting's name says the opposite: on is off, as in OVP_Disable
