"""How many false alarms in hours in which nothing happens: `python -m tests.stories.quiet_hours HOURS [SEED]`.

Every fact that says something is wrong counts; so does how near the sums of the coupled pairs came to their threshold.
"""

import sys

import numpy as np

from tests.stories.site_at_work import Story

WRONG = ("FindingOpened", "AlarmRaised", "IncidentOpened", "TrustChanged")
HOUR_S = 3600


def main(hours: float, seed: int) -> None:
    """Let the site work at a turn a second and print what was said."""
    story = Story(seed=seed)
    height, nearest, played = 0.0, 0.0, 0
    turns = int(hours * HOUR_S)
    for _ in range(turns):
        story.run(1)
        memory = story.rooms.telemetry
        assert memory.pairs is not None
        assert memory.drifts is not None
        assert memory.replays is not None
        height = memory.pairs.height
        nearest = max(nearest, float(np.max(memory.drifts.up)), float(np.max(memory.drifts.down)))
        played = max(played, int(np.max(memory.replays.hits)))
    wrong = [fact for fact in story.since if fact.kind in WRONG]
    for fact in wrong:
        print(story.second(fact), fact.kind, fact.body)
    pairs = len(memory.pairs.keys)
    streams = len(memory.streams.keys) if memory.streams else 0
    print(f"{turns / HOUR_S:g} h at 1 Hz, seed {seed}: {len(wrong)} facts of something wrong")
    print(f"{pairs} coupled pairs: highest sum {nearest:.1f} of {height:.1f}")
    print(f"{streams} streams, {memory.replays.grams.count:,} grams: most known grams on end {played} of 2")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 21)
