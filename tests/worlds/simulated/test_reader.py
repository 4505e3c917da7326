"""The plant read without a wire behaves as equipment on a wire does."""

import numpy as np

from ironkeep.model.link import LinkState
from ironkeep.model.quality import Quality
from ironkeep.twin.layout import SITE
from ironkeep.twin.plant import Plant
from tests.worlds.simulated.reader import SimulatedReader

SECOND_US = 1_000_000
START_US = 1_790_000_000_000_000


def polled(plant: Plant, reader: SimulatedReader, seconds: int, start: int = 0) -> int:
    for second in range(start, start + seconds):
        plant.step(1.0)
        reader.tick(START_US + second * SECOND_US)
    return START_US + (start + seconds) * SECOND_US


def test_nothing_is_shown_before_the_first_reply() -> None:
    reader = SimulatedReader(Plant(1))
    assert reader.frames(START_US) == ()
    assert {link.state for link in reader.links()} == {LinkState.NEVER}
    assert reader.particulars() == ()


def test_more_than_five_thousand_points_under_their_canonical_names() -> None:
    plant = Plant(1)
    reader = SimulatedReader(plant)
    frames = reader.frames(polled(plant, reader, 1))
    assert sum(frame.layout.points for frame in frames) > 5_000
    module = next(f for f in frames if f.layout.group == "simulated-module")
    cell = module.column("cell_voltage_16_v")
    assert cell is not None
    expected = plant.signals["cell.voltage_v"].reshape(-1, 16)[:, 15]
    np.testing.assert_allclose(cell, expected.astype(np.float32))
    assert len(module.layout.assets) == len(SITE.rows["module"])


def test_a_device_that_drops_keeps_its_row_until_the_link_is_down_and_then_its_values_are_lost() -> None:
    plant = Plant(1)
    reader = SimulatedReader(plant)
    polled(plant, reader, 3)
    plant.inject("comms-loss")
    at_us = polled(plant, reader, 400, start=3)
    down = [link for link in reader.links() if link.state is LinkState.DOWN]
    assert down
    lost = {link.asset for link in down}
    for frame in reader.frames(at_us):
        for row, asset in enumerate(frame.layout.assets):
            bits = frame.quality[row] & np.uint16(Quality.LOST)
            assert bool(bits.any()) == (asset.partition(".")[0] in lost), asset
            if asset.partition(".")[0] in lost:
                assert frame.collected_us[row] < at_us - SECOND_US


def test_the_same_seed_reads_the_same_frames() -> None:
    first, second = Plant(7), Plant(7)
    one, other = SimulatedReader(first), SimulatedReader(second)
    at_us = polled(first, one, 20)
    polled(second, other, 20)
    for a, b in zip(one.frames(at_us), other.frames(at_us), strict=True):
        assert a.analog.tobytes() == b.analog.tobytes()
        assert a.integer.tobytes() == b.integer.tobytes()
