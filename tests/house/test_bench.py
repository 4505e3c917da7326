"""The benchmarks' table and file: ratios first, every key on every row, and a benchmark that fails is not hidden."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import run


def test_a_row_gets_every_key_and_the_machine() -> None:
    made = run.row({"name": "append", "ours": 2.0, "unit": "1/s"}, "spine.py")
    assert list(made) == list(run.KEYS)
    assert "cores" in made["machine"]
    assert made["peer"] is None


@pytest.mark.parametrize(
    "given",
    [
        {"ours": 1, "unit": "s"},
        {"name": "append", "unit": "s"},
        {"name": "append", "ours": 1},
        {"name": "append", "ours": 1, "unit": "s", "target": ">= 2x"},
        {"name": "append", "ours": 1, "unit": "s", "target": ">= 2x", "met": "nearly"},
    ],
)
def test_a_row_that_says_too_little_is_refused(given: dict) -> None:
    with pytest.raises(ValueError, match=r"spine\.py"):
        run.row(given, "spine.py")


def test_the_table_shows_ratios_first_and_a_missed_target_in_capitals() -> None:
    rows = [
        run.row({"name": "alone", "ours": 12345.6, "unit": "1/s"}, "a"),
        run.row(
            {"name": "beside", "ours": 2.0, "peer": 1.0, "ratio": 2.0, "unit": "s", "target": ">= 3x", "met": False},
            "a",
        ),
    ]
    lines = run.table(rows).splitlines()
    assert [line.split()[-1] for line in lines] == ["name", "beside", "alone"]
    assert "NO" in lines[1]
    assert "12,346" in lines[2]


def test_each_benchmark_runs_in_its_own_process_and_a_failing_one_is_named(tmp_path: Path) -> None:
    good = tmp_path / "good.py"
    good.write_text(
        "import numpy as np, os\ndef rows():\n    return [dict(name=str(os.getpid()), ours=np.float64(2), unit='s')]\n"
    )
    bad = tmp_path / "bad.py"
    bad.write_text("def rows():\n    return 1 / 0\n")
    (tmp_path / "no_benchmark.py").write_text("x = 1\n")
    assert run.found(tmp_path, []) == [bad, good]
    assert run.found(tmp_path, ["goo"]) == [good]
    first, second = run.measure(good)[0], run.measure(good)[0]
    assert first["ours"] == 2.0
    assert first["name"] != second["name"]
    with pytest.raises(RuntimeError, match=r"bad\.py"):
        run.measure(bad)


@pytest.mark.slow
def test_every_benchmark_can_be_imported_from_the_test_environment(root: Path) -> None:
    names = [path.stem for path in run.found(root / "bench", [])]
    assert "spine" in names
    code = f"import sys; sys.path[:0] = [{str(root)!r}, {str(root / 'bench')!r}]\n"
    code += "".join(f"import {name}; {name}.rows\n" for name in names)
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
