"""Small frames and facts for the tables of the decision rooms."""

from collections.abc import Sequence

import numpy as np

from ironkeep.facts.envelope import Body, Draft, Fact
from ironkeep.facts.seal import seal
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName, SiteId
from ironkeep.model.link import Link, LinkState
from ironkeep.model.picture import Picture
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.model.site import Asset, AssetKind, Device, Site
from ironkeep.model.time import Now
from ironkeep.model.trust import Judged

SECOND = 1_000_000
WALL = 1_795_000_000 * SECOND


def now(second: float) -> Now:
    return Now(WALL + int(second * SECOND), 10 * SECOND + int(second * SECOND))


def site(*devices: str) -> Site:
    names = devices or ("bank",)
    assets = [Asset(AssetId(n), AssetKind.BANK, room=AssetId("room")) for n in names]
    assets.append(Asset(AssetId("room"), AssetKind.ROOM))
    made = tuple(Device(DeviceId(f"{n}-dev"), AssetId(n), "modbus", "h", 100 + i) for i, n in enumerate(names))
    return Site(SiteId("s"), "S", tuple(assets), made, shift_lead="shift lead")


def point(name: str, kind: PointKind = PointKind.ANALOG, cls: PointClass = PointClass.MEASUREMENT, **more) -> PointSpec:
    unit = {"c": "C", "v": "V", "a": "A", "pct": "%", "w": "W"}.get(name.rpartition("_")[2], "")
    return PointSpec(PointName(name), unit, kind, cls, **more)


def layout(assets: Sequence[str], analog: Sequence[PointSpec], integer: Sequence[PointSpec] = (), group: str = "g"):
    return FrameLayout(
        group,
        tuple(AssetId(a) for a in assets),
        tuple(DeviceId(f"{a.partition('.')[0]}-dev") for a in assets),
        tuple(analog),
        tuple(integer),
        1.0,
        3.0,
    )


def frame(shape: FrameLayout, second: float, analog, integer=None, quality=None, polls: int | None = None) -> Frame:
    rows = len(shape.assets)
    a = np.array(analog, np.float32).reshape(rows, len(shape.analog))
    i = np.zeros((rows, len(shape.integer)), np.int64) if integer is None else np.array(integer, np.int64)
    q = np.zeros((rows, a.shape[1] + len(shape.integer)), np.uint16)
    if quality is not None:
        q |= np.array(quality, np.uint16).reshape(q.shape)
    at = now(second).at_us
    count = int(second) if polls is None else polls
    return Frame(shape, at, a, i.reshape(rows, -1), q, np.full(rows, WALL + count * SECOND), np.full(rows, count))


def judged(*frames: Frame, second: float = 0, trust=None) -> Judged:
    return Judged(now(second).at_us, int(second), tuple(frames), trust or {})


def link(name: str, replies: int, **more) -> Link:
    state = more.pop("state", LinkState.UP)
    return Link(DeviceId(f"{name}-dev"), AssetId(name), state, "h:1", replies=replies, **more)


def picture(second: float, *frames: Frame, links: tuple[Link, ...] = (), particulars=()) -> Picture:
    return Picture(now(second).at_us, int(second), tuple(frames), links, particulars)


def facts(first: int, second: float, *bodies: Body | Draft) -> tuple[Fact, ...]:
    drafts = [b if isinstance(b, Draft) else Draft(b, "test") for b in bodies]
    return tuple(seal(d, first + i, SiteId("s"), now(second))[0] for i, d in enumerate(drafts))
