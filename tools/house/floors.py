"""Who may see whom, which foreign library enters by which door, and which rooms stay pure.

import-linter holds the floors and the chains (pyproject.toml); this table is finer: it is house.md's right-hand column.
A floor, a library or a pure room that is not named here is refused: a new one needs a line here and a decision record.
"""

import ast
from collections.abc import Iterable

from tools.house.tree import PRODUCT, Module, foreign, within

SEES = {
    "model": (),
    "facts": ("model",),
    "codecs": ("model",),
    "physics": ("model",),
    "ports": ("model", "facts"),
    "packs": ("model", "facts", "codecs"),
    "decisions": ("model", "facts", "physics"),
    "twin": ("model", "facts", "codecs", "physics", "packs"),
    "views": ("model", "facts", "decisions"),
    "engine": ("model", "facts", "ports", "decisions"),
    "adapters": ("model", "facts", "codecs", "ports"),
    "faces": ("model", "facts", "ports", "views"),
    "programs": None,  # everything: the only place where parts are chosen and wired
}
ALSO_SEES = {"adapters.equipment.simulated": ("twin",)}
# Within programs: the checker shares nothing with the writer beyond the pure tree maths, or one fault would fool both.
NEVER_SEES = {"programs.verify": ("adapters", "engine", "ports")}

EVERYWHERE = ""
DOORS = {
    "_sha2": ("facts",),
    "_sha256": ("facts",),
    "argon2": ("adapters.vaults", "faces.console", "programs"),
    "cryptography": ("adapters.keys", "programs"),
    "defusedxml": ("codecs.settings",),
    "duckdb": ("adapters.stores.history", "adapters.stores.recordings"),
    "fastapi": ("faces",),
    "granian": ("programs",),
    "jinja2": ("faces",),
    "msgspec": (EVERYWHERE,),
    "numpy": (EVERYWHERE,),
    "pydantic": ("faces",),
    "pymodbus": ("twin.serve",),
    "rich": ("faces.cli", "programs"),
    "segno": ("faces",),
    "scipy": ("physics",),
    "sqlite3": ("adapters.stores", "adapters.vaults", "programs.verify"),
    "starlette": ("faces",),
    "structlog": ("adapters", "engine", "faces", "programs", "twin.serve"),
    "sunspec2": ("packs",),
    "typer": ("faces.cli", "programs"),
    "uvloop": ("programs",),
}

PURE = ("model", "facts", "codecs", "physics", "decisions", "views", "twin")
NOT_PURE = ("twin.serve",)
PURE_LIBRARY = frozenset(
    "__future__ _sha2 _sha256 abc array base64 binascii bisect calendar cmath collections contextlib copy csv "
    "dataclasses datetime decimal difflib enum fractions functools graphlib hashlib heapq hmac html ipaddress "
    "itertools json math numbers operator re statistics string struct textwrap tomllib types typing unicodedata "
    "urllib.parse weakref zlib".split()
)
PURE_ALSO = {"twin": ("importlib.resources",)}  # what ships in the package is the same on every run
IMPURE_CALLS = frozenset({"open", "input", "print", "exec", "eval", "compile", "__import__"})
IMPURE_NUMPY = frozenset("fromfile genfromtxt load loadtxt memmap save savetxt savez savez_compressed tofile".split())


def room(name: str) -> str:
    """Return the dotted name below the product: `adapters.stores` of `ironkeep.adapters.stores`."""
    return name.removeprefix(PRODUCT).removeprefix(".")


def _in_any(name: str, rooms: Iterable[str]) -> bool:
    return any(each == EVERYWHERE or within(name, each) for each in rooms)


def floor_breaches(modules: Iterable[Module]) -> list[str]:
    """Return each import of a floor that the importer may not see, and each floor that the table does not know."""
    found = []
    for each in modules:
        if not each.floor or each.floor == "__main__":
            continue
        if each.floor not in SEES:
            found.append(f"{each.path}: {each.floor!r} has no floor; give it one in tools/house/floors.py")
            continue
        never = [floor for where, floors in NEVER_SEES.items() if within(room(each.name), where) for floor in floors]
        for line, name in each.imports():
            if within(name, PRODUCT) and room(name).split(".")[0] in never:
                found.append(f"{each.path}:{line}: {room(each.name)} may not see {name}")
        sees = SEES[each.floor]
        if sees is None:
            continue
        also = [floor for where, floors in ALSO_SEES.items() if within(room(each.name), where) for floor in floors]
        for line, name in each.imports():
            target = room(name).split(".")[0] if within(name, PRODUCT) else None
            if target not in (None, "__version__", each.floor, *sees, *also):
                found.append(f"{each.path}:{line}: {each.floor} may not see {target or PRODUCT} ({name})")
    return found


def door_breaches(modules: Iterable[Module]) -> list[str]:
    """Return each import of a foreign library outside its door, and each library that has none."""
    found = []
    for each in modules:
        for line, name in each.imports():
            library = foreign(name) or name.split(".")[0]
            if library in DOORS:
                if not _in_any(room(each.name), DOORS[library]):
                    found.append(f"{each.path}:{line}: {library} enters by {', '.join(DOORS[library])} only")
            elif foreign(name):
                found.append(f"{each.path}:{line}: {library} has no door; give it one in tools/house/floors.py")
    return found


def purity_breaches(modules: Iterable[Module]) -> list[str]:
    """Return each thing by which a pure room could reach disk, network, clock or chance."""
    found = []
    for each in modules:
        here = room(each.name)
        if not _in_any(here, PURE) or _in_any(here, NOT_PURE):
            continue
        library = {*PURE_LIBRARY, *PURE_ALSO.get(each.floor, ())}
        for line, name in each.imports():
            if foreign(name) is None and not within(name, PRODUCT) and not _in_any(name, library):
                found.append(f"{each.path}:{line}: {name} in a pure room: no disk, network, clock or chance here")
        found += [f"{each.path}:{line}: {call} in a pure room: no input or output here" for line, call in _calls(each)]
    return found


def _calls(module: Module) -> Iterable[tuple[int, str]]:
    for node in module.nodes:
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            yield node.lineno, f"{node.func.id}()"
        elif isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_NUMPY:
            owner = node.func.value
            if node.func.attr == "tofile" or (isinstance(owner, ast.Name) and owner.id in ("np", "numpy")):
                yield node.lineno, f"{node.func.attr}()"


def chance_breaches(modules: Iterable[Module]) -> list[str]:
    """Return each lifted ban on clocks and chance outside its door: clock, chance, or a seed of the twin."""
    seeds = ("default_rng", "SeedSequence", "PCG64", "Philox")
    doors = (f"{PRODUCT}.programs.clock", f"{PRODUCT}.programs.chance", f"{PRODUCT}.twin")
    found = []
    for each in modules:
        if _in_any(each.name, doors):
            if each.floor == "twin":
                found += [
                    f"{each.path}:{number}: the twin may lift the ban for its seeded Generator alone"
                    for number, text in enumerate(each.source.splitlines(), 1)
                    if "TID251" in text and not any(word in text for word in seeds)
                ]
            continue
        found += [
            f"{each.path}:{number}: the ban on clocks and chance is not lifted here"
            for number, text in enumerate(each.source.splitlines(), 1)
            if "noqa" in text and ("TID251" in text or "DTZ" in text or text.rstrip().endswith("noqa"))
        ]
    return found
