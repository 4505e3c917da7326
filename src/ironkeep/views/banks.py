"""The banks of a site: one row a bank, with what its strings and modules add to what its own BMS says.

Hottest cell and spread are taken from the cells themselves where modules are read. A figure over several assets is
known only as far as its parts are: how many parts it rests on is said beside it.
"""

from dataclasses import dataclass

import numpy as np

from ironkeep.model.ids import AssetId
from ironkeep.model.site import Asset, AssetKind, Purpose, Site
from ironkeep.model.trust import AssetTrust
from ironkeep.views.doubt import believed
from ironkeep.views.scene import Scene, Value

BANK_STATES = {1: "disconnected", 2: "initialising", 3: "connected", 4: "standby", 5: "SoC protection", 6: "suspending"}
BANK_STATES |= {99: "fault"}  # SunSpec 802 State


@dataclass(frozen=True, slots=True)
class Extreme:
    """The cell that stands out: where, its value in the unit of its point, and on how many readings it rests."""

    asset: AssetId | None
    cell: str
    number: float | None
    readings: int


NOTHING = Extreme(None, "", None, 0)


@dataclass(frozen=True, slots=True)
class CellSpan:
    """Cells of one bank at a glance: hottest, and the widest gap of voltage inside one string, in V."""

    hottest: Extreme
    spread: Extreme


@dataclass(frozen=True)
class BankRow:
    """One row of the banks table."""

    asset: Asset
    soc: Value
    limits_pct: tuple[float, ...]
    power: Value
    insulation: Value
    state: str
    cells: CellSpan
    trust: AssetTrust | None

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that it shows."""
        return (self.soc, self.power, self.insulation)

    @property
    def believed(self) -> bool:
        """May someone rely on what it says?"""
        return believed(self.trust)


@dataclass(frozen=True, slots=True)
class Charge:
    """How full the banks behind the load are: mean by rated energy over `known` of `all` believed banks."""

    pct: float | None
    energy_wh: float | None
    known: int
    all: int
    behind_load: bool


def banks(site: Site) -> tuple[Asset, ...]:
    """The declared banks, in declared order."""
    return tuple(asset for asset in site.assets if asset.kind is AssetKind.BANK)


def rows(site: Site, scene: Scene, now_us: int) -> tuple[BankRow, ...]:
    """One row a declared bank."""
    spans = cell_spans(scene, tuple(asset.id for asset in banks(site)), now_us)
    return tuple(row_of(asset, scene, now_us, spans[asset.id]) for asset in banks(site))


def charge(found: tuple[BankRow, ...]) -> Charge:
    """The charge of the banks that back load (S02: a bank of unknown purpose counts), of all where none does."""
    backing = [row for row in found if row.asset.purpose in (Purpose.BACKUP, Purpose.UNKNOWN)]
    chosen = backing or list(found)
    usable = [(row, row.soc.number) for row in chosen if row.soc.number is not None and row.believed]
    if not usable:
        return Charge(None, None, 0, len(chosen), bool(backing))
    weights = np.array([row.asset.rated_energy_wh or 1.0 for row, _ in usable])
    levels = np.array([number for _, number in usable])
    rated = all(row.asset.rated_energy_wh for row, _ in usable)
    energy = float(weights @ levels) / 100 if rated else None
    return Charge(float(np.average(levels, weights=weights)), energy, len(usable), len(chosen), bool(backing))


def cell_spans(scene: Scene, wanted: tuple[AssetId, ...], now_us: int) -> dict[AssetId, CellSpan]:
    """Hottest cell and widest voltage gap inside one string, of each wanted bank or string."""
    hottest = dict.fromkeys(wanted, NOTHING)
    spread = dict.fromkeys(wanted, NOTHING)
    for frame in scene.frames:
        names, temperatures, _ = scene.block(frame, "cell_temperature_*_c", now_us)
        if not names:
            continue
        _, voltages, _ = scene.block(frame, "cell_voltage_*_v", now_us)
        assets = frame.layout.assets
        for each in wanted:
            rows = np.array([i for i, a in enumerate(assets) if a == each or a.startswith(f"{each}.")], np.int64)
            if rows.size:
                hottest[each] = _hottest(hottest[each], assets, rows, temperatures)
                spread[each] = _widest(spread[each], assets, rows, voltages)
    return {each: CellSpan(hottest[each], spread[each]) for each in wanted}


def _hottest(old: Extreme, assets: tuple[AssetId, ...], rows: np.ndarray, readings: np.ndarray) -> Extreme:
    block = readings[rows]
    good = np.isfinite(block)
    if not good.any():
        return old
    flat = int(np.argmax(np.where(good, block, -np.inf)))
    row, col = divmod(flat, block.shape[1])
    count = old.readings + int(good.sum())
    if old.number is not None and old.number >= float(block[row, col]):
        return Extreme(old.asset, old.cell, old.number, count)
    return Extreme(assets[rows[row]], f"c{col + 1:02d}", float(block[row, col]), count)


def _widest(old: Extreme, assets: tuple[AssetId, ...], rows: np.ndarray, readings: np.ndarray) -> Extreme:
    if not readings.size:
        return old
    block = readings[rows]
    good = np.isfinite(block)
    low = np.where(good, block, np.inf).min(axis=1)
    high = np.where(good, block, -np.inf).max(axis=1)
    lows: dict[str, float] = {}
    highs: dict[str, float] = {}
    for i, row in enumerate(rows):
        if np.isfinite(low[i]):
            string = assets[row].rpartition(".")[0]
            lows[string] = min(lows.get(string, np.inf), float(low[i]))
            highs[string] = max(highs.get(string, -np.inf), float(high[i]))
    gap, string = max(((highs[s] - lows[s], s) for s in lows), default=(-1.0, ""))
    if gap < 0 or (old.number is not None and old.number >= gap):
        return old
    return Extreme(AssetId(string), "", gap, int(good.sum()))


def row_of(asset: Asset, scene: Scene, now_us: int, cells: CellSpan | None = None) -> BankRow:
    """The row of one bank; without `cells` nothing is known of its cells."""
    limits = [scene.value(asset.id, point, now_us).number for point in ("soc_reserve_min_pct", "soc_max_pct")]
    state = scene.value(asset.id, "state", now_us)
    words = state.symbol or BANK_STATES.get(int(state.number), "") if state.number is not None else ""
    return BankRow(
        asset=asset,
        soc=scene.value(asset.id, "soc_pct", now_us),
        limits_pct=tuple(limit for limit in limits if limit is not None),
        power=scene.value(asset.id, "power_w", now_us),
        insulation=scene.value(asset.id, "insulation_ohm", now_us),
        state=words.lower().replace("_", " "),
        cells=cells or CellSpan(NOTHING, NOTHING),
        trust=scene.trust_of(asset.id),
    )
