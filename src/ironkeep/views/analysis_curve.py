"""Small pictures of a recording, drawn as SVG: one or two points over time, the stretches in question marked.

Rules. A picture has a box, a range in words and no script. Where nothing was recorded nothing is drawn: a gap stays
empty. Colours come from the page; a mark is also a shape, so that it survives black and white. A few values so far out
that all others would be one line stand at the edge of the box, and the words say how far out they are.
"""

from collections.abc import Iterator, Sequence
from html import escape

from ironkeep.model.analysis import Battery, Curve, Gap
from ironkeep.views.analysis import amount, name

MARK_MIN_PX = 2.0
PAD_PX = 3.0
FEW_SHARE = 0.02  # of the values of a curve that may stand beyond the box
BEYOND = 1.0  # how far from all others a value may be and still be in the box, as a share of what they span


def picture(battery: Battery, points: Sequence[str], spans: Sequence[Gap], width: int, height: int) -> str:
    """The points that have a curve, stacked, at most two; empty where none has."""
    curves = [curve for point in points for curve in battery.curves if curve.point == point][:2]
    if not curves or curves[0].last_us <= curves[0].first_us:
        return ""
    shares = (1.0,) if len(curves) == 1 else (0.6, 0.4)
    parts, top = [_marks(curves[0], spans, width, height)], 0.0
    for number, (curve, share) in enumerate(zip(curves, shares, strict=True)):
        parts.append(_lane(curve, width, top, height * share, "main" if number == 0 else "other"))
        top += height * share
    told = "; ".join(_range(curve) for curve in curves)
    return (
        f'<svg class="curve" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(told, quote=True)}">{"".join(parts)}</svg><span class="range">{escape(told)}</span>'
    )


def _range(curve: Curve) -> str:
    values = _values(curve)
    if not values:
        return f"{name(curve.point)}: nothing"
    low, high = _frame(values)
    told = f"{name(curve.point)} {amount(low, curve.point).split(' ')[0]} to {amount(high, curve.point)}"
    out = [amount(each, curve.point) for each in (min(values), max(values)) if not low <= each <= high]
    return f"{told}; beyond the picture {' and '.join(out)}" if out else told


def _values(curve: Curve) -> list[float]:
    return [value for side in (curve.low, curve.high) for value in side if value is not None]


def _frame(values: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest value that the box is drawn for."""
    ordered = sorted(values)
    few = int(len(ordered) * FEW_SHARE)
    low, high = ordered[few], ordered[-1 - few]
    reach = BEYOND * (high - low)
    inside = [each for each in ordered if low - reach <= each <= high + reach] if reach > 0 else ordered
    return inside[0], inside[-1]


def _marks(curve: Curve, spans: Sequence[Gap], width: int, height: int) -> str:
    out = []
    for gap in spans:
        a, b = (_x(at_us, curve, width) for at_us in (gap.first_us, gap.last_us))
        wide = max(b - a, MARK_MIN_PX)
        left = min(max(a, 0.0), width - wide)
        out.append(f'<rect class="mark" x="{left:.1f}" y="0" width="{wide:.1f}" height="{height}"/>')
        out.append(f'<path class="edge" d="M{left:.1f} 0V{height}"/>')
    return "".join(out)


def _x(at_us: int, curve: Curve, width: int) -> float:
    return (at_us - curve.first_us) / (curve.last_us - curve.first_us) * width


def _lane(curve: Curve, width: int, top: float, height: float, which: str) -> str:
    values = _values(curve)
    if not values:
        return ""
    low, high = _frame(values)
    room = height - 2 * PAD_PX
    scale = room / (high - low) if high > low else 0.0
    base = top + height - PAD_PX - (0.0 if scale else room / 2)

    def y(value: float) -> float:
        return base - (min(max(value, low), high) - low) * scale

    step = width / len(curve.low)
    zero = f'<path class="zero" d="M0 {y(0.0):.1f}H{width}"/>' if low < 0 < high else ""
    paths = []
    for run in _runs(curve):
        first = (run[0] + 0.5) * step
        over = " ".join(f"{(i + 0.5) * step:.1f} {y(curve.high[i] or 0.0):.1f}" for i in run)
        under = " ".join(f"{(i + 0.5) * step:.1f} {y(curve.low[i] or 0.0):.1f}" for i in reversed(run))
        tail = f"H{first + step:.1f}" if len(run) == 1 else ""
        paths.append(f"M{over}{tail}L{under}Z")
    return f'{zero}<path class="{which}" d="{"".join(paths)}"/>'


def _runs(curve: Curve) -> Iterator[list[int]]:
    """Neighbouring buckets that hold something."""
    run: list[int] = []
    for number, value in enumerate(curve.low):
        if value is not None and curve.high[number] is not None:
            run.append(number)
        elif run:
            yield run
            run = []
    if run:
        yield run
