"""What stands around the banks: rooms with their independent sensors, and cooling. They witness what the BMS says."""

from collections.abc import Sequence
from dataclasses import dataclass

from ironkeep.model.alarm import Alarm
from ironkeep.model.site import Asset, AssetKind, Site
from ironkeep.views.oneline import state_words, worst_of
from ironkeep.views.scene import Scene, Value

SHOWN: dict[AssetKind, tuple[tuple[str, str], ...]] = {
    AssetKind.ROOM: (("", "temperature_c"), ("H2", "hydrogen_ppm"), ("off-gas", "offgas_ppm")),
    AssetKind.HVAC: (("supply", "supply_c"),),
}
FLAGS: tuple[tuple[str, int, str], ...] = (
    ("gas_alarm", 1, "gas panel in alarm"),
    ("smoke_alarm", 1, "fire panel in alarm"),
    ("leak", 1, "leak tape wet"),
    ("detector_ok", 0, "gas detection not working"),
    ("door_open", 1, "door open"),
)


@dataclass(frozen=True)
class Surrounding:
    """One room or cooling unit: words for its state, values with their labels, its worst alarm."""

    asset: Asset
    words: tuple[str, ...]
    values: tuple[tuple[str, Value], ...]
    worst: Alarm | None


def surroundings(site: Site, scene: Scene, alarms: Sequence[Alarm], now_us: int) -> tuple[Surrounding, ...]:
    """Every declared room, each followed by the cooling that stands in it; then other cooling."""
    rooms = [a for a in site.assets if a.kind is AssetKind.ROOM]
    cooling = [a for a in site.assets if a.kind is AssetKind.HVAC]
    ordered = [each for room in rooms for each in (room, *(c for c in cooling if c.room == room.id))]
    ordered += [c for c in cooling if c not in ordered]
    return tuple(_one(asset, scene, alarms, now_us) for asset in ordered)


def _one(asset: Asset, scene: Scene, alarms: Sequence[Alarm], now_us: int) -> Surrounding:
    state, _ = state_words(asset, scene, now_us)
    words = [state] if state else []
    for point, bad, said in FLAGS:
        if scene.value(asset.id, point, now_us).number == bad:
            words.append(said)
    values = tuple((label, scene.value(asset.id, point, now_us)) for label, point in SHOWN[asset.kind])
    return Surrounding(asset, tuple(words), values, worst_of(asset.id, alarms))
