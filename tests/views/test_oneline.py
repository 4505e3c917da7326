"""The one-line diagram: boxes do not overlap, arrows only where power flows, trust and alarms on the box."""

import dataclasses
import itertools

import msgspec
import numpy as np
import pytest

from ironkeep.model.live import pack_frame, unpack_frame
from ironkeep.views import board, oneline, scene
from ironkeep.views.scene import assemble
from tests.faces.stand_in import House


def drawn(tmp_path, seconds=30):
    house = House(tmp_path)
    live = house.desk.step(seconds)
    found = assemble(live, {layout.digest: layout for layout in live.layouts})
    return house, found, live.at_us


def test_no_two_boxes_overlap_and_all_lie_in_the_frame(tmp_path):
    house, found, at_us = drawn(tmp_path)
    diagram = oneline.diagram(house.site, found, (), at_us)
    for a, b in itertools.combinations(diagram.nodes, 2):
        assert abs(a.x - b.x) >= oneline.BOX_WIDTH or abs(a.y - b.y) >= oneline.BOX_HEIGHT
    for node in diagram.nodes:
        assert oneline.BOX_WIDTH / 2 <= node.x <= diagram.width - oneline.BOX_WIDTH / 2
        assert oneline.BOX_HEIGHT / 2 <= node.y <= diagram.height - oneline.BOX_HEIGHT / 2


def test_every_bank_hangs_under_what_it_feeds(tmp_path):
    house, found, at_us = drawn(tmp_path)
    diagram = oneline.diagram(house.site, found, (), at_us)
    assert {b.asset.id: n.asset.id for n in diagram.nodes for b in n.banks} == {
        "cab-a": "ups-a",
        "cab-b": "ups-b",
        "con-1": "pcs-1",
    }


def test_a_line_without_known_power_has_no_arrow(tmp_path):
    house, _, at_us = drawn(tmp_path)
    diagram = oneline.diagram(house.site, scene.EMPTY, (), at_us)
    assert diagram.wires
    assert all(wire.flow == 0 and not wire.label for wire in diagram.wires)


def test_an_idle_generator_feeds_nothing_and_the_load_is_fed(tmp_path):
    house, found, at_us = drawn(tmp_path)
    edges = [(a.id, to) for a in house.site.assets if a.kind != "bank" for to in a.feeds if not to.startswith("hvac")]
    flow = dict(zip(edges, (w.flow for w in oneline.diagram(house.site, found, (), at_us).wires), strict=True))
    assert flow["gen-1", "ats-1"] == 0
    assert flow["ups-a", "it-1"] == 1


def test_the_worst_alarm_of_a_bank_stands_on_its_bar(tmp_path):
    house, found, at_us = drawn(tmp_path)
    house.raise_alarm("Temperature rising", "cab-b.s2.m07", 2)
    rows = board.fold(board.EMPTY, house.spine.facts).rows
    diagram = oneline.diagram(house.site, found, rows, at_us)
    hung = {b.asset.id: b.worst for n in diagram.nodes for b in n.banks}
    assert hung["cab-a"] is None
    assert hung["cab-b"].priority == 2


def test_a_ring_of_feeds_is_drawn_and_not_followed_for_ever(tmp_path):
    house, found, at_us = drawn(tmp_path)
    ring = tuple(
        msgspec.structs.replace(a, feeds=(*a.feeds, "meter-1")) if a.id == "it-1" else a for a in house.site.assets
    )
    site = msgspec.structs.replace(house.site, assets=ring)
    assert len(oneline.diagram(site, found, (), at_us).nodes) == 10


@pytest.mark.safety("S39")
def test_a_ups_on_bypass_says_that_nothing_rides_through(tmp_path):
    house = House(tmp_path)
    live = house.desk.step(30)
    layouts = {layout.digest: layout for layout in live.layouts}

    def warned(mode: int) -> dict[str, str]:
        frames = []
        for packed in live.frames:
            frame = unpack_frame(packed, layouts[packed.layout])
            if (at := frame.layout.integer_index.get("mode")) is not None:
                integer = np.array(frame.integer)
                integer[frame.layout.assets.index("ups-a"), at] = mode
                frame = dataclasses.replace(frame, integer=integer)
            frames.append(pack_frame(frame))
        found = assemble(msgspec.structs.replace(live, frames=tuple(frames)), layouts)
        return {node.asset.id: node.warn for node in oneline.diagram(house.site, found, (), live.at_us).nodes}

    assert [warned(mode)["ups-a"] for mode in (1, 2, 3, 4)] == ["", "", "NO RIDE-THROUGH", "NO RIDE-THROUGH"]
    assert not warned(4)["ups-b"]
