"""Recordings of 150 MB, analysed and read for a replay, beside plain reads of DuckDB and pyarrow: time and memory.

Three files of one battery: a wide CSV as dirty as exports are (byte-order mark, lines above the head, local times over
a change of the clocks, decimal commas, thousands, words for no value, a gap of weeks, lines given twice, a contactor),
a long CSV, and the wide one as clean Parquet. Every act runs in a process of its own, so that its peak of memory is its
own; the acts take turns. The peers only read: they infer types and hand out columns.
"""

import multiprocessing
import multiprocessing.connection
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow.csv
import pyarrow.parquet

SIZE_MB = 150
WIDE_BYTES, LONG_BYTES = 58, 42  # of a line, about
CHUNK = 100_000  # lines written at once
COMMAS = str.maketrans(",.", ".,")
MEMORY_LIMIT_MB = 800  # docs/reference/recordings.md, "Size"


def battery(rows: int, start: str, seed: int = 1) -> dict[str, np.ndarray]:
    """Cycles of a bank at 1 Hz, with the resolution of instruments."""
    rng = np.random.default_rng(seed)
    t = np.arange(rows)
    wave = np.sin(t / 3000.0)
    works = np.abs(wave) > 0.15
    current = np.round((80.0 * np.sign(wave) + rng.normal(0, 0.2, rows)) * works, 1)
    soc = np.round(90.0 - np.cumsum(current) / 3600.0 / 280.0 * 100.0, 1)
    voltage = np.round(735.0 + 0.5 * (soc - 50.0) - 0.09 * current + rng.normal(0, 0.1, rows), 1)
    return {
        "at": np.datetime64(start, "s") + t + (t > rows // 2) * 21 * 86_400,
        "voltage": voltage,
        "current": current,
        "power": np.round(voltage * current, 1),
        "soc": soc,
        "warm": np.round(25.0 + 5.0 * np.sin(t / 9000.0) + rng.normal(0, 0.05, rows), 1),
        "closed": works,
    }


def dirty(path: Path) -> None:
    """The wide file."""
    rows = SIZE_MB * 1_000_000 // WIDE_BYTES
    here = battery(rows, "2026-10-10T00:00:00")
    rng = np.random.default_rng(2)
    shift = _berlin(here["at"])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write("Export of site 4\r\n\r\n")
        names = "Zeit;Pack Voltage [V];Pack Current [A];Power [W];SoC [%];Cell Temp Max [°C];Contactor"
        file.write(names + "\r\n")
        for start in range(0, rows, CHUNK):
            part = slice(start, start + CHUNK)
            local = (here["at"][part] + shift[part]).astype("datetime64[s]").astype(object)
            columns = zip(*(here[name][part].tolist() for name in list(here)[1:]), strict=True)
            numbers = (f"{v};{i};{p:,.1f};{s};{w}".translate(COMMAS) for v, i, p, s, w, _ in columns)
            words = ("Closed" if each else "Open" for each in here["closed"][part].tolist())
            parts = zip(local, numbers, words, strict=True)
            lines = [f"{at:%d.%m.%Y %H:%M:%S};{cells};{word}\r\n" for at, cells, word in parts]
            for n in rng.integers(10, len(lines) - 10, 100).tolist():
                head, _, tail = lines[n].rpartition(";")
                lines[n] = f"{head.rpartition(';')[0]};n/a;{tail}"
            for n in rng.integers(10, len(lines) - 10, 20).tolist():
                lines[n] = lines[n + 1]
            file.writelines(lines)


def _berlin(at: np.ndarray) -> np.ndarray:
    """Seconds that clocks in Berlin are ahead, (N,)."""
    days = np.unique(at.astype("datetime64[h]"))
    ahead = [day.astype(object).replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo("Europe/Berlin")) for day in days]
    seconds = np.array([int(each.utcoffset().total_seconds()) for each in ahead])
    return seconds[np.searchsorted(days, at.astype("datetime64[h]"))]


def long(path: Path) -> None:
    """The long file: three points, one value a line."""
    rows = SIZE_MB * 1_000_000 // LONG_BYTES // 3
    here = battery(rows, "2026-03-01T00:00:00")
    stamps = np.datetime_as_string(here["at"], unit="s")
    with path.open("w") as file:
        file.write("time,signal,value\n")
        for start in range(0, rows, CHUNK):
            part = slice(start, start + CHUNK)
            cells = [stamps[part].tolist(), *(here[name][part].tolist() for name in ("voltage", "current", "soc"))]
            file.writelines(
                f"{at}Z,Pack Voltage V,{v}\n{at}Z,Pack Current A,{i}\n{at}Z,SoC %,{s}\n"
                for at, v, i, s in zip(*cells, strict=True)
            )


def columns(path: Path) -> None:
    """The same battery as Parquet."""
    here = battery(SIZE_MB * 1_000_000 // WIDE_BYTES, "2026-03-01T00:00:00")
    names = ("Time", "Pack Voltage [V]", "Pack Current [A]", "Power [W]", "SoC [%]", "Cell Temp Max [°C]", "Contactor")
    pyarrow.parquet.write_table(pyarrow.table(dict(zip(names, here.values(), strict=True))), path)


def analysed(path: Path) -> None:
    """One whole analysis, its page included."""
    from ironkeep.programs.analyse import analyse
    from ironkeep.views.analysis_page import page

    page(analyse(path, _mapping(path))[0])


def read(path: Path) -> None:
    """What a replay reads before its first turn."""
    from ironkeep.programs.analyse import loaded

    loaded(path, _mapping(path))


def _mapping(path: Path) -> Path | None:
    """Where times are local, a person says the zone; all else stays a guess's."""
    given = path.with_suffix(".toml")
    return given if given.exists() else None


def by_duckdb(path: Path) -> None:
    """DuckDB reads the file into numpy, types inferred."""
    engine = duckdb.connect(":memory:")
    engine.execute("SET enable_progress_bar = false")
    how = {"dirty.csv": "read_csv(?, delim=';', decimal_separator=',')", "long.csv": "read_csv(?)"}
    engine.execute(f"SELECT * FROM {how.get(path.name, 'read_parquet(?)')}", [str(path)]).fetchnumpy()


def by_pyarrow(path: Path) -> None:
    """pyarrow reads the file into its own columns, types inferred."""
    if path.suffix == ".parquet":
        pyarrow.parquet.read_table(path)
    elif path.name == "dirty.csv":
        parse = pyarrow.csv.ParseOptions(delimiter=";")
        skip = pyarrow.csv.ReadOptions(skip_rows=2)
        pyarrow.csv.read_csv(path, skip, parse, pyarrow.csv.ConvertOptions(decimal_point=","))
    else:
        pyarrow.csv.read_csv(path)


def measured(act: Callable[[Path], None], path: Path) -> tuple[float, float, float]:
    """Seconds by the clock and of the processor, and peak of memory in MB, of an act in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(act, path, its))
    process.start()
    its.close()
    found: tuple[float, float, float] = ours.recv()
    process.join()
    return found


def _child(act: Callable[[Path], None], path: Path, told: multiprocessing.connection.Connection) -> None:
    clock, processor = time.perf_counter(), time.process_time()
    act(path)
    spent = time.perf_counter() - clock, time.process_time() - processor
    told.send((*spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000))


def rows() -> list[dict[str, object]]:
    """For each file: the analysis and the read of a replay against the peers, and the memory of the analysis."""
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="ironkeep-bench-") as folder:
        for name, make in (("dirty.csv", dirty), ("long.csv", long), ("wide.parquet", columns)):
            path = Path(folder) / name
            make(path)
            if name == "dirty.csv":
                _write_mapping(path)
            acts = (analysed, read, by_duckdb, by_pyarrow)
            turns = [[measured(act, path) for act in acts] for _ in range(2)]
            best = [[min(turn[n][part] for turn in turns) for part in range(3)] for n in range(len(acts))]
            found += _told(f"{name} of {path.stat().st_size / 1e6:.0f} MB", *best)
            path.unlink()
    return found


def _write_mapping(path: Path) -> None:
    from ironkeep.programs.analyse import mapping_text

    path.with_suffix(".toml").write_text(mapping_text(path).replace('zone = ""', 'zone = "Europe/Berlin"'))


def _told(
    what: str, whole: list[float], part: list[float], duck: list[float], arrow: list[float]
) -> list[dict[str, object]]:
    """The rows of one file: ours against the peers."""
    against = {"peer_name": "DuckDB's plain read", "unit": "s"}
    return [
        {"name": f"analyse {what}", "ours": whole[0], "peer": duck[0], "ratio": duck[0] / whole[0], **against},
        {"name": "the same, time of the processor", "ours": whole[1], "peer": duck[1], "ratio": duck[1] / whole[1],
         "pyarrow": arrow[1], **against},
        {"name": f"read {what} for a replay, processor", "ours": part[1], "peer": duck[1], "ratio": duck[1] / part[1],
         **against},
        {"name": f"memory of the analysis of {what}", "ours": round(whole[2]), "peer": round(duck[2]),
         "ratio": duck[2] / whole[2], "pyarrow": round(arrow[2]), "peer_name": "DuckDB's plain read", "unit": "MB",
         "target": f"< {MEMORY_LIMIT_MB:,} MB", "met": whole[2] < MEMORY_LIMIT_MB},
    ]  # fmt: skip


if __name__ == "__main__":
    for each in rows():
        print(each)
