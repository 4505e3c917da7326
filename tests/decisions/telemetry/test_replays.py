"""A sequence that was delivered before is a replay; a quiet device that repeats itself is not."""

import numpy as np

from ironkeep.decisions.telemetry import replays
from ironkeep.model.quality import Quality
from ironkeep.model.trust import Trust
from tests.decisions.rooms import layout, point
from tests.decisions.telemetry.room import Room, named

POINTS = [point(name) for name in ("voltage_v", "current_a", "cell_temperature_max_c", "soc_pct")]


def noisy(count: int, seed: int = 1) -> np.ndarray:
    """What a living device says: a slow swing with noise in the last digits."""
    draws = np.random.default_rng(seed)
    swing = np.sin(np.arange(count) / 40.0)[:, None] * [4.0, 80.0, 0.2, 1.0]
    noise = draws.normal(0.0, [0.2, 0.3, 0.05, 0.1], (count, 4))
    return np.round(np.array([700.0, 20.0, 25.0, 60.0]) + swing + noise, 1)


def fed(rows: np.ndarray, room: Room | None = None) -> tuple[Room, list]:
    room = room or Room(layout(("bank",), POINTS))
    bodies = []
    for row in rows:
        bodies += room.see(row)
    return room, bodies


def test_a_window_played_back_is_found_within_a_minute_and_nothing_of_it_is_usable() -> None:
    said = noisy(240)
    room, bodies = fed(said)
    assert named(bodies, "FindingOpened")[0].code == "no-heartbeat"
    assert not room.bits("voltage_v") & Quality.REPLAYED
    room, bodies = fed(said[100:160], room)
    assert [b.code for b in named(bodies, "FindingOpened")] == ["replayed"]
    assert "min ago" in named(bodies, "FindingOpened")[0].what
    assert room.bits("voltage_v") & Quality.REPLAYED
    assert not room.bits("voltage_v").usable
    assert named(bodies, "TrustChanged")[-1].after == Trust.UNTRUSTED


def test_the_reason_ends_only_after_new_values() -> None:
    said = noisy(240)
    room, _ = fed(np.concatenate((said, said[100:160])))
    bodies = room.see(said[0], seconds=120, polls=300)  # nothing new is read
    assert named(bodies, "TrustChanged")[-1:] == [] or named(bodies, "TrustChanged")[-1].after == Trust.UNTRUSTED
    _, bodies = fed(noisy(150, seed=2), room)
    assert named(bodies, "TrustChanged")[-1].after == Trust.DEGRADED


def test_a_device_that_repeats_itself_all_day_is_not_called_a_replay() -> None:
    stairs = np.repeat(np.round(20.0 + np.abs(np.arange(-40, 40)) * 0.1, 1), 5)
    rows = np.column_stack((stairs, stairs, stairs, stairs))
    _, bodies = fed(np.concatenate((rows, rows, rows)))
    assert "replayed" not in [b.code for b in named(bodies, "FindingOpened")]


def test_the_memory_of_grams_is_bounded_and_forgets_the_oldest_first() -> None:
    grams = replays.Grams(np.zeros(0, np.uint64))
    draws = np.random.default_rng(1)
    made = draws.integers(1 << 20, 1 << 63, 40 * replays.OPEN_MAX).astype(np.uint64)
    for part in np.split(made, 40):
        grams = replays._remember(grams, part)
    assert grams.count == made.size
    assert len(grams.runs) < 12
    assert all((np.diff(run.astype(np.int64)) >= 0).all() for run in grams.runs)
    assert (replays._seen(grams, made[::1000]) >= 0).all()
    assert (replays._seen(grams, made[::1000] ^ np.uint64(1 << 40)) < 0).all()
