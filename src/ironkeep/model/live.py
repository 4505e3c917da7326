"""What the engine hands to its faces each turn: the judged frames as bytes, the trust of each asset, the links, its
own health.
"""

import msgspec
import numpy as np

from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import SiteId
from ironkeep.model.link import Link, Particulars
from ironkeep.model.trust import AssetTrust


class LiveFrame(msgspec.Struct, frozen=True):
    """A judged frame as bytes (little-endian, C order); shapes follow from the layout of that digest."""

    layout: str
    at_us: int
    analog: bytes
    integer: bytes
    quality: bytes
    collected_us: bytes
    polls: bytes


class EngineHealth(msgspec.Struct, frozen=True):
    """How the engine itself fares. `live` is true only while fresh data flows; else `reasons` say why not.

    Turn times in milliseconds over the last 5 minutes, `turn_ms` that of the newest turn. `clock` is the clock
    quality. `rooms_failed` names rooms that broke.
    """

    live: bool
    reasons: tuple[str, ...]
    version: str
    started_us: int
    turn: int
    turn_p50_ms: float
    turn_p99_ms: float
    devices_up: int
    devices: int
    points: int
    facts: int
    clock: str
    rooms_failed: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    turn_ms: float = 0.0


class Live(msgspec.Struct, frozen=True):
    """One turn, for faces. `layouts` holds those that this follower has not been sent before."""

    site: SiteId
    at_us: int
    turn: int
    frames: tuple[LiveFrame, ...]
    layouts: tuple[FrameLayout, ...]
    trust: tuple[AssetTrust, ...]
    links: tuple[Link, ...]
    particulars: tuple[Particulars, ...]
    health: EngineHealth
    simulated: bool = False
    recorded: bool = False


def pack_frame(frame: Frame) -> LiveFrame:
    """The bytes of a frame, for the desk's wire."""
    return LiveFrame(
        layout=frame.layout.digest,
        at_us=frame.at_us,
        analog=frame.analog.astype("<f4").tobytes(),
        integer=frame.integer.astype("<i8").tobytes(),
        quality=frame.quality.astype("<u2").tobytes(),
        collected_us=frame.collected_us.astype("<i8").tobytes(),
        polls=frame.polls.astype("<i8").tobytes(),
    )


def unpack_frame(packed: LiveFrame, layout: FrameLayout) -> Frame:
    """The frame that the bytes hold. Raises ValueError when their lengths do not fit the layout."""
    rows, analog, integer = len(layout.assets), len(layout.analog), len(layout.integer)
    return Frame(
        layout=layout,
        at_us=packed.at_us,
        analog=np.frombuffer(packed.analog, "<f4").reshape(rows, analog),
        integer=np.frombuffer(packed.integer, "<i8").reshape(rows, integer),
        quality=np.frombuffer(packed.quality, "<u2").reshape(rows, analog + integer),
        collected_us=np.frombuffer(packed.collected_us, "<i8").reshape(rows),
        polls=np.frombuffer(packed.polls, "<i8").reshape(rows),
    )
