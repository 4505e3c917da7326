"""The product's source as modules: their dotted names, their syntax trees and what they import.

An import is resolved to absolute dotted names. `from a import b` counts as `a.b`, which may be a module or a name in
one; who asks about modules matches prefixes. Imports under `if TYPE_CHECKING` count: a type is knowledge too.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SRC = ROOT / "src"
PRODUCT = "ironkeep"


@dataclass(frozen=True)
class Module:
    """One source file. `name` is dotted; a package carries the name of its folder."""

    name: str
    path: str
    source: str
    package: bool

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises SyntaxError."""
        return ast.parse(self.source, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The name of each attribute that is read or written anywhere."""
        return frozenset(node.attr for node in self.nodes if isinstance(node, ast.Attribute))

    @property
    def floor(self) -> str:
        """The top-level room: `engine` of `ironkeep.engine.turn`, empty for the product's own package."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield line and absolute dotted name of each import."""
        here = self.name.split(".") if self.package else self.name.split(".")[:-1]
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                base = here[: len(here) - node.level + 1] if node.level else []
                stem = ".".join([*base, node.module] if node.module else base)
                for alias in node.names:
                    yield node.lineno, f"{stem}.{alias.name}"

    def strings(self) -> Iterator[tuple[int, str]]:
        """Yield line and text of each string constant, docstrings and parts of f-strings included."""
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.lineno, node.value


def module(name: str, source: str, package: bool = False) -> Module:
    """Return a module that is not on disk, for planting a breach."""
    return Module(name, f"src/{name.replace('.', '/')}{'/__init__' if package else ''}.py", source, package)


@cache
def modules(src: Path = SRC) -> tuple[Module, ...]:
    """Return every module of the product under `src`, in order of name; read and parsed once."""
    found = []
    for path in sorted((src / PRODUCT).rglob("*.py")):
        parts = path.relative_to(src).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        found.append(Module(name, path.relative_to(src.parent).as_posix(), path.read_text(), package))
    return tuple(found)


def within(name: str, room: str) -> bool:
    """Return whether the dotted `name` is `room` or lies in it."""
    return name == room or name.startswith(room + ".")


def foreign(name: str) -> str | None:
    """Return the top-level package of an import that is neither ours nor the standard library's, else None."""
    top = name.split(".")[0]
    return None if top == PRODUCT or top in sys.stdlib_module_names else top


def product(all_modules: Iterable[Module]) -> dict[str, Module]:
    """Return the modules by name."""
    return {each.name: each for each in all_modules}
