"""Seeded worlds: whatever happens to clock, disk, plant and power, no acknowledged fact is lost and none is written
twice.
"""

import asyncio
from pathlib import Path

import pytest

from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.decisions import alarms, incidents, telemetry
from ironkeep.engine.turn import Rooms
from ironkeep.programs.evidence import verify
from ironkeep.programs.policies import policies
from tests.worlds.engine.world import World

SEEDS = (1, 2)
LIVES, TURNS = 3, 40


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_world_of_power_cuts_full_disks_and_jumping_clocks_loses_nothing_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    world = World(tmp_path, seed)
    for _ in range(LIVES):
        live = asyncio.run(world.live(TURNS, cut=True))
        facts = tuple(open_reader(world.spine).read())
        assert [fact.seq for fact in facts] == list(range(len(facts)))
        assert len({fact.id for fact in facts}) == len(facts)
        by_request: dict[str, list[int]] = {}
        for fact in facts:
            if (fact.cause or "").startswith("request_"):
                by_request.setdefault(fact.cause or "", []).append(fact.seq)
        for request, outcome in world.acknowledged.items():
            assert tuple(by_request[request]) == outcome.seqs, request
        again = Rooms.empty(policies(world.site))
        again.absorb(facts)
        for room, name in ((telemetry, "telemetry"), (alarms, "alarms"), (incidents, "incidents")):
            assert room.freeze(getattr(again, name)) == room.freeze(getattr(live, name)), name
    found = verify(world.spine, key="", checkpoint=None, segments=None)
    assert found.good, found.problems
    assert world.acknowledged, "the world was too quiet to prove anything"


@pytest.mark.slow
def test_the_same_seed_writes_the_same_spine(tmp_path: Path) -> None:
    spines = []
    for name in ("one", "other"):
        world = World(tmp_path / name, 5)
        asyncio.run(world.live(TURNS, cut=False))
        spines.append([fact.body for fact in open_reader(world.spine).read()])
    assert spines[0] == spines[1]
    assert spines[0]
