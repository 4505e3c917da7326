"""What the frames that are really there mean for judging: compiled once, so that a turn is arithmetic alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.frame import FrameLayout
from ironkeep.model.gather import Bits, Places, Rows, fits, places
from ironkeep.model.ids import DeviceId, PointName
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.model.quality import Quality

HEARTBEAT = PointName("heartbeat_count")
SIGNED_UNITS = ("A", "W")  # a current or a power has a direction, which is unproven until tested (safety S40)
WRAPPING = (HEARTBEAT, PointName("uptime_s"))  # counters that start again at a restart; judged by their own rules


@dataclass(frozen=True, slots=True)
class Shape:
    """What a layout means for judging: per analog column low, high and rate (f4; infinite where not bounded), which
    integer columns only count up, which columns are settings (quality numbering), the endpoint of each row, and the
    bits that always stand.
    """

    layout: FrameLayout
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    rate: NDArray[np.float32]
    bounded: bool
    rated: Rows
    counters: Rows
    settings: Rows
    endpoint: Rows
    always: Bits | None
    settle_polls: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All shapes, where the points stand, the endpoints by number and the devices of each."""

    digests: tuple[str, ...]
    shapes: tuple[Shape, ...]
    endpoints: tuple[tuple[DeviceId, ...], ...]
    endpoint_of: Mapping[DeviceId, int]
    places: Places


def compile_plan(layouts: Sequence[FrameLayout], policy: Policy) -> Plan:
    """The plan of a set of layouts under a policy; costs time, so once for each set."""
    endpoint_of: dict[DeviceId, int] = {}
    addresses: dict[tuple[str, int], int] = {}
    members: list[list[DeviceId]] = []
    for device in policy.site.devices:
        number = addresses.setdefault((device.host, device.port), len(addresses))
        endpoint_of[device.id] = number
        if number == len(members):
            members.append([])
        members[number].append(device.id)
    for layout in layouts:
        for strange in dict.fromkeys(layout.devices):
            if strange not in endpoint_of:
                endpoint_of[strange] = len(members)
                members.append([strange])
    unproven = {d.id for d in policy.site.devices if not d.sign_proven}
    return Plan(
        digests=tuple(layout.digest for layout in layouts),
        shapes=tuple(_shape(layout, policy, endpoint_of, unproven) for layout in layouts),
        endpoints=tuple(tuple(each) for each in members),
        endpoint_of=endpoint_of,
        places=places(layouts, policy.site),
    )


def _shape(layout: FrameLayout, policy: Policy, endpoint_of: Mapping[DeviceId, int], unproven: set[DeviceId]) -> Shape:
    bounds = [_bound(spec, policy) for spec in layout.analog]
    low, high, rate = (np.array([b[i] for b in bounds], np.float32) for i in range(3))
    specs = (*layout.analog, *layout.integer)
    signed = np.array(
        [spec.unit in SIGNED_UNITS and spec.point_class is PointClass.MEASUREMENT for spec in specs], bool
    )
    doubtful = np.array([device in unproven for device in layout.devices], bool)
    marked = doubtful[:, None] & signed[None, :]
    return Shape(
        layout=layout,
        low=low,
        high=high,
        rate=rate,
        bounded=bool(np.isfinite(low).any() or np.isfinite(high).any()),
        rated=np.flatnonzero(np.isfinite(rate)),
        counters=np.array(
            [i for i, s in enumerate(layout.integer) if s.kind is PointKind.COUNTER and s.name not in WRAPPING],
            np.int64,
        ),
        settings=np.array([i for i, s in enumerate(specs) if s.point_class is PointClass.SETTING], np.int64),
        endpoint=np.array([endpoint_of[device] for device in layout.devices], np.int64),
        always=(marked * np.uint16(Quality.UNPROVEN_SIGN)).astype(np.uint16) if marked.any() else None,
        settle_polls=max(policy.good_samples, int(np.ceil(policy.settle_s / max(layout.period_s, 0.1)))),
    )


def _bound(spec: PointSpec, policy: Policy) -> tuple[float, float, float]:
    """Low, high and rate of an analog point: its own, else of the first bound that fits its name, else infinite."""
    fallback = next((b for b in policy.bounds if fits(spec.name, b.pattern)), None)
    low = spec.low if spec.low is not None else (fallback.low if fallback else None)
    high = spec.high if spec.high is not None else (fallback.high if fallback else None)
    rate = spec.rate_per_s if spec.rate_per_s is not None else (fallback.rate_per_s if fallback else None)
    return (
        -np.inf if low is None else low,
        np.inf if high is None else high,
        np.inf if rate is None else rate,
    )
