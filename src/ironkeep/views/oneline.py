"""The one-line diagram, drawn from what the site declares to feed what, with what flows there now.

Sources stand left, loads right. A bank hangs under the converter it feeds. A line carries an arrow only where power is
known and not zero; a line whose power nobody measures is plain, one whose power is not known is dashed. A figure that
stands in a box is not said again on the line beside it.
"""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ironkeep.model.alarm import Alarm
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.site import Asset, AssetKind, Site
from ironkeep.model.trust import Trust
from ironkeep.views.doubt import loud
from ironkeep.views.numbers import figure, quantity
from ironkeep.views.scene import Scene, Value

FLOW_MIN_W = 500.0  # below this a line carries nothing worth an arrow
BOX_WIDTH = 112.0
BOX_HEIGHT = 68.0
NAME_CHARS = 13  # a line of a name in a box
ROWS_MAX = 4  # lines of text in a box
LABEL_CHAR = 6.4  # width of a character of a label on a wire, px
ROW = 98.0  # from one lane to the next, px
DEEP_ROW = 150.0  # where a bank hangs under the box
MARGIN = 14.0
WIDTH = 1000.0

STATE_WORDS: Mapping[tuple[AssetKind, str], Mapping[int, str]] = {
    (AssetKind.UPS, "mode"): {0: "off", 1: "online", 2: "on battery", 3: "static bypass", 4: "maintenance bypass"},
    (AssetKind.GENERATOR, "state"): {
        0: "stopped",
        1: "cranking",
        2: "resting",
        3: "running",
        4: "cooling",
        5: "failed",
        6: "warming up",
    },
    (AssetKind.TRANSFER_SWITCH, "position"): {0: "open", 1: "on utility", 2: "on generator"},
    (AssetKind.PCS, "state"): {
        0: "off",
        1: "sleeping",
        2: "starting",
        3: "running",
        4: "throttled",
        5: "shutting down",
        6: "fault",
        7: "standby",
    },
    (AssetKind.HVAC, "state"): {0: "off", 1: "running", 2: "restarting", 3: "fault", 4: "no supply", 5: "maintenance"},
}
NO_RIDE_THROUGH = (3, 4)  # UPS modes on bypass (safety S39)
_POWER = {AssetKind.UPS: "output_power_w"}
_TAKEN = {AssetKind.UPS: "input_power_w", AssetKind.LOAD: "power_w", AssetKind.METER: "power_w"}
_LEFT_OUT = (AssetKind.BANK, AssetKind.STRING, AssetKind.MODULE, AssetKind.ROOM, AssetKind.GATEWAY, AssetKind.HVAC)


@dataclass(slots=True)
class Node:
    """A box: its place (centre), its words, and what is wrong with it."""

    asset: Asset
    x: float = 0.0
    y: float = 0.0
    name: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    unknown: bool = False
    warn: str = ""
    worst: Alarm | None = None
    loud: bool = False
    banks: list["HungBank"] = field(default_factory=list)


@dataclass(slots=True)
class HungBank:
    """A bank under its converter: how full, and what flows between them (positive on discharge)."""

    asset: Asset
    name: tuple[str, ...]
    x: float
    y: float
    soc: Value
    power: Value
    flow: int
    worst: Alarm | None
    loud: bool
    believed: bool


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from box to box: path data, the power in words, and the way it flows (1 along, -1 against, 0 none)."""

    start: AssetId
    end: AssetId
    path: str
    label: str
    label_x: float
    label_y: float
    anchor: str
    flow: int
    known: bool
    arrow_x: float
    arrow_y: float


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything to draw, in a box of `width` by `height`."""

    nodes: tuple[Node, ...]
    wires: tuple[Wire, ...]
    width: float
    height: float


def diagram(site: Site, scene: Scene, alarms: Sequence[Alarm], now_us: int) -> Diagram:
    """The diagram of the site now. Empty where the site declares no feeds."""
    drawn = {a.id: Node(a) for a in _in_diagram(site)}
    edges = [(a.id, to) for a in site.assets if a.id in drawn for to in a.feeds if to in drawn]
    if not drawn:
        return Diagram((), (), WIDTH, 0.0)
    layers = _layers(list(drawn), edges)
    for asset in site.assets:
        if asset.kind is AssetKind.BANK:
            host = next((drawn[to] for to in asset.feeds if to in drawn), None)
            if host is not None:
                host.banks.append(_hung(asset, scene, alarms, now_us))
    height = _place(drawn, edges, layers)
    for node in drawn.values():
        _fill(site, node, scene, alarms, now_us)
    into = Counter(b for _, b in edges)
    wires = tuple(_wire(drawn[a], drawn[b], into[b] > 1, scene, now_us) for a, b in edges)
    return Diagram(tuple(drawn.values()), wires, WIDTH, height)


def wrapped(asset: Asset, rows: int = 2) -> tuple[str, ...]:
    """The name in at most `rows` lines of NAME_CHARS; where it is longer, the id, which is what stands on the plate."""
    lines = textwrap.wrap(asset.name or asset.id, NAME_CHARS)
    return tuple(lines) if len(lines) <= max(rows, 1) else (str(asset.id),)


def worst_of(asset: AssetId, alarms: Sequence[Alarm]) -> Alarm | None:
    """The first alarm of the list (which is in order of urgency) at the asset or below it."""
    return next((a for a in alarms if a.asset == asset or a.asset.startswith(f"{asset}.")), None)


def state_words(asset: Asset, scene: Scene, now_us: int) -> tuple[str, int | None]:
    """The state that an asset reports, in words and as its code; empty and None where there is none."""
    for (kind, point), words in STATE_WORDS.items():
        if kind is asset.kind:
            found = scene.value(asset.id, point, now_us)
            if found.number is None:
                return "", None
            code = int(found.number)
            return words.get(code, found.symbol.lower().replace("_", " ")), code
    return "", None


def _in_diagram(site: Site) -> list[Asset]:
    fed = {to for a in site.assets for to in a.feeds}
    return [a for a in site.assets if a.kind not in _LEFT_OUT and (a.feeds or a.id in fed)]


def _layers(ids: list[AssetId], edges: list[tuple[AssetId, AssetId]]) -> dict[AssetId, int]:
    """Column of each box: one more than the furthest box that feeds it. A ring is cut after as many rounds as boxes."""
    layer = dict.fromkeys(ids, 0)
    for _ in ids:
        moved = False
        for a, b in edges:
            if layer[b] <= layer[a] and layer[a] + 1 < len(ids):
                layer[b], moved = layer[a] + 1, True
        if not moved:
            break
    for each in ids:  # a source stands right before what it feeds, not at the far left
        ahead = [layer[b] for a, b in edges if a == each]
        if ahead and not any(b == each for _, b in edges):
            layer[each] = max(min(ahead) - 1, 0)
    return layer


def _place(drawn: dict[AssetId, Node], edges: list[tuple[AssetId, AssetId]], layers: dict[AssetId, int]) -> float:
    """Give every box its centre; returns the height of the diagram."""
    columns: dict[int, list[AssetId]] = {}
    for each, layer in layers.items():
        columns.setdefault(layer, []).append(each)
    used = sorted(columns)
    step = (WIDTH - 2 * MARGIN - BOX_WIDTH) / max(len(used) - 1, 1)
    tallest = max(columns.values(), key=lambda ids: sum(_row(drawn[i]) for i in ids))
    y = 0.0
    for each in tallest:
        drawn[each].y = y + BOX_HEIGHT / 2
        y += _row(drawn[each])
    total = y
    start = next(i for i in used if columns[i] is tallest)
    for column in [*(c for c in used if c > start), *(c for c in reversed(used) if c < start)]:
        _settle(columns[column], drawn, edges, layers, start, total)
    for position, column in enumerate(used):
        for each in columns[column]:
            drawn[each].x = MARGIN + BOX_WIDTH / 2 + position * step
            for bank in drawn[each].banks:
                bank.x = drawn[each].x
    lift = MARGIN - min(node.y - BOX_HEIGHT / 2 for node in drawn.values())
    for node in drawn.values():
        node.y += lift
        for i, bank in enumerate(node.banks):
            bank.x = node.x + (i - (len(node.banks) - 1) / 2) * 60 - 41
            bank.y = node.y + BOX_HEIGHT / 2
    return max(node.y - BOX_HEIGHT / 2 + _row(node) for node in drawn.values())


def _settle(
    ids: list[AssetId],
    drawn: dict[AssetId, Node],
    edges: list[tuple[AssetId, AssetId]],
    layers: dict[AssetId, int],
    start: int,
    total: float,
) -> None:
    """Put each box of a column level with what it is joined to on the placed side, keeping rows apart."""
    wanted: dict[AssetId, float] = {}
    for each in ids:
        right = layers[each] > start
        near = [drawn[a if right else b].y for a, b in edges if (b if right else a) == each]
        wanted[each] = sum(near) / len(near) if near else total / 2
    y = -1e9
    for each in sorted(ids, key=lambda i: wanted[i]):
        drawn[each].y = max(wanted[each], y)
        y = drawn[each].y + _row(drawn[each])
    off = sum(drawn[i].y - wanted[i] for i in ids) / len(ids)
    for each in ids:
        drawn[each].y -= off


def _row(node: Node) -> float:
    return DEEP_ROW if node.banks else ROW


def _fill(site: Site, node: Node, scene: Scene, alarms: Sequence[Alarm], now_us: int) -> None:
    asset = node.asset
    words, code = state_words(asset, scene, now_us)
    power = scene.value(asset.id, _POWER.get(asset.kind, "power_w"), now_us)
    said = [words] if words else []
    if power.known and asset.kind is not AssetKind.TRANSFER_SWITCH:
        said.append(quantity(power.number, "W", signed=asset.kind is AssetKind.PCS))
    taken = scene.value(asset.id, "input_power_w", now_us) if asset.kind is AssetKind.UPS else None
    if taken is not None and taken.known and power.known:
        said[-1] = f"{figure(taken.number, 'W', signed=False)} → {quantity(power.number, 'W', signed=False)}"
    if asset.kind is AssetKind.GENERATOR:
        fuel = scene.value(asset.id, "fuel_pct", now_us)
        said = [*([words] if words else []), f"fuel {quantity(fuel.number, '%')}"] if fuel.known else said
    spoken_to = any(device.asset == asset.id for device in site.devices) or bool(scene.rows_of(asset.id))
    node.unknown = spoken_to and not said and _offers(scene, asset)
    node.lines = tuple(said) or (("not known",) if node.unknown else ())
    node.name = wrapped(asset, ROWS_MAX - len(node.lines))
    if asset.kind is AssetKind.UPS and code in NO_RIDE_THROUGH:
        node.warn = "NO RIDE-THROUGH"
    hung = [bank.asset.id for bank in node.banks]
    node.worst = worst_of(asset.id, alarms) if not hung or worst_of(asset.id, alarms) else None
    node.loud = loud(scene.trust_of(asset.id))


def _offers(scene: Scene, asset: Asset) -> bool:
    """Could the box say something: it has a state, or a power that some device offers, or nothing was read yet?"""
    kinds = {kind for kind, _ in STATE_WORDS}
    point = PointName(_POWER.get(asset.kind, "power_w"))
    rows = scene.rows_of(asset.id)
    return not rows or asset.kind in kinds or any(point in frame.layout.analog_index for frame, _ in rows)


def _hung(asset: Asset, scene: Scene, alarms: Sequence[Alarm], now_us: int) -> HungBank:
    power = scene.value(asset.id, "power_w", now_us)
    return HungBank(
        asset=asset,
        name=wrapped(asset),
        x=0.0,
        y=0.0,
        soc=scene.value(asset.id, "soc_pct", now_us),
        power=power,
        flow=_flow(power.number),
        worst=worst_of(asset.id, alarms),
        loud=loud(scene.trust_of(asset.id)),
        believed=(trust := scene.trust_of(asset.id)) is None or trust.state.rank < Trust.VERIFY_LOCALLY.rank,
    )


def _flow(power_w: float | None) -> int:
    if power_w is None or abs(power_w) < FLOW_MIN_W:
        return 0
    return 1 if power_w > 0 else -1


def _wire(a: Node, b: Node, shared: bool, scene: Scene, now_us: int) -> Wire:
    """The wire between two boxes. Where several end in one box, what it says stands at its own beginning."""
    taken = scene.value(b.asset.id, _TAKEN.get(b.asset.kind, "power_w"), now_us)
    given = scene.value(a.asset.id, _POWER.get(a.asset.kind, "power_w"), now_us)
    measured = given if given.known and a.asset.kind in _GIVES else taken if b.asset.kind in _TAKEN else given
    offered = bool(scene.rows_of(measured.asset)) and "no device offers it" not in measured.why
    x1, x2 = a.x + BOX_WIDTH / 2, b.x - BOX_WIDTH / 2
    middle = max(x2 - 22, (x1 + x2) / 2) if shared else min(x1 + 22, (x1 + x2) / 2)
    bent = abs(a.y - b.y) >= 1
    corner = f" H{middle:.1f} V{b.y:.1f}" if bent else ""
    path = f"M{x1:.1f} {a.y:.1f}{corner} H{x2:.1f}"
    flow = _flow(measured.number)
    label = figure(abs(measured.number), "W", signed=False) + " kW" if measured.number is not None and flow else ""
    said = any(label.removesuffix(" kW") in line for line in (*a.lines, *b.lines))
    if said or len(label) * LABEL_CHAR > abs(x2 - x1) / 2:
        label = ""
    known = measured.known or not offered
    head, foot = (x1, middle if bent else x2) if shared else (middle if bent else x1, x2)
    arrow_x = (head + foot) / 2 + 2
    at, anchor = ((x1 + 3, a.y), "start") if shared else ((x2 - 3, b.y), "end")
    return Wire(a.asset.id, b.asset.id, path, label, at[0], at[1] - 8, anchor, flow, known, arrow_x, at[1])


_GIVES = (AssetKind.UPS, AssetKind.METER, AssetKind.GENERATOR, AssetKind.PCS)
