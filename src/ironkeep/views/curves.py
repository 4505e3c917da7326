"""Curves as SVG path data: gaps stay gaps, limits are lines, nothing is drawn between what was not measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TICKS_MAX = 6
SPAN_LEAST = 1e-9  # of any unit: what differs by less is level


@dataclass(frozen=True, slots=True)
class Curve:
    """A drawn curve: path data of the line and of the band between low and high, and the scale of both axes."""

    line: str
    band: str
    low: float
    high: float
    first_us: int
    last_us: int
    last_x: float | None = None
    last_y: float | None = None
    gaps: tuple[tuple[float, float], ...] = ()


def curve(
    at_us: NDArray[np.int64],
    mean: NDArray[np.float64],
    width: float,
    height: float,
    *,
    low: NDArray[np.float64] | None = None,
    high: NDArray[np.float64] | None = None,
    span_min: float = 0.0,
    window: tuple[int, int] | None = None,
    also: tuple[float, ...] = (),
    within: tuple[float, float] | None = None,
) -> Curve:
    """The curve of a series in a box of `width` by `height`; a break wherever a value is missing.

    `span_min` keeps noise from filling the box; `also` are values (limits) that the scale must hold. `within` is what
    the quantity can be: no widening for `span_min` leaves it, so that a full battery has no line at 102 %.
    """
    first, last = window or ((int(at_us[0]), int(at_us[-1])) if at_us.size else (0, 1))
    good = np.isfinite(mean)
    if not good.any():
        return Curve("", "", 0.0, 1.0, first, last, gaps=((0.0, width),) if at_us.size else ())
    bottom, top = float(np.nanmin(mean if low is None else low)), float(np.nanmax(mean if high is None else high))
    bottom, top = min(bottom, *also, top), max(top, *also, bottom)
    if (lack := span_min - (top - bottom)) > 0:
        bottom, top = _widened(bottom, top, lack, within)
    if top - bottom < SPAN_LEAST:
        top = bottom + 1.0
    x = (at_us - first) / max(last - first, 1) * width
    scale = height / (top - bottom)
    y = height - (mean - bottom) * scale
    runs = _runs(good)
    line = " ".join("M" + " L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in range(a, b)) for a, b in runs)
    band = ""
    if low is not None and high is not None:
        y_low, y_high = height - (low - bottom) * scale, height - (high - bottom) * scale
        band = " ".join(
            "M"
            + " L".join(f"{x[i]:.1f} {y_high[i]:.1f}" for i in range(a, b))
            + " L"
            + " L".join(f"{x[i]:.1f} {y_low[i]:.1f}" for i in range(b - 1, a - 1, -1))
            + "Z"
            for a, b in runs
        )
    end = runs[-1][1] - 1
    holes = tuple((float(x[a]), float(x[min(b, len(x) - 1)])) for a, b in _runs(~good))
    return Curve(line, band, bottom, top, first, last, float(x[end]), float(y[end]), holes)


def _widened(bottom: float, top: float, lack: float, within: tuple[float, float] | None) -> tuple[float, float]:
    low, high = bottom - lack / 2, top + lack / 2
    if within is None:
        return low, high
    if high > within[1] >= top:
        return within[1] - (high - low), within[1]
    return (within[0], within[0] + high - low) if low < within[0] <= bottom else (low, high)


def level(drawn: Curve, value: float, height: float) -> float:
    """Where a value lies on the vertical axis of a drawn curve."""
    return height - (value - drawn.low) / (drawn.high - drawn.low) * height


def ticks(low: float, high: float, most: int = 4) -> tuple[float, ...]:
    """Round values between low and high, at most `most` (2 to TICKS_MAX)."""
    most = max(2, min(most, TICKS_MAX))
    raw = max(high - low, 1e-9) / most
    size = 10.0 ** np.floor(np.log10(raw))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= raw)
    first = np.ceil(low / step) * step
    return tuple(float(round(v, 9)) for v in np.arange(first, high + step * 1e-6, step))[: most + 1]


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs where the mask is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
