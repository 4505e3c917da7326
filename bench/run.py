"""Runs every benchmark, one after the other, each in a process of its own, and writes build/bench.json.

A benchmark is a file of this folder with `rows() -> list[dict]`: one row a figure, our side and the peer's measured in
the same run. A row says `name`, `ours`, `unit`, and as far as there are any `peer`, `ratio` (how many times better ours
is), `target` (text, such as ">= 2x") and `met`; more is kept as it is. The machine is added here. Only ratios travel:
a figure without a peer belongs to the machine it was measured on. A benchmark that fails is named at the end and fails
the run; the rest still count.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build/bench.json"
ONE_S_MAX = 1800  # one benchmark; then it has hung
KEYS = ("name", "ours", "peer", "ratio", "unit", "target", "met", "machine")
MUST = {"name", "ours", "unit"}


def machine() -> str:
    """Return what was measured on, in one line: cores, processor, memory, system, Python."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    cores = len(os.sched_getaffinity(0))
    shared = any("/libpython" in line for line in _lines("/proc/self/maps"))  # a tenth slower than one built in
    system = f"Linux {platform.release()}, Python {platform.python_version()}{' as a shared library' * shared}"
    return f"{cores} cores of {model}, {kib / 2**20:.0f} GiB, {system}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def row(given: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a benchmark's row with every key, in order. Raises ValueError when it lacks one that it must say."""
    if lacking := MUST - given.keys():
        raise ValueError(f"{where}: a row lacks {', '.join(sorted(lacking))}: {given}")
    if given.get("target") is not None and not isinstance(given.get("met"), bool):
        raise ValueError(f"{where}: a row has a target and does not say whether it is met: {given}")
    return {**dict.fromkeys(KEYS), **given, "machine": machine()}


def found(folder: Path, only: list[str]) -> list[Path]:
    """Return the benchmarks of a folder, in order of name; `only` keeps those whose name contains one of its words."""
    paths = [path for path in sorted(folder.glob("*.py")) if path.name != "run.py" and "def rows(" in path.read_text()]
    return [path for path in paths if not only or any(word in path.stem for word in only)]


def measure(path: Path) -> list[dict[str, Any]]:
    """Run one benchmark in a process of its own and return its rows. Raises RuntimeError when it fails or hangs."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        command = [sys.executable, str(Path(__file__).resolve()), "--one", str(path), str(out)]
        try:
            done = subprocess.run(command, cwd=ROOT, timeout=ONE_S_MAX)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{path.name}: still running after {ONE_S_MAX} s") from None
        if done.returncode:
            raise RuntimeError(f"{path.name}: ended with {done.returncode}; its reason stands above")
        return [row(each, path.name) for each in json.loads(out.read_text())]


def one(path: Path, out: Path) -> None:
    """Import a benchmark by its path and write its rows as JSON."""
    sys.path[:0] = [str(path.parent), str(ROOT)]
    loaded = importlib.import_module(path.stem)  # by a name that a process it spawns can import too
    # numpy's numbers have `item`; JSON knows only Python's
    out.write_text(json.dumps(loaded.rows(), default=lambda each: each.item()))


def text(value: Any) -> str:
    """Return a figure as people read it: three digits, or the words as they are, or a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table: figures with a peer first, since only they travel, then the rest."""
    ordered = sorted(rows, key=lambda each: each["ratio"] is None)
    head = ("ratio", "ours", "peer", "unit", "target", "met", "name")
    cells = [head, *(tuple(text(each[key]) for key in head) for each in ordered)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def main() -> int:
    """Return 0 when every benchmark ran, 1 when one did not; a missed target is shown, not hidden in an exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="words: run the benchmarks whose name contains one of them")
    parser.add_argument("--one", nargs=2, type=Path, metavar=("FILE", "OUT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(*asked.one)
        return 0
    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    for path in found(Path(__file__).resolve().parent, asked.only):
        print(f"{path.stem} ...", file=sys.stderr, flush=True)
        try:
            rows += measure(path)
        except (RuntimeError, ValueError) as trouble:
            failed.append(str(trouble))
    print(f"{machine()}\n\n{table(rows)}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1) + "\n")
    for trouble in failed:
        print(trouble, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
