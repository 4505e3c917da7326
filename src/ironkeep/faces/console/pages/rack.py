"""Racks and strings: every string at a glance; one bank with its settings; one string with its cells and trends."""

from dataclasses import dataclass
from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Missing, Page
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.site import AssetKind
from ironkeep.model.trust import AssetTrust
from ironkeep.views import banks, cells, contactors, oneline
from ironkeep.views.doubt import believed
from ironkeep.views.scene import Scene, Value

TRENDS: tuple[tuple[str, str], ...] = (("current_a", "Current"), ("voltage_v", "Voltage"), ("soc_pct", "Charge"))
BANK_TRENDS: tuple[tuple[str, str], ...] = (("power_w", "Power"), ("soc_pct", "Charge"), ("voltage_v", "Voltage"))
HOURS = (1, 6, 24, 168)
POINTS_MAX = 400


@dataclass(frozen=True)
class StringRow:
    """One string in the table of strings."""

    id: AssetId
    soc: Value
    current: Value
    voltage: Value
    contactor: contactors.Contactor
    cells: banks.CellSpan
    trust: AssetTrust | None

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that it shows."""
        return (self.soc, self.current, self.voltage)

    @property
    def believed(self) -> bool:
        """May someone rely on what it says?"""
        return believed(self.trust)


def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """Every string of every bank, or of one bank with its passport and trends."""
    now_us, scene = moment.now.at_us, moment.scene
    chosen = AssetId(arguments.get("asset", ""))
    declared = banks.banks(moment.site)
    bank = next((b for b in declared if b.id == chosen), None)
    if chosen and bank is None:
        raise Missing("no bank or string of that name stands on this site", where=chosen, remedy="choose one below")
    shown = (bank,) if bank else declared
    strings = {b.id: strings_of(scene, b.id) for b in shown}
    spans = banks.cell_spans(scene, tuple(s for found in strings.values() for s in found), now_us)
    return {
        "bank": bank,
        "banks": banks.rows(moment.site, scene, now_us),
        "shown": shown,
        "strings": {b: [_row(scene, s, spans[s], now_us) for s in found] for b, found in strings.items()},
        "passport": moment.registers.passports.get(chosen),
        "asset": chosen,
        "location": bank.location if bank else "",
        "rated_w": bank.rated_power_w if bank else None,
        "trends": BANK_TRENDS if bank else (),
        "hours": _hours(arguments),
        "hour_choices": HOURS,
        "alarms_at": [a for a in moment.board.rows if bank and f"{a.asset}.".startswith(f"{chosen}.")][:8],
    }


def gather_string(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """One string. Raises Missing when nobody reads it."""
    now_us, scene = moment.now.at_us, moment.scene
    string = AssetId(arguments.get("asset", ""))
    bank = next((b for b in banks.banks(moment.site) if string.startswith(f"{b.id}.")), None)
    if bank is None or (scene.turn and not scene.rows_of(string)):
        raise Missing("no such string is read", where=string, remedy="choose one on the Rack page")
    span = banks.cell_spans(scene, (string,), now_us)[string]
    maps = [cells.cell_map(scene, string, pattern, now_us) for pattern in cells.UNITS]
    return {
        "bank": bank,
        "string": string,
        "asset": string,
        "row": _row(scene, string, span, now_us),
        "soh": scene.value(string, "soh_pct", now_us),
        "cycles": scene.value(string, "cycles_count", now_us),
        "failure": scene.value(string, "connect_failure", now_us),
        "maps": [m for m in maps if m is not None],
        "trust": scene.trust_of(string),
        "passport": moment.registers.passports.get(bank.id),
        "trends": TRENDS,
        "hours": _hours(arguments),
        "hour_choices": HOURS,
        "siblings": strings_of(scene, bank.id),
        "alarms_at": [a for a in moment.board.rows if f"{a.asset}.".startswith(f"{string}.")][:8],
    }


def gather_asset(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """Every point of one asset with its age, trust and reason. Raises Missing when nobody reads it."""
    now_us, scene = moment.now.at_us, moment.scene
    asset = AssetId(arguments.get("asset", ""))
    declared = moment.site.asset(asset)
    if declared is None and not scene.rows_of(asset):
        raise Missing("no such asset is declared or read", where=asset, remedy="choose one on the Site page")
    state = oneline.state_words(declared, scene, now_us)[0] if declared else ""
    return {
        "asset": asset,
        "declared": declared,
        "state_words": state,
        **points_of(scene, asset, now_us),
        "trust": scene.trust_of(asset),
        "age_us": scene.age_us(asset, now_us),
        "passport": moment.registers.passports.get(asset),
        "alarms_at": [a for a in moment.board.rows if f"{a.asset}.".startswith(f"{asset}.")][:8],
    }


def strings_of(scene: Scene, bank: AssetId) -> tuple[AssetId, ...]:
    """The strings of a bank that are read, by id."""
    depth = bank.count(".") + 1
    return tuple(a for a in scene.assets() if a.startswith(f"{bank}.") and a.count(".") == depth)


def kind_of(moment: Moment, asset: AssetId) -> str:
    """Which page shows the asset: "bank", "string" or "asset"."""
    if any(b.id == asset for b in banks.banks(moment.site)):
        return "bank"
    head = asset.rpartition(".")[0]
    declared = moment.site.asset(asset)
    if any(b.id == head for b in banks.banks(moment.site)) and (declared is None or declared.kind is AssetKind.STRING):
        return "string"
    return "asset"


def points_of(scene: Scene, asset: AssetId, at_us: int) -> dict[str, Any]:
    """Every point of an asset in a scene, by groups, with labels, and which of them are whole numbers."""
    layouts = [frame.layout for frame, _ in scene.rows_of(asset)]
    specs = [spec for layout in layouts for spec in (*layout.analog, *layout.integer)][:POINTS_MAX]
    points = [scene.value(asset, spec.name, at_us) for spec in specs]
    labels = {spec.name: (spec.label, str(spec.point_class), spec.source) for spec in specs}
    whole = {spec.name for layout in layouts for spec in layout.integer}
    whole |= {spec.name for spec in specs if spec.name.endswith("_count")}
    return {"points": points, "groups": _groups(points, labels), "labels": labels, "whole": whole}


def _groups(points: list[Value], labels: dict[PointName, tuple[str, str, str]]) -> list[tuple[str, list[Value]]]:
    """The points by class: what is measured first, then settings, then everything else."""
    known = {"measurement": "Measured and reported", "setting": "Settings"}
    found: dict[str, list[Value]] = {words: [] for words in (*known.values(), "About the device itself")}
    for each in points:
        found[known.get(labels[each.point][1], "About the device itself")].append(each)
    return list(found.items())


def _hours(arguments: Arguments) -> int:
    text = arguments.get("h", "1")
    return int(text) if text.isdigit() and int(text) in HOURS else HOURS[0]


def _row(scene: Scene, string: AssetId, span: banks.CellSpan, now_us: int) -> StringRow:
    return StringRow(
        id=string,
        soc=scene.value(string, "soc_pct", now_us),
        current=scene.value(string, "current_a", now_us),
        voltage=scene.value(string, "voltage_v", now_us),
        contactor=contactors.contactor(scene, string, now_us),
        cells=span,
        trust=scene.trust_of(string),
    )


RACK = Page("rack", "Rack", 3, ("strings.html", "settings.html"), gather, "rack.html")
STRING = Page("string", "String", 3, ("string_head.html", "heat.html", "settings.html"), gather_string, "string.html")
ASSET = Page("asset", "Asset", 3, ("asset_points.html", "settings.html"), gather_asset)
