"""A real writer in a process of its own, for tests that kill it: turn after turn into a history, telling what it did.

Arguments: folder, first turn, how many turns, seconds a seal. Prints a line `kept <turn>` once an append returned.
Facts go to `facts.jsonl` in the folder's parent, synced, which is the spine of this world.
"""

import os
import sys
import time
from pathlib import Path

import msgspec

from ironkeep.adapters.stores.history.adapter import open_history
from ironkeep.facts.envelope import Body
from ironkeep.facts.history import SegmentsCompacted, SegmentSealed, SegmentsExpired
from ironkeep.model.time import SECOND_US
from ironkeep.ports.history import HistoryPolicy
from tests.worlds.history.recording import START_US, Clock, Spine, frame, layout

KINDS = {kind.__name__: kind for kind in (SegmentSealed, SegmentsCompacted, SegmentsExpired)}
SHAPES = (layout("cells"), layout("others", assets=2))
TURN_S = 0.002


def load(path: Path) -> Spine:
    """The spine of this world as it stands; a line that was cut is none."""
    spine = Spine()
    if path.exists():
        for line in path.read_text().split("\n")[:-1]:
            kind, body = msgspec.json.decode(line)
            spine.keep([msgspec.convert(body, KINDS[kind])])
    return spine


def keep(path: Path, spine: Spine, bodies: tuple[Body, ...]) -> None:
    """Commit facts: durable, all in one write."""
    if bodies:
        text = "".join(
            msgspec.json.encode((type(body).__name__, msgspec.to_builtins(body))).decode() + "\n" for body in bodies
        )
        with path.open("a") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        spine.keep(bodies)


def policy(seal_every_s: int) -> HistoryPolicy:
    return HistoryPolicy(seal_every_s=seal_every_s, hot_kept_s=0)


def main(folder: Path, first: int, turns: int, seal_every_s: int) -> None:
    facts = folder.parent / "facts.jsonl"
    spine = load(facts)
    clock = Clock(at_us=START_US + first * SECOND_US)
    history = open_history(folder, policy(seal_every_s), clock, spine)
    print("found", len(history.found), flush=True)
    for turn in range(first, first + turns):
        history.append([frame(shape, turn, clock.at_us) for shape in SHAPES], "")
        print("kept", turn, flush=True)
        keep(facts, spine, history.outcomes())
        clock.pass_s(1)
        time.sleep(TURN_S)
    print("done", flush=True)
    history.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(text) for text in sys.argv[2:5]))
