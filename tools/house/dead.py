"""Every file is reached: a module by an import or a dotted name in a string, a page's file by its name.

The ways in are the command and `python -m`. A module that only tests import is dead: tests prove the product, they are
not the product. Files of `packs` are read by folder and are alive by lying there.
"""

from collections.abc import Iterable
from pathlib import Path

from tools.house.tree import PRODUCT, SRC, Module, product

WAYS_IN = (f"{PRODUCT}.programs.main",)  # and __main__, which is only that
READ_BY_FOLDER = ("packs/", "faces/console/vendor/")
FURNITURE = ("README.md", "manifest.toml", "py.typed")


def dead_modules(modules: Iterable[Module], ways_in: Iterable[str] = WAYS_IN) -> list[str]:
    """Return each module that cannot be reached from the ways in."""
    known = product(modules)
    if not any(name in known for name in ways_in):
        return []  # no way in yet; tests/house/test_commands.py holds that the script of pyproject.toml exists
    reached: set[str] = set()
    todo = [name for name in ways_in if name in known]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        reached.add(name)
        for target in _names(known[name]):
            parts = target.split(".")
            todo += [prefix for end in range(1, len(parts) + 1) if (prefix := ".".join(parts[:end])) in known]
    return [
        f"{known[name].path}: nothing reaches it; wire it or delete it"
        for name in sorted(known.keys() - reached - {f"{PRODUCT}.__main__"})
    ]


def _names(module: Module) -> Iterable[str]:
    yield module.name
    for _, name in module.imports():
        yield name
    for _, text in module.strings():
        if text.startswith(PRODUCT + "."):
            yield text.partition(":")[0]


def dead_files(src: Path = SRC) -> list[str]:
    """Return each file beside the modules whose name no other file of the product mentions."""
    top = src / PRODUCT
    files = [path for path in sorted(top.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    alive = [
        path
        for path in files
        if path.suffix != ".py"
        and path.name not in FURNITURE
        and not path.relative_to(top).as_posix().startswith(READ_BY_FOLDER)
    ]
    texts = {
        path: path.read_text(errors="replace")
        for path in files
        if path.suffix in {".py", ".html", ".css", ".js", ".svg"}
    }
    return [
        f"{path.relative_to(src.parent)}: no other file names it; use it or delete it"
        for path in alive
        if not any(path.name in text for other, text in texts.items() if other != path)
    ]
