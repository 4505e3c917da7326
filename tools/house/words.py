"""Words that the product never shows, and secrets that it never carries.

Safety rule S11: nothing says that it is safe to work, to enter or the like; it says what was proven, by whom and when.
There is no default password, key or token anywhere: a fresh site is entered by its one-time link alone.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tools.house.tree import PRODUCT, SRC, Module

SHOWN = {".html", ".js", ".css", ".svg", ".toml", ".txt", ".md", ".json", ".typ"}
_DEED = (
    r"work|enter|touch|open|approach|access|proceed|service|handle|go|return|re-?enter|switch on|energi[sz]e|start|use"
)
UNSAFE = re.compile(
    rf"\bsafe\s+(?:for\s+\w+\s+)?to\s+(?:be\s+)?(?:{_DEED})|\b(?:is|are|now|all)\s+safe\b|\ball[\s-]clear\b|\bsafe\s+(?:entry|area|zone)\b"
    rf"|\bno\s+danger\b|\brisk[\s-]free\b",
    re.IGNORECASE,
)
SECRET_NAME = re.compile(r"(?:^|_)(?:password|passwd|passphrase|secret|token|api_?key|private_?key)$", re.IGNORECASE)
SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|(?:password|passwd|secret|api[_-]?key)\s*[:=]\s*[\"'][^\"'{<]{3,}[\"']", re.I
)


def unsafe_in(text: str) -> list[str]:
    """Return each forbidden phrase that stands in the text."""
    return [match.group() for match in UNSAFE.finditer(" ".join(text.split()))]


def unsafe_words(modules: Iterable[Module], src: Path = SRC) -> list[str]:
    """Return each forbidden phrase in a string of the source or in a file that people see."""
    found = []
    for each in modules:
        docs = _docstrings(each)
        for line, text in each.strings():
            if line not in docs:
                found += [f"{each.path}:{line}: {words!r} may not be said (S11)" for words in unsafe_in(text)]
    for path in sorted((src / PRODUCT).rglob("*")):
        if path.suffix in SHOWN and "vendor" not in path.parts and path.name != "README.md":
            where = path.relative_to(src.parent)
            found += [f"{where}: {words!r} may not be said (S11)" for words in unsafe_in(path.read_text())]
    return found


def _docstrings(module: Module) -> set[int]:
    """Return the first lines of docstrings, which explain the rule to readers of the source and are not shown."""
    return {
        node.body[0].lineno
        for node in module.nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def default_secrets(modules: Iterable[Module]) -> list[str]:
    """Return each secret with a value in the source: an assignment, a default or a keyword named like one."""
    found = []
    for each in modules:
        for line, name, value in _named_values(each):
            if SECRET_NAME.search(name) and len(value) > 0:
                found.append(f"{each.path}:{line}: {name} has a value in the source; a secret is made at the site")
        for line, text in each.strings():
            if SECRET_TEXT.search(text):
                found.append(f"{each.path}:{line}: looks like a secret in the source; a secret is made at the site")
    return found


def _named_values(module: Module) -> Iterable[tuple[int, str, str]]:
    for node in module.nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in targets]
            pairs = [(name, node.value) for name in names]
        elif isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            tail = positional[len(positional) - len(node.defaults) :]
            pairs = [(arg.arg, value) for arg, value in zip(tail, node.defaults, strict=True)]
            pairs += [(arg.arg, value) for arg, value in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        elif isinstance(node, ast.keyword):
            pairs = [(node.arg or "", node.value)]
        else:
            continue
        for name, value in pairs:
            if isinstance(value, ast.Constant) and isinstance(value.value, str | bytes) and value.value:
                yield value.lineno, name, str(value.value)
