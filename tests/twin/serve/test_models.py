"""Places of points, against the device library of the people who wrote the models."""

import pytest
from sunspec2.modbus.client import SunSpecModbusClientModel

from ironkeep.twin.serve.models import ABSENT, layout

REPEATS = {
    803: {"string": 2},
    804: {"lithium_ion_string_module": 3},
    805: {"lithium-ion-module-cell": 4},
    705: {"Crv": 1, "Pt": 4},
    707: {"Crv": 1, "Pt": 2},
    711: {"Ctl": 1},
    714: {"Prt": 1},
}


@pytest.mark.parametrize("model", [1, 203, 701, 702, 703, 704, 713, 802])
def test_every_point_of_a_model_without_repeats_stands_where_the_peer_puts_it(model: int) -> None:
    ours = layout(model)
    peer = SunSpecModbusClientModel(model, data=bytes(2 * ours.registers), model_len=ours.registers - 2)
    assert {name: point.offset for name, point in peer.points.items()} == {
        path: place.offset for path, place in ours.places.items() if "." not in path
    }
    assert peer.error_info == ""


@pytest.mark.parametrize("model", sorted(REPEATS))
def test_each_repeat_follows_the_one_before_it_without_a_gap(model: int) -> None:
    places = sorted(layout(model, REPEATS[model]).places.values(), key=lambda place: place.offset)
    ends = [place.offset + place.size for place in places]
    assert [place.offset for place in places] == [0, *ends[:-1]]
    assert layout(model, REPEATS[model]).registers == ends[-1]


def test_every_type_of_the_served_models_has_its_mark_of_absence() -> None:
    types = {place.type for model in REPEATS for place in layout(model, REPEATS[model]).places.values()}
    assert types <= set(ABSENT)
    assert ABSENT["int16"] == 0x8000
    assert ABSENT["uint32"] == 0xFFFF_FFFF
    assert ABSENT["acc32"] == 0
