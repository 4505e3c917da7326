"""Worlds in which the writer or its upkeep is killed at random, or the log is cut: nothing kept is lost or doubled.

Each world has a seed. A seed that once failed is added to SEEDS.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ironkeep.adapters.stores.history.adapter import open_history, open_history_reader
from ironkeep.facts.history import SegmentSealed
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.time import SECOND_US
from ironkeep.programs.verify_segments import verify_segments
from tests.worlds.history.recording import START_US, Clock, frame, layout
from tests.worlds.history.writer import keep, load, policy

ROOT = Path(__file__).resolve().parents[3]
SEEDS = (1, 2)
LIVES = 3  # how often the writer is killed in one world
GAP_TURNS = 50  # turns between one life and the next, so that a turn belongs to one life
LIMIT_S = 600.0  # of an upkeep, which yields to everything else on the machine: beyond it, it hangs
ASSET = AssetId("cab-a.s1.m00")


def live(folder: Path, first: int, seal_every_s: int, kept_min: int, more_s: float) -> list[int]:
    """One life of the writer: killed `more_s` after it kept `kept_min` turns. Returns the turns it said it kept."""
    arguments = [
        sys.executable,
        "-m",
        "tests.worlds.history.writer",
        str(folder),
        str(first),
        "100000",
        str(seal_every_s),
    ]
    writer = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    lines = [line for line in (writer.stdout.readline() for _ in range(1 + kept_min)) if line]
    time.sleep(more_s)
    writer.send_signal(signal.SIGKILL)
    lines += writer.stdout.readlines()
    writer.stdout.close()
    writer.wait()
    assert len(lines) > kept_min
    return [int(line.split()[1]) for line in lines if line.startswith("kept") and line.endswith("\n")]


def drain(folder: Path, at_turn: int) -> list[SegmentSealed]:
    """Start once more, let everything be sealed, and return the seals on the spine of this world."""
    facts = folder.parent / "facts.jsonl"
    spine = load(facts)
    clock = Clock(at_us=START_US + at_turn * SECOND_US)
    history = open_history(folder, policy(1), clock, spine)
    for _ in range(3):
        keep(facts, spine, history.outcomes())
        history.wait(LIMIT_S)
        clock.pass_s(6)
    assert history.trouble == ""
    history.close()
    assert verify_segments(folder, spine.bodies()) == []
    return [body for body in load(facts).bodies() if isinstance(body, SegmentSealed)]


def turns_in(folder: Path, turns: int) -> dict[int, int]:
    """Turn -> how many samples a reader finds of it, of an asset that both groups have: two when each is there once."""
    origin = START_US - SECOND_US // 2
    trend = open_history_reader(folder).trend(
        ASSET, PointName("cycles"), origin, origin + turns * SECOND_US, min(turns, 100_000)
    )
    return {int(turn): int(trend.count[turn]) for turn in np.flatnonzero(trend.count)}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_writer_killed_at_random_loses_and_doubles_no_turn_that_it_said_it_kept(tmp_path, seed):
    rng = np.random.default_rng(seed)
    folder = tmp_path / "history"
    kept: list[int] = []
    first = 0
    for _ in range(LIVES):
        kept += live(folder, first, int(rng.integers(5, 60)), int(rng.integers(1, 150)), float(rng.random() * 0.3))
        found = turns_in(folder, first + 10_000)
        visible = [turn for turn in kept if turn != kept[-1]]  # the newest turn waits for the next
        assert dict.fromkeys(visible, 2).items() <= found.items()
        first = kept[-1] + GAP_TURNS
    seals = drain(folder, first)
    found = turns_in(folder, first + 10)
    assert dict.fromkeys(kept, 2).items() <= found.items()
    assert set(found.values()) <= {1, 2}
    # A turn beyond those told may be there, whole or in part, for the writer died before it could tell; no other may.
    told = set(kept)
    assert all(turn in told or turn - 1 in told or turn in (0, *(k + GAP_TURNS for k in kept)) for turn in found)
    assert len({seal.segment for seal in seals}) == len(seals)
    assert sum(seal.rows for seal in seals if seal.group == "cells") == 3 * (sum(v >= 1 for v in found.values()))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_an_upkeep_killed_at_random_seals_everything_once_in_the_end(tmp_path, seed):
    rng = np.random.default_rng(seed)
    folder = tmp_path / "history"
    facts = tmp_path / "facts.jsonl"
    spine, clock = load(facts), Clock()
    history = open_history(folder, policy(20), clock, spine)
    for turn in range(130):
        history.append([frame(layout("cells"), turn, clock.at_us), frame(layout("others"), turn, clock.at_us)], "")
        clock.pass_s(1)
    killed = 0
    for _ in range(12):
        keep(facts, spine, history.outcomes())
        if history._worker is not None:
            time.sleep(float(rng.random()) * 0.8)
            os.kill(history._worker.pid, signal.SIGKILL)
            history.wait(LIMIT_S)
            killed += 1
        clock.pass_s(61)
    history.close()
    assert killed
    seals = drain(folder, 10_000)
    assert sum(seal.rows for seal in seals) == 130 * 3 * 2
    assert len({(seal.group, seal.first) for seal in seals}) == len(seals)
    named = {seal.segment for seal in seals}
    assert {path.name.split("-")[0] for path in (folder / "raw").rglob("*.parquet")} <= named


@pytest.mark.parametrize("seed", SEEDS)
def test_a_log_cut_at_any_offset_keeps_every_turn_acknowledged_before_it(tmp_path, seed):
    rng = np.random.default_rng(seed)
    whole = tmp_path / "whole" / "history"
    clock = Clock()
    history = open_history(whole, policy(1000), clock)
    ends = []
    for turn in range(30):
        history.append([frame(layout("cells"), turn, clock.at_us), frame(layout("others"), turn, clock.at_us)], "")
        ends.append((whole / "hot" / "00000001.frames").stat().st_size)
        clock.pass_s(1)
    history.close()
    data = (whole / "hot" / "00000001.frames").read_bytes()
    cuts = sorted({*(ends[i] + d for i in (0, 7, 29) for d in (-1, 0)), *rng.integers(17, len(data), 8).tolist()})
    for cut in cuts:
        folder = tmp_path / f"cut-{cut}" / "history"
        (folder / "hot").mkdir(parents=True)
        (folder / "hot" / "00000001.frames").write_bytes(data[:cut])
        history = open_history(folder, policy(1000), clock)
        assert bool(history.found) == (cut not in ends and cut < len(data))
        history.append([frame(layout("cells"), 40, clock.at_us)], "")
        found = turns_in(folder, 35) if cut > ends[0] else {}
        acknowledged = [turn for turn, end in enumerate(ends) if end <= cut]
        assert {turn: 2 for turn in acknowledged if cut > ends[0]}.items() <= found.items()
        assert len(found) <= len(acknowledged) + 1
        history.close()
