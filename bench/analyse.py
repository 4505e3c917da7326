"""A million rows of a battery recording, analysed; beside it DuckDB's plain read of the same file in the same run.

The peer only reads: it infers types and sums one column. What is measured is the whole of `ironkeep analyse`: digest,
guess, reading every cell strictly, every question, the page.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

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


def analysed(path: Path) -> float:
    """Seconds of one whole analysis, its page included."""
    from ironkeep.programs.analyse import analyse
    from ironkeep.views.analysis_page import page

    begun = time.perf_counter()
    found, _ = analyse(path, None)
    page(found)
    return time.perf_counter() - begun


def plainly_read(path: Path) -> float:
    """Seconds in which DuckDB reads the file into numpy, types inferred."""
    begun = time.perf_counter()
    duckdb.connect(":memory:").execute("SELECT * FROM read_csv(?)", [str(path)]).fetchnumpy()
    return time.perf_counter() - begun


def best(what: Callable[[Path], float], path: Path, times: int = 3) -> float:
    """The quickest of a few runs."""
    return min(what(path) for _ in range(times))


def rows() -> list[dict[str, object]]:
    """One row: our seconds, the peer's, and how many of the peer's reads one whole analysis takes."""
    with tempfile.TemporaryDirectory(prefix="ironkeep-bench-") as folder:
        path = Path(folder) / "recording.csv"
        recorded(path, ROWS)
        ours, peer = best(analysed, path), best(plainly_read, path)
        size_mb = path.stat().st_size / 1e6
    return [
        {
            "name": f"analyse a recording of {ROWS:,} rows and 6 columns, page included",
            "ours": ours,
            "peer": peer,
            "ratio": peer / ours,
            "unit": "s",
            "target": f"< {LIMIT_S:g} s",
            "met": ours < LIMIT_S,
            "peer_name": "DuckDB's plain read of the same file into numpy",
            "size_mb": size_mb,
        }
    ]


if __name__ == "__main__":
    for each in rows():
        print(each)
