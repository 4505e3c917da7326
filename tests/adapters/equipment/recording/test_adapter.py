"""A recording as equipment shows the newest row of its own time, loses what was lost, and makes nothing up."""

import asyncio

import numpy as np
import pytest

from ironkeep.adapters.equipment.recording.adapter import RecordingReader
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.link import LinkState
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.recording import Intake, Track
from ironkeep.model.site import Device

S = 1_000_000
AT = np.array([100, 110, 120, 130, 400, 410], np.int64) * S
TRACK = Track(
    "bank-1",
    AT,
    {"voltage_v": np.array([700.0, 701, np.nan, 703, 704, 705]), "current_a": np.arange(6.0)},
    frozenset({"current_a"}),
)
DEVICE = Device(DeviceId("bank-1-recording"), AssetId("bank-1"), "recording", "recording", 1)
INTAKE = Intake("rec.csv", "ab" * 32, 1, 6, 6)


def reader() -> RecordingReader:
    return RecordingReader([DEVICE], [TRACK], INTAKE)


@pytest.mark.parametrize(
    ("at_s", "value", "stamp_s", "polls"), [(100, 700, 100, 1), (119, 701, 110, 2), (138, 703, 130, 4)]
)
def test_the_newest_row_until_then_is_shown_with_its_own_time(
    at_s: int, value: float, stamp_s: int, polls: int
) -> None:
    (frame,) = reader().frames(at_s * S)
    assert frame.analog[0, 0] == value
    assert frame.collected_us[0] == stamp_s * S
    assert frame.polls[0] == polls
    assert frame.quality[0, 0] == 0


def test_before_the_first_row_and_in_a_gap_everything_is_lost() -> None:
    asked = reader()
    for at_s, state in ((99, LinkState.NEVER), (300, LinkState.DOWN), (410, LinkState.UP)):
        (frame,) = asked.frames(at_s * S)
        assert (frame.quality[0, 0] == Quality.LOST) == (state is not LinkState.UP)
        assert asked.links()[0].state is state


def test_a_value_that_was_absent_is_absent() -> None:
    (frame,) = reader().frames(120 * S)
    assert np.isnan(frame.analog[0, 0])
    assert frame.quality[0, 0] == Quality.ABSENT


@pytest.mark.safety("S40")
def test_a_point_whose_sign_nobody_knows_is_left_out() -> None:
    assert [spec.name for spec in reader().frames(100 * S)[0].layout.analog] == ["voltage_v"]


def test_a_state_is_shown_by_the_words_of_the_file() -> None:
    closed = np.array([1.0, 0.0, np.nan, 1.0, 1.0, 1.0])
    track = Track("bank-1", AT, {"contactor_state": closed}, states={"contactor_state": ("open", "closed")})
    asked = RecordingReader([DEVICE], [track], INTAKE)
    shown = [asked.frames(int(at))[0] for at in AT[:3]]
    (spec,) = shown[0].layout.integer
    assert [(symbol.value, symbol.name) for symbol in spec.symbols] == [(0, "open"), (1, "closed")]
    assert [int(frame.integer[0, 0]) for frame in shown] == [1, 0, ABSENT_INTEGER]
    assert [int(frame.quality[0, 0]) for frame in shown] == [0, 0, int(Quality.ABSENT)]


def test_every_device_says_that_it_is_a_recording() -> None:
    (said,) = reader().particulars()
    assert (said.manufacturer, said.model, said.serial) == ("RECORDED", "rec.csv", "ab" * 32)
    assert reader().links()[0].address == "recording rec.csv"


def test_frames_cannot_be_written_by_whoever_holds_them() -> None:
    (frame,) = reader().frames(100 * S)
    with pytest.raises(ValueError, match="read-only"):
        frame.analog[0, 0] = 1.0


def test_devices_and_tracks_that_do_not_pair_are_refused() -> None:
    with pytest.raises(Refused, match="0 devices for 1 tracks"):
        RecordingReader([], [TRACK], INTAKE)


def test_it_runs_until_it_is_cancelled() -> None:
    async def run() -> bool:
        task = asyncio.create_task(reader().run())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()

    assert asyncio.run(run())
