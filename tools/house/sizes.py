"""Files and functions stay small: median file under 150 lines, none over 600, functions under 70.

Lines are lines of code: blank lines, comments and docstrings are free, so that explaining costs nothing. A function
that the exception list names may stay as it is; a name on it that no longer needs it must go: the list only shrinks.
"""

import ast
import statistics
from collections.abc import Iterable

from tools.house.tree import Module

MEDIAN_LINES = 150
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
EXCEPTIONS: dict[str, int] = {}  # "path" or "path::function" -> the lines it may have; only smaller, never more


def code_lines(module: Module) -> set[int]:
    """Return the numbers of the lines that hold code."""
    texts = (line.lstrip() for line in module.source.splitlines())
    lines = {number for number, text in enumerate(texts, 1) if text and not text.startswith("#")}
    for node in module.nodes:
        if isinstance(node, ast.Constant | ast.JoinedStr):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))  # all of a string is code
    for node in module.nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def measured(modules: Iterable[Module]) -> dict[str, int]:
    """Return lines of code by `path` and by `path::function` (methods as `Class.method`)."""
    sizes: dict[str, int] = {}
    for each in modules:
        lines = code_lines(each)
        sizes[each.path] = len(lines)
        _functions(each, each.tree, "", lines, sizes)
    return sizes


def _functions(module: Module, node: ast.AST, prefix: str, lines: set[int], sizes: dict[str, int]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            _functions(module, child, f"{prefix}{child.name}.", lines, sizes)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = (_span(each) for each in ast.walk(child) if each is not child)
            sizes[f"{module.path}::{prefix}{child.name}"] = len(lines & _span(child).difference(*inner))
            _functions(module, child, f"{prefix}{child.name}.", lines, sizes)
        else:
            _functions(module, child, prefix, lines, sizes)


def _span(node: ast.AST) -> set[int]:
    """Return the lines of a function, nothing for any other node. A function in a function is measured by itself."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def breaches(modules: Iterable[Module], exceptions: dict[str, int] | None = None) -> list[str]:
    """Return what is too long, what grew past its exception, and each exception that is needed no more."""
    allowed = EXCEPTIONS if exceptions is None else exceptions
    sizes = measured(modules)
    found = []
    for name, size in sizes.items():
        limit = FUNCTION_LINES_MAX if "::" in name else FILE_LINES_MAX
        if size > allowed.get(name, limit):
            found.append(f"{name}: {size} lines of code, the limit is {allowed.get(name, limit)}")
        if name in allowed and size < allowed[name]:
            found.append(f"{name}: now {size} lines; lower or drop its exception of {allowed[name]}")
    found += [f"{name}: has an exception and is gone; drop it" for name in allowed if name not in sizes]
    files = [size for name, size in sizes.items() if "::" not in name]
    if files and statistics.median(files) >= MEDIAN_LINES:
        found.append(f"the median file has {statistics.median(files)} lines, the limit is {MEDIAN_LINES}")
    return found
