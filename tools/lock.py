"""Writes requirements/{uv,run,test}.txt from the .in files: every package pinned, every file hashed, no address named.

The test lock is bound to the run lock, so that what is tested is what runs.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STYLE = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]


def main() -> int:
    """Return the first exit code of uv that is not 0, or 0."""
    uv = str(Path(sys.executable).parent / "uv")
    for name, extra in (("uv", []), ("run", []), ("test", ["--constraint=requirements/run.txt"])):
        command = [uv, "pip", "compile", *STYLE, *extra, f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
