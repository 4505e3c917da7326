"""Frames: whole blocks in, whole blocks out."""

import numpy as np

from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName
from ironkeep.model.live import pack_frame, unpack_frame
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.model.quality import ABSENT_INTEGER, DISQUALIFYING, Quality


def spec(name: str, kind: PointKind) -> PointSpec:
    return PointSpec(PointName(name), "V", kind, PointClass.MEASUREMENT)


def frame() -> Frame:
    layout = FrameLayout(
        group="bank",
        assets=(AssetId("cab-a"), AssetId("cab-b")),
        devices=(DeviceId("a"), DeviceId("b")),
        analog=(spec("voltage_v", PointKind.ANALOG), spec("current_a", PointKind.ANALOG)),
        integer=(spec("state", PointKind.ENUM),),
        period_s=1.0,
        age_limit_s=3.0,
    )
    return Frame(
        layout=layout,
        at_us=7,
        analog=np.array([[512.5, np.nan], [511.0, -3.0]], np.float32),
        integer=np.array([[ABSENT_INTEGER], [2**40]], np.int64),
        quality=np.array([[0, 1, 1], [0, 0, 0]], np.uint16),
        collected_us=np.array([5, 6]),
        polls=np.array([1, 1]),
    )


def test_a_frame_survives_the_wire_bit_for_bit() -> None:
    before = frame()
    after = unpack_frame(pack_frame(before), before.layout)
    for name in ("analog", "integer", "quality", "collected_us", "polls"):
        assert getattr(after, name).tobytes() == getattr(before, name).tobytes(), name
    assert after.at_us == before.at_us


def test_absent_values_are_not_a_number_in_either_block() -> None:
    voltage, state = frame().column("voltage_v"), frame().column("state")
    assert voltage is not None
    assert state is not None
    assert voltage.tolist() == [512.5, 511.0]
    assert np.isnan(state[0])
    assert state[1] == 2**40
    assert frame().column("no such point") is None


def test_the_quality_of_an_integer_point_lies_behind_the_analog_ones() -> None:
    bits = frame().quality_of("state")
    assert bits is not None
    assert bits.tolist() == [int(Quality.ABSENT), 0]


def test_equal_layouts_have_equal_digests_and_a_changed_unit_another() -> None:
    one, two = frame().layout, frame().layout
    assert one.digest == two.digest
    assert len(one.digest) == 64
    other = FrameLayout(one.group, one.assets, one.devices, one.analog[:1], one.integer, 1.0, 3.0)
    assert other.digest != one.digest


def test_every_bit_that_says_the_value_is_not_there_or_not_new_disqualifies_it() -> None:
    assert Quality.GOOD.usable
    assert Quality.INFERRED.usable
    for bit in (Quality.ABSENT, Quality.LOST, Quality.STALE, Quality.FROZEN, Quality.SETTLING, Quality.EXCEPTION):
        assert bit & DISQUALIFYING
        assert not (bit | Quality.INFERRED).usable
