"""The picture: the newest frames, frozen together, on which one turn decides. Nothing moves under a decision."""

from dataclasses import dataclass

from ironkeep.model.frame import Frame
from ironkeep.model.link import Link, Particulars


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the readers know at one moment: frames (one a group), links (one a device), particulars (one a
    device).
    """

    at_us: int
    turn: int
    frames: tuple[Frame, ...]
    links: tuple[Link, ...]
    particulars: tuple[Particulars, ...]
