"""The upkeep process: reads one job from its input, does it, tells in words what could not be done, and ends.

It ends at once when its input closes, which is when the engine is gone: half-done work is done again at the next start.
Exit codes: 0 done, 1 the disk or a file refused, anything else a bug.
"""

import os
import sys
import threading
from pathlib import Path

import msgspec

from ironkeep.adapters.stores.history import config, upkeep
from ironkeep.adapters.stores.history.log import refusal
from ironkeep.model.errors import Trouble

ORPHANED = 3  # exit code when the engine went away


def main() -> int:
    """Do the job on standard input; returns the exit code."""
    os.nice(config.WORKER_NICE)
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=upkeep.Job)
    threading.Thread(target=_end_with_engine, daemon=True).start()
    try:
        words = upkeep.run(job)
    except OSError as exc:
        where = Path(exc.filename or job.folder)
        sys.stderr.write(f"{refusal(where, exc, 'what is due to be sealed waits, and nothing is lost')}\n")
        return 1
    except Trouble as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    for line in words:
        sys.stderr.write(f"{line}\n")
    return 0


def _end_with_engine() -> None:
    """Wait for the input to close, then end without ceremony."""
    while os.read(0, 1):
        pass
    os._exit(ORPHANED)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the thread above still reads
