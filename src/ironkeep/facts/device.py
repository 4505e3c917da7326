"""Facts of devices: reached, lost, what they say they are, and replies that did not answer their request."""

from ironkeep.facts.envelope import Body


class DeviceReached(Body, frozen=True):
    """The first believable reply since start, or since the device was lost. `silent_ms` is how long it was silent."""

    device: str
    asset: str
    address: str
    silent_ms: int


class DeviceLost(Body, frozen=True):
    """No believable reply for longer than the age limit of its group. `why` in words."""

    device: str
    asset: str
    address: str
    why: str


class DeviceDescribed(Body, frozen=True):
    """What a device said about itself when first reached: particulars and its model chain ("802@70+64")."""

    device: str
    asset: str
    manufacturer: str
    model: str
    options: str
    firmware: str
    serial: str
    chain: tuple[str, ...]


class ParticularsChanged(Body, frozen=True):
    """One of the strings a device says about itself, or its model chain, is no longer what it was."""

    device: str
    asset: str
    field: str
    before: str
    after: str


class ReplyRefused(Body, frozen=True):
    """Replies of a device that did not match their request, by fault ("transaction id"); `count` since the last
    such fact.
    """

    device: str
    asset: str
    fault: str
    count: int


class TalkOverheard(Body, frozen=True):
    """A conversation was heard where a device is listened to, with it or beside it: for the first time, or with its
    first write, or again after a day. `asker` opened it, where that could be told; counts and times are since the
    listening began.
    """

    device: str
    asset: str
    asker: str
    answerer: str
    protocol: str
    port: int
    packets: int
    reads: int
    writes: int
    others: int
    first_us: int
    last_us: int


class WriteOverheard(Body, frozen=True):
    """A station that the site file does not name as a writer sent writes to a device that is listened to: `count` since
    the last such fact; the newest of them in words, with what came of each.
    """

    device: str
    asset: str
    writer: str
    count: int
    what: str
