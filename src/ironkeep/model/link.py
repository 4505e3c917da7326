"""What the wire itself tells about a device: its link, its particulars, and every reply that did not answer its
request.
"""

from enum import StrEnum

import msgspec

from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.register import Talk


class LinkState(StrEnum):
    """The state of our one connection to a device."""

    NEVER = "never"  # not reached since the engine started
    UP = "up"
    DOWN = "down"  # closed, timed out or unreachable
    BACKING_OFF = "backing off"  # refused: waiting, so that nobody else is evicted (safety S49)


class ReplyFault(StrEnum):
    """Why a reply in frames (Modbus) was refused. Each is counted; each is a security finding, not noise."""

    TRANSACTION_ID = "transaction id"
    PROTOCOL_ID = "protocol id"
    UNIT = "unit id"
    FUNCTION = "function code"
    BYTE_COUNT = "byte count"
    LENGTH = "length field"
    LATE = "late"
    DUPLICATE = "duplicate"
    UNASKED = "unasked"


class LineFault(StrEnum):
    """Why an answer in lines (NUT) was refused. Each is counted; each is a security finding, not noise."""

    MALFORMED = "malformed line"
    TOO_LONG = "line too long"
    TOO_MANY = "list too long"
    OTHER = "answer to something else"
    TWICE = "variable twice"
    UNASKED = "unasked"


class Writer(msgspec.Struct, frozen=True):
    """A station that was overheard writing to a device: its address, how many requests since the engine started, and
    what the newest ones would change, in words.
    """

    address: str
    count: int
    newest: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True):
    """One device's link at picture time. Counters run since the engine started.

    `reply_us` is the wall time of the last good reply (0 never); `faults` counts refused replies by the value of
    their ReplyFault or LineFault; `exceptions` counts Modbus exception replies; `detail` says in words why the link is
    not up, or what is missing although it is.
    """

    device: DeviceId
    asset: AssetId
    state: LinkState
    address: str
    reply_us: int = 0
    since_us: int = 0
    requests: int = 0
    replies: int = 0
    timeouts: int = 0
    exceptions: int = 0
    faults: dict[str, int] = {}
    detail: str = ""
    authenticated: bool = False
    writers: tuple[Writer, ...] = ()  # overheard: of a device that is listened to
    talks: tuple[Talk, ...] = ()  # overheard where it is listened to, with it and beside it


class Particulars(msgspec.Struct, frozen=True):
    """The strings a device says about itself (SunSpec model 1 and the like), and its model chain. A change is a
    fact.
    """

    device: DeviceId
    asset: AssetId
    manufacturer: str = ""
    model: str = ""
    options: str = ""
    version: str = ""
    serial: str = ""
    chain: tuple[str, ...] = ()  # "802@70+64": model, first register, length
