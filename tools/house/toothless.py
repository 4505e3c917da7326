"""Tests that prove nothing, or prove the machine's mood instead of the product.

No test asserts how long something took: a busy machine is not a bug, and figures belong to bench/. No test is skipped,
expected to fail or true by itself. Ports are faked; our own code is never patched. Test names are sentences.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.house.tree import PRODUCT, ROOT, Module

CLOCKS = frozenset("perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns time_ns".split())
WORDS_MIN = 3
SKIPS = frozenset({"skip", "skipif", "xfail", "importorskip"})


def sources(root: Path = ROOT) -> list[Module]:
    """Return the test files as modules."""
    found = sorted((root / "tests").rglob("*.py"))
    return [Module(path.stem, path.relative_to(root).as_posix(), path.read_text(), False) for path in found]


def breaches(modules: Iterable[Module]) -> list[str]:
    """Return the breaches of the test files."""
    found = []
    for each in modules:
        found += [f"{each.path}:{line}: {what}" for line, what in sorted(_breaches(each))]
    return found


def _breaches(module: Module) -> Iterator[tuple[int, str]]:
    clocked = any(word in module.source for word in (*CLOCKS, "time.time"))
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _function(node)
            yield from _timing(node) if clocked else ()
        elif isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and node.test.value:
            yield node.lineno, "asserts a constant"
        elif isinstance(node, ast.Attribute) and node.attr in SKIPS and _name(node).startswith("pytest."):
            yield node.lineno, f"{_name(node)}: a test runs or is deleted"
        elif isinstance(node, ast.Call):
            yield from _patching(node)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[int, str]]:
    if node.name.startswith("test_") and len(node.name.split("_")) - 1 < WORDS_MIN:
        yield node.lineno, f"{node.name}: a test's name is a sentence"


def _timing(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[int, str]]:
    timed = _timed(node)
    for each in ast.walk(node):
        if isinstance(each, ast.Assert) and any(
            isinstance(part, ast.Compare) and _uses(part, timed) for part in ast.walk(each)
        ):
            yield each.lineno, "asserts how long something took; measure it in bench/"


def _timed(node: ast.AST) -> frozenset[str]:
    """Return the names in a function that were computed from a clock's reading."""
    timed: frozenset[str] = frozenset()
    while True:
        more = set(timed)
        for each in ast.walk(node):
            if isinstance(each, ast.Assign) and _uses(each.value, timed):
                more |= {part.id for target in each.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        if more == timed:
            return timed
        timed = frozenset(more)


def _uses(node: ast.AST, timed: frozenset[str]) -> bool:
    """Return whether the expression reads a clock or a name computed from one."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and (each.id in timed or each.id in CLOCKS):
            return True
        if isinstance(each, ast.Attribute) and (each.attr in CLOCKS or _name(each) == "time.time"):
            return True
    return False


def _patching(node: ast.Call) -> Iterator[tuple[int, str]]:
    called = _name(node.func)
    if called in ("monkeypatch.setattr", "mocker.patch", "mock.patch", "patch", "mock.patch.object", "patch.object"):
        yield node.lineno, f"{called}: we fake ports and never patch; pass a fake in"


def _name(node: ast.AST) -> str:
    """Return the dotted text of a name, as far as it is one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return ""


def misplaced(root: Path = ROOT) -> list[str]:
    """Return each folder of tests that mirrors no room of the product and is none of the known others."""
    others = {"stories", "worlds", "console", "house", "docs", "fuzz", "bundle", "upgrades", "__pycache__"}
    rooms = {path.name for path in (root / "src" / PRODUCT).glob("*") if path.is_dir()}
    return [
        f"tests/{path.name}: mirrors no room of the product"
        for path in sorted((root / "tests").glob("*"))
        if path.is_dir() and path.name not in rooms | others and any(path.rglob("*.py"))
    ]
