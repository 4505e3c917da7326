"""A history on a small disk of its own, run inside a mount namespace of its own: full, started anew while full, well
again.

It prints one line for each thing that it saw; the test reads them. Called with the empty folder to mount upon.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from ironkeep.adapters.stores.history.adapter import FrameHistory, open_history, open_history_reader
from ironkeep.codecs.frames import frame_record
from ironkeep.model.errors import Unavailable
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.time import SECOND_US
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs.verify_segments import verify_segments
from tests.worlds.history.recording import START_US, Clock, Spine, frame, layout

SIZE = "6m"
BALLAST_BYTES = 4_000_000
TURNS_MAX = 10_000
REFUSED_MORE = 20  # turns that are tried again on the full disk
UPKEEP_LIMIT_S = 120.0
SHAPE = layout(assets=120)
POLICY = HistoryPolicy(seal_every_s=100_000, hot_kept_s=0)


class Recorder:
    """Turn after turn into a history: `kept` are the turns that were acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.spine = folder, Clock(), Spine()
        self.kept: list[int] = []
        self.turn = 0
        self.history = self.open()

    def open(self) -> FrameHistory:
        return open_history(self.folder, POLICY, self.clock, self.spine)

    def take(self) -> str:
        """One turn; why it was refused, empty when it was kept."""
        turn = self.turn
        self.turn += 1
        self.clock.pass_s(1)
        try:
            self.history.append([frame(SHAPE, turn, START_US + turn * SECOND_US)], "")
        except Unavailable as exc:
            return str(exc)
        self.kept.append(turn)
        return ""

    def upkeep(self) -> str:
        """Let the upkeep run once to its end; what it could not do."""
        self.spine.keep(self.history.outcomes())
        self.history.wait(UPKEEP_LIMIT_S)
        self.spine.keep(self.history.outcomes())
        self.clock.pass_s(61)
        return " ".join(self.history.trouble.split())

    def whole(self) -> bool:
        """Does a new reader find each acknowledged turn once, and no other? The newest waits for one behind it."""
        origin = START_US - SECOND_US // 2
        trend = open_history_reader(self.folder).trend(
            AssetId("cab-a.s1.m00"), PointName("cycles"), origin, origin + self.turn * SECOND_US, self.turn
        )
        found = np.flatnonzero(trend.count).tolist()
        return bool(trend.count.max() == 1 and found in (self.kept, self.kept[:-1]))


def main(folder: Path) -> None:
    """Fill the disk with a history, start anew on the full disk, free it, and go on each time."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=True)
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(BALLAST_BYTES))
    recorder = Recorder(folder / "history")
    words = next(why for _ in range(TURNS_MAX) if (why := recorder.take()))
    print("full:", words)
    print("full, every other turn refused too:", all(recorder.take() for _ in range(REFUSED_MORE)))
    print("full, what was kept:", recorder.whole())
    log = next((folder / "history" / "hot").glob("*.frames"))
    recorder.history.close()
    half = b"".join(bytes(piece) for piece in frame_record(frame(SHAPE, 0, START_US), np.ones(120, np.bool_)))[:900]
    ballast.write_bytes(bytes(ballast.stat().st_size - 4096))  # a page, so that a writer could be killed in its write
    with log.open("ab") as file:
        file.write(half)
    ballast.write_bytes(bytes(BALLAST_BYTES))
    recorder.history = recorder.open()
    print("found:", " | ".join(recorder.history.found))
    print("full, upkeep:", recorder.upkeep())
    print("full, started anew, what was kept:", recorder.whole())
    ballast.unlink()
    print("space again:", not any(recorder.take() for _ in range(REFUSED_MORE)) and recorder.whole())
    print("space again, upkeep:", recorder.upkeep() or recorder.upkeep() or "done")
    print("space again, seals:", len(recorder.spine.bodies()))
    recorder.history.close()
    recorder.history = recorder.open()
    print("found in the end:", " | ".join(recorder.history.found) or "nothing")
    print("sealed:", recorder.upkeep() or "done")
    print("sealed, what was kept:", recorder.whole())
    print("verify:", verify_segments(folder / "history", recorder.spine.bodies()) or "good")
    recorder.history.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
