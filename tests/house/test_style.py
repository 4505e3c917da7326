"""Format, lint and types are clean, so that `make test` says all that `make check` says; a planted breach is caught."""

import subprocess
import sys
from pathlib import Path

import pytest


def tool(root: Path, *command: str, source: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment under our configuration, on the tree or on source that is not on disk."""
    whole = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    return subprocess.run(whole, cwd=root, input=source, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.timeout(600)  # mypy without a cache
@pytest.mark.parametrize(
    "command", [("ruff", "format", "--check", "."), ("ruff", "check", "--output-format=concise", "."), ("mypy",)]
)
def test_the_tree_is_clean(root: Path, command: tuple[str, ...]) -> None:
    done = tool(root, *command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ('"""One."""\nimport os\n', "F401"),
        ("x = 1\n", "D100"),
        ('"""One."""\n\n\ndef open_site(path):\n    return path\n', "D103"),
        ('"""One."""\n\nprint("hello")\n', "T201"),
        ('"""One."""\n\ntry:\n    x = 1\nexcept Exception:\n    x = 2\n', "BLE001"),
        ('"""One."""\n\nx = eval("1")\n', "S307"),
        ('"""One."""\nfrom ...model import site\n\nx = site\n', "TID252"),
        ('"""One."""\n\nx = "' + "x" * 120 + '"\n', "E501"),
    ],
)
def test_a_planted_breach_of_style_is_caught(root: Path, source: str, rule: str) -> None:
    command = (
        "ruff",
        "check",
        "--no-cache",
        "--output-format=concise",
        "--stdin-filename=src/ironkeep/engine/turn.py",
        "-",
    )
    assert rule in tool(root, *command, source=source).stdout


def test_a_file_that_is_not_formatted_is_caught(root: Path) -> None:
    command = ("ruff", "format", "--check", "--stdin-filename=src/ironkeep/engine/turn.py", "-")
    assert tool(root, *command, source="x=1\n").returncode == 1


PLANTED = """
from typing import Any
def untyped(x):
    return x
def loose(x: Any) -> int:
    return x
def bare() -> list:
    return []
def hopeful(x: int | None) -> int:
    return x + 1
"""


def test_planted_breaches_of_types_are_caught(root: Path, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(PLANTED)
    said = tool(root, "mypy", "--config-file=pyproject.toml", str(tmp_path / "planted.py")).stdout
    assert all(f"[{code}]" in said for code in ("no-untyped-def", "no-any-return", "type-arg", "operator")), said
