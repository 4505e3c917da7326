"""The live picture as views read it: any point of any asset, with its age and with why it may not be believed.

A value whose quality disqualifies it, or that is older than the limit of its frame, is *not known*: its number is gone,
not greyed (safety S12). A later reading of the clock can only take values away.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, PointName, parent
from ironkeep.model.link import Link, Particulars
from ironkeep.model.live import EngineHealth, Live, unpack_frame
from ironkeep.model.point import PointClass, PointSpec
from ironkeep.model.quality import ABSENT_INTEGER, DISQUALIFYING, Quality
from ironkeep.model.time import SECOND_US, age_text
from ironkeep.model.trust import AssetTrust, Trust
from ironkeep.views.doubt import loud

REASON_WORDS = {
    Quality.ABSENT: "the device does not offer it",
    Quality.EXCEPTION: "the device answered with an exception",
    Quality.LOST: "no reply",
    Quality.STALE: "too old",
    Quality.REPLAYED: "was delivered before, to the last digit",
    Quality.RANGE: "outside what is possible",
    Quality.RATE: "moved faster than it can",
    Quality.ORDER: "time went backwards",
    Quality.FROZEN: "does not move while what it depends on moves",
    Quality.DUPLICATE: "the same sample sent again",
    Quality.PHYSICS: "does not close with values it must close with",
    Quality.WITNESS: "an independent witness disagrees",
    Quality.SETTLING: "too few good readings yet",
    Quality.INFERRED: "copied from another sensor",
    Quality.UNPROVEN_SIGN: "sign never tested against a meter",
}
DOUBTFUL = Quality.PHYSICS | Quality.WITNESS
_USELESS = np.uint16(int(DISQUALIFYING))
_NO_VALUE, _NO_TRUST = int(DISQUALIFYING), int(DISQUALIFYING | DOUBTFUL)  # plain numbers: asked for every value


@lru_cache(maxsize=4096)
def reason_words(quality: int) -> tuple[str, ...]:
    """In words, each reason that the quality bits hold."""
    return tuple(words for bit, words in REASON_WORDS.items() if quality & bit)


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it may be shown. `number` is None when it is not known; `why` then says why."""

    asset: AssetId
    point: PointName
    unit: str
    number: float | None
    quality: int
    age_us: int | None
    why: tuple[str, ...] = ()
    symbol: str = ""

    @property
    def known(self) -> bool:
        """May it be shown as a number?"""
        return self.number is not None

    @property
    def doubted(self) -> bool:
        """It is shown, with a question mark behind it: a witness or physics speaks against it."""
        return self.known and bool(self.quality & DOUBTFUL)

    @property
    def age(self) -> str:
        """Its age in short words, "never read" when there was no reply yet."""
        return "never read" if self.age_us is None else age_text(self.age_us)


@dataclass(frozen=True)
class Scene:
    """One turn unpacked. Missing assets and points are values that are not known, never errors."""

    at_us: int
    turn: int
    frames: tuple[Frame, ...]
    trust: Mapping[AssetId, AssetTrust]
    links: tuple[Link, ...]
    particulars: tuple[Particulars, ...]
    health: EngineHealth | None
    simulated: bool = False
    recorded: bool = False
    _where: dict[AssetId, list[tuple[int, int]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for index, frame in enumerate(self.frames):
            for asset, row in frame.layout.row_index.items():
                self._where.setdefault(asset, []).append((index, row))

    def rows_of(self, asset: AssetId) -> tuple[tuple[Frame, int], ...]:
        """Each frame that has a row of the asset, with that row."""
        return tuple((self.frames[index], row) for index, row in self._where.get(asset, ()))

    def assets(self) -> tuple[AssetId, ...]:
        """Every asset with at least one row, in order of id."""
        return tuple(sorted(self._where))

    def value(self, asset: str, point: str, now_us: int) -> Value:
        """The value of a point at the reading `now_us` of the clock."""
        who, name = AssetId(asset), PointName(point)
        for frame, row in self.rows_of(who):
            layout = frame.layout
            spec: PointSpec
            if (col := layout.analog_index.get(name)) is not None:
                spec, raw, bits = layout.analog[col], float(frame.analog[row, col]), int(frame.quality[row, col])
            elif (col := layout.integer_index.get(name)) is not None:
                held = int(frame.integer[row, col])
                raw = np.nan if held == ABSENT_INTEGER else float(held)
                spec, bits = layout.integer[col], int(frame.quality[row, len(layout.analog) + col])
            else:
                continue
            return _value(who, spec, raw, bits, int(frame.collected_us[row]), layout, now_us)
        return Value(who, name, "", None, int(Quality.ABSENT), None, ("no device offers it",))

    def age_us(self, asset: AssetId, now_us: int) -> int | None:
        """How old the newest reply of the asset is, None when it was never read."""
        newest = max((int(frame.collected_us[row]) for frame, row in self.rows_of(asset)), default=0)
        return now_us - newest if newest else None

    def trust_of(self, asset: AssetId) -> AssetTrust | None:
        """The trust state of the asset, or else of the nearest asset above it, or None."""
        at: AssetId | None = asset
        while at is not None:
            if (found := self.trust.get(at)) is not None:
                return found
            at = parent(at)
        return None

    @cached_property
    def doubted(self) -> tuple[AssetTrust, ...]:
        """Every asset whose trust asks for attention, worst first."""
        found = [each for each in self.trust.values() if loud(each)]
        return tuple(sorted(found, key=lambda each: (-each.state.rank, each.asset)))

    @cached_property
    def standing(self) -> int:
        """How many assets are below full trust for reasons known at commissioning alone."""
        return sum(each.state is not Trust.TRUSTED and not loud(each) for each in self.trust.values())

    def label(self, point: str, asset: str = "") -> str:
        """What the point is called wherever it is offered, or by the devices of one asset; its name in words where they
        call it differently, empty where no device offers it.
        """
        name = PointName(point)
        frames = [frame for frame, _ in self.rows_of(AssetId(asset))] if asset else self.frames
        layouts = {frame.layout.digest: frame.layout for frame in frames}.values()
        found = {spec.label for layout in layouts if (spec := _spec(layout, name)) is not None and spec.label}
        if len(found) > 1:
            return point.rpartition("_")[0].replace("_", " ")
        return next(iter(found), "")

    def block(self, frame: Frame, pattern: str, now_us: int) -> tuple[tuple[PointName, ...], np.ndarray, np.ndarray]:
        """Every analog column whose name begins with `pattern` up to its `*` and ends with what follows it.

        Returns the names, the values f8 (R, C) with NaN where not known, and the quality bits u2 (R, C).
        """
        names, cols = matching(frame.layout, pattern)
        values = frame.analog[:, cols].astype(np.float64)
        quality = frame.quality[:, cols]
        values[(quality & _USELESS) != 0] = np.nan
        values[now_us - frame.collected_us > frame.layout.age_limit_s * SECOND_US] = np.nan
        return names, values, quality

    def offered(self, asset: AssetId) -> tuple[PointSpec, ...]:
        """Every point that some device measures or reports of the asset, by label."""
        layouts = [frame.layout for frame, _ in self.rows_of(asset)]
        specs = [spec for layout in layouts for spec in (*layout.analog, *layout.integer)]
        return tuple(sorted((s for s in specs if s.point_class is PointClass.MEASUREMENT), key=lambda s: s.label))


def useless(quality: np.ndarray) -> np.ndarray:
    """Where quality bits disqualify a value: bool, of the shape of `quality`."""
    return np.asarray((quality & _USELESS) != 0)


_MATCHES: dict[tuple[str, str], tuple[tuple[PointName, ...], list[int]]] = {}
_MATCHES_MAX = 1_000


def _spec(layout: FrameLayout, name: PointName) -> PointSpec | None:
    if (col := layout.analog_index.get(name)) is not None:
        return layout.analog[col]
    col = layout.integer_index.get(name)
    return None if col is None else layout.integer[col]


def matching(layout: FrameLayout, pattern: str) -> tuple[tuple[PointName, ...], list[int]]:
    """Names and columns of the analog points that match "begin*end"."""
    key = (layout.digest, pattern)
    if (known_match := _MATCHES.get(key)) is not None:
        return known_match
    head, _, tail = pattern.partition("*")
    found = [
        (spec.name, i)
        for i, spec in enumerate(layout.analog)
        if spec.name.startswith(head) and spec.name.endswith(tail) and spec.name[len(head) : -len(tail)].isdigit()
    ]
    if len(_MATCHES) >= _MATCHES_MAX:
        _MATCHES.clear()
    _MATCHES[key] = made = tuple(name for name, _ in found), [i for _, i in found]
    return made


def assemble(live: Live, layouts: Mapping[str, FrameLayout]) -> Scene:
    """The scene of one turn; `layouts` by digest, this turn's included. A frame without its layout is left out."""
    known_layouts = [(packed, layouts[packed.layout]) for packed in live.frames if packed.layout in layouts]
    frames = [unpack_frame(packed, layout) for packed, layout in known_layouts]
    return Scene(
        at_us=live.at_us,
        turn=live.turn,
        frames=tuple(frames),
        trust={each.asset: each for each in live.trust},
        links=live.links,
        particulars=live.particulars,
        health=live.health,
        simulated=live.simulated,
        recorded=live.recorded,
    )


EMPTY = Scene(0, 0, (), {}, (), (), None)


def _value(
    asset: AssetId, spec: PointSpec, raw: float, bits: int, collected_us: int, layout: FrameLayout, now_us: int
) -> Value:
    age_us = now_us - collected_us if collected_us else None
    why = reason_words(bits & _NO_TRUST)
    number: float | None = raw
    if bits & _NO_VALUE or not math.isfinite(raw):
        number = None
    elif age_us is None or age_us > layout.age_limit_s * SECOND_US:
        number = None
        why = (*why, f"last read {age_text(age_us)} ago" if age_us is not None else "never read")
    symbol = ""
    if number is not None and spec.symbols:
        symbol = next((each.name for each in spec.symbols if each.value == int(number)), "")
    return Value(asset, spec.name, spec.unit, number, bits, age_us, why, symbol)


def oldest_us(values: Iterable[Value]) -> int | None:
    """How old the oldest of the values is, None when none was ever read: a row is as old as the oldest it shows."""
    return max((each.age_us for each in values if each.age_us is not None), default=None)


def unknowns(values: Iterable[Value]) -> tuple[str, ...]:
    """Why values are not known, each reason once; what a device never offered is no trouble of now."""
    missing = [each for each in values if not each.known and not each.quality & Quality.ABSENT]
    return tuple(dict.fromkeys(why for each in missing for why in each.why))


def known(values: Iterable[Value]) -> list[float]:
    """The numbers among the values that are known."""
    return [each.number for each in values if each.number is not None]
