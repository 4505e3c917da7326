"""Runs docs/tutorial/first-hour.md as it stands, from the offline bundle, on a machine without network, and times it.

The blocks of the page run in one shell, in order, in a network namespace of their own in which not even a route
exists. The first command that fails ends it. Without an argument the table of times is printed; `--write` puts it into
the page.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import machine  # noqa: E402
from tools import bundle  # noqa: E402

PAGE = ROOT / "docs/tutorial/first-hour.md"
MARK = "<!-- times -->"
RUN_S_MAX = 900.0
APART = ["unshare", "--net", "--pid", "--fork", "--kill-child", *([] if os.geteuid() == 0 else ["--map-root-user"])]
HEAD = "set -eu\nip link set lo up\n! ip route get 192.0.2.1 >/dev/null 2>&1\nset -m\n"


class Step(NamedTuple):
    """A heading of the page and the commands below it."""

    title: str
    commands: str


class Done(NamedTuple):
    """How a run ended: exit code, everything said, and the seconds of each step that ended."""

    code: int
    said: str
    seconds: dict[str, float]


def steps(page: Path = PAGE) -> list[Step]:
    """Return the steps of the page that have commands, in order."""
    found: list[Step] = []
    for part in re.split(r"^## ", page.read_text(), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        blocks = re.findall(r"^```sh\n(.*?)^```", body, flags=re.MULTILINE | re.DOTALL)
        if blocks:
            found.append(Step(title, "".join(blocks)))
    return found


def run(archive: Path, home: Path) -> Done:
    """Unpack a bundle below `home`, which becomes the home folder, and run the page there."""
    with tarfile.open(archive) as packed:
        packed.extractall(home, filter="data")
    (folder,) = home.iterdir()
    stamp = 'date +%s.%N >> "$HOME/times"\n'
    script = HEAD + stamp + "".join(step.commands + stamp for step in steps())
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    with (home / "said").open("w") as said:
        done = subprocess.run(
            [*APART, "sh", "-c", script],
            cwd=folder, env=env, stdout=said, stderr=subprocess.STDOUT, timeout=RUN_S_MAX, check=False,
        )  # fmt: skip
    stamps = [float(line) for line in (home / "times").read_text().splitlines()]
    pairs = zip(steps(), stamps, stamps[1:], strict=False)
    return Done(done.returncode, (home / "said").read_text(), {step.title: end - begin for step, begin, end in pairs})


def table(done: Done) -> str:
    """Return the times as a table, with the machine."""
    rows = [f"| {title} | {seconds:.0f} s |" for title, seconds in done.seconds.items()]
    total = f"| All of it, reading apart | {sum(done.seconds.values()):.0f} s |"
    return "\n".join(["| Step | Time |", "|---|---|", *rows, total, "", f"On {machine()}."])


def main() -> int:
    """Run the page; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="first-hour-") as home:
        done = run(bundle.bundle(), Path(home))
    if done.code:
        print(done.said)
        return done.code
    print(table(done))
    if "--write" in sys.argv[1:]:
        before, mark, _ = PAGE.read_text().partition(MARK)
        PAGE.write_text(f"{before}{mark}\n\n{table(done)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
