"""A million rows of a battery recording, analysed; beside it DuckDB's and pyarrow's plain read of the same file.

The peers only read: they infer types and hand out columns. What is measured is the whole of `ironkeep analyse`: digest,
guess, reading every cell strictly, every question, the page. Runs take turns, and both the clock and the processor are
told: on a shared machine the second alone compares.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.csv

ROWS = 1_000_000
LIMIT_S = 5.0


def recorded(path: Path, rows: int, seed: int = 1) -> None:
    """Cycles of a bank at 1 Hz with the resolution of instruments: six columns, about 50 MB a million rows."""
    rng = np.random.default_rng(seed)
    at = np.arange(rows)
    current = np.round(100.0 * np.sign(np.sin(at / 9000.0)) * (at % 20_000 > 3_000) + rng.normal(0, 0.2, rows), 1)
    soc = np.round(50.0 - np.cumsum(current) / 3600.0 / 280.0 * 100.0, 1)
    voltage = np.round(735.0 + 0.5 * (soc - 50.0) - 0.09 * current + rng.normal(0, 0.1, rows), 1)
    warm = np.round(25.0 + 5.0 * np.sin(at / 9000.0) + rng.normal(0, 0.05, rows), 1)
    power = np.round(voltage * current, 0)
    stamps = np.datetime_as_string(np.datetime64("2026-03-01T00:00:00") + at, unit="s")
    with path.open("w") as file:
        file.write("Timestamp,Pack Voltage [V],Pack Current [A],Power [W],SoC [%],Cell Temp Max [°C]\n")
        for start in range(0, rows, 100_000):
            part = slice(start, start + 100_000)
            columns = (voltage[part], current[part], power[part], soc[part], warm[part])
            cells = [stamps[part].tolist(), *(column.tolist() for column in columns)]
            file.writelines(f"{a},{b},{c},{d:.0f},{e},{f}\n" for a, b, c, d, e, f in zip(*cells, strict=True))


def analysed(path: Path) -> None:
    """One whole analysis, its page included."""
    from ironkeep.programs.analyse import analyse
    from ironkeep.views.analysis_page import page

    found, _ = analyse(path, None)
    page(found)


def by_duckdb(path: Path) -> None:
    """DuckDB reads the file into numpy, types inferred."""
    duckdb.connect(":memory:").execute("SELECT * FROM read_csv(?)", [str(path)]).fetchnumpy()


def by_pyarrow(path: Path) -> None:
    """pyarrow reads the file into its own columns, types inferred."""
    pyarrow.csv.read_csv(path)


def in_turns(path: Path, acts: tuple[Callable[[Path], object], ...], times: int = 3) -> list[tuple[float, float]]:
    """For each act its least seconds by the clock and of the processor, the acts taking turns."""
    least = [(float("inf"), float("inf"))] * len(acts)
    for _ in range(times):
        for n, act in enumerate(acts):
            clock, processor = time.perf_counter(), time.process_time()
            act(path)
            spent = time.perf_counter() - clock, time.process_time() - processor
            least[n] = min(least[n][0], spent[0]), min(least[n][1], spent[1])
    return least


def rows() -> list[dict[str, object]]:
    """Our seconds beside the target, and what one whole analysis costs in plain reads of each peer."""
    with tempfile.TemporaryDirectory(prefix="ironkeep-bench-") as folder:
        path = Path(folder) / "recording.csv"
        recorded(path, ROWS)
        ours, duck, arrow = in_turns(path, (analysed, by_duckdb, by_pyarrow))
        size_mb = path.stat().st_size / 1e6
    whole = {
        "name": f"analyse a recording of {ROWS:,} rows and 6 columns, page included",
        "ours": ours[0],
        "peer": duck[0],
        "ratio": duck[0] / ours[0],
        "unit": "s",
        "target": f"< {LIMIT_S:g} s",
        "met": ours[0] < LIMIT_S,
        "peer_name": "DuckDB's plain read of the same file into numpy",
        "size_mb": size_mb,
    }
    against = {"name": "the same, time of the processor", "ours": ours[1], "unit": "s"}
    return [
        whole,
        {**against, "peer": duck[1], "ratio": duck[1] / ours[1], "peer_name": "DuckDB's plain read"},
        {**against, "peer": arrow[1], "ratio": arrow[1] / ours[1], "peer_name": "pyarrow's plain read"},
    ]


if __name__ == "__main__":
    for each in rows():
        print(each)
