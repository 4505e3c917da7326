"""When to believe the screen: four states per asset, each with reasons (telemetry.md section 5; TEL-07)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId


class Trust(StrEnum):
    """Best first. The effect of each is fixed: UNTRUSTED is excluded from every figure that someone may rely on."""

    TRUSTED = "TRUSTED"
    DEGRADED = "DEGRADED"
    VERIFY_LOCALLY = "VERIFY-LOCALLY"
    UNTRUSTED = "UNTRUSTED"

    @property
    def rank(self) -> int:
        """0 for TRUSTED to 3 for UNTRUSTED."""
        return _RANKS[self.value]


_RANKS: Final = {"TRUSTED": 0, "DEGRADED": 1, "VERIFY-LOCALLY": 2, "UNTRUSTED": 3}
STANDING: Final = "standing:"
"""Codes that begin so were known and accepted at commissioning; a screen keeps them apart from what is new."""


class TrustReason(msgspec.Struct, frozen=True, order=True):
    """One reason against full trust. `code` is stable ("standing:no-witness"); `text` is for people, with values and
    units.
    """

    code: str
    text: str

    @property
    def standing(self) -> bool:
        """Known since commissioning, such as a protocol without authentication; nothing happened."""
        return self.code.startswith(STANDING)


class AssetTrust(msgspec.Struct, frozen=True):
    """The trust state of one asset now; `since_us` is when this state began."""

    asset: AssetId
    state: Trust
    reasons: tuple[TrustReason, ...]
    since_us: int

    @property
    def news(self) -> tuple[TrustReason, ...]:
        """The reasons that are not standing ones: something happened."""
        return tuple(reason for reason in self.reasons if not reason.standing)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict of `decisions/telemetry` for one turn: frames with every quality bit set, and the trust of each
    asset.

    Only judged frames may be read by other rooms, by the history and by views.
    """

    at_us: int
    turn: int
    frames: tuple[Frame, ...]
    trust: Mapping[AssetId, AssetTrust]
