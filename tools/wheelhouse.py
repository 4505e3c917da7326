"""The wheels that a site needs, for each Python that a bundle serves, by hash from the locks.

The locks hold for every Python at once, so each Python gets the same versions; where a library is compiled for one
Python it is carried once a Python, else once. What build/wheelhouse lacks is brought, and nothing is taken whose digest
the locks do not name.
"""

import hashlib
import importlib.metadata
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools.notice import LINUX

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "build/wheelhouse"
PYTHONS = ("3.11", "3.12", "3.13")  # Debian 12, Ubuntu 24.04, Debian 13
LOCKS = ("requirements/run.txt", "requirements/uv.txt")
INSTALLER = "uv"
PRODUCT = "ironkeep"

Locked = dict[str, tuple[str, frozenset[str]]]  # by name: the version, and the SHA-256 digests that the locks allow
Wheels = dict[str, list[Path]]  # by name: one wheel, or one for each Python


def wheels(pythons: tuple[str, ...] = PYTHONS) -> Wheels:
    """Return the wheels that serve all of `pythons`, the installer's among them.

    Raises SystemExit when one cannot be had.
    """
    found: Wheels = {}
    for python in pythons:
        for name, path in _for(python).items():
            if path not in found.setdefault(name, []):
                found[name].append(path)
    return dict(sorted(found.items()))


def _for(python: str) -> dict[str, Path]:
    """Return the wheel of each library for one Python, brought where it is not here yet."""
    wanted = locked(python)
    names = {*closure(PRODUCT, python), INSTALLER}
    found = present(wanted, python)
    if lacking := names - found.keys():
        _bring(lacking, python)
        found = present(wanted, python)
    if missing := names - found.keys():
        sys.exit(f"no wheel for Python {python} of {', '.join(sorted(missing))} whose digest the locks name")
    return {name: found[name] for name in names}


def _bring(names: set[str], python: str) -> None:
    """Download the wheels of some libraries for one Python into build/wheelhouse.

    uv says where each lies, so that pip is spared a look at every file ever published under these names: minutes. The
    addresses go from one to the other and into no file.
    """
    HOUSE.mkdir(parents=True, exist_ok=True)
    pip = sys.executable if find_spec("pip") else os.environ.get("PYTHON", "python3")
    command = [pip, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command += ["--dest", str(HOUSE), "--only-binary", ":all:", "--python-version", python]
    command += ["--requirement", "/dev/stdin"]
    asked = "".join(_addresses(names, python))
    done = subprocess.run(command, cwd=ROOT, input=asked, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def _addresses(names: set[str], python: str) -> Iterator[str]:
    """Yield the address of each wheel of some libraries that serves one Python on this machine, with its digest."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--no-deps", "--python-version", python]
    command += ["--only-binary", ":all:", "--format", "pylock.toml", *LOCKS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    order = _order(python)
    for package in tomllib.loads(done.stdout)["packages"]:
        ranked = []
        for wheel in package.get("wheels", ()) if package["name"] in names else ():
            where = wheel.get("url") or wheel["path"]
            if (rank := _rank(where.rpartition("/")[2], order)) is not None:
                ranked.append((rank, f"{where} --hash=sha256:{wheel['hashes']['sha256']}\n"))
        if ranked:
            yield min(ranked)[1]


def locked(python: str) -> Locked:
    """Return what the locks allow for one Python."""
    found: Locked = {}
    for lock in LOCKS:
        for entry in _entries((ROOT / lock).read_text()):
            pin = Requirement(entry[0])
            if pin.marker is None or pin.marker.evaluate(_environment(python)):
                digests = frozenset(line.split("--hash=sha256:")[1].split(" ")[0] for line in entry[1:])
                found[str(canonicalize_name(pin.name))] = (str(pin.specifier).removeprefix("=="), digests)
    return found


def _entries(text: str) -> Iterator[list[str]]:
    """Yield each pin of a lock with the lines of its digests."""
    entry: list[str] = []
    for line in text.splitlines():
        if line[:1].isalnum():
            if entry:
                yield entry
            entry = [line.rstrip(" \\")]
        elif entry and "--hash=sha256:" in line:
            entry.append(line)
    if entry:
        yield entry


def closure(name: str, python: str) -> set[str]:
    """Return every package that `name` needs to run with that Python, itself not among them."""
    todo, seen = needed(name, python), set[str]()
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            todo |= needed(each, python)
    return seen


def needed(name: str, python: str) -> set[str]:
    """Return what an installed package needs by itself on Linux with that Python, as canonical names."""
    wishes = (Requirement(text) for text in importlib.metadata.requires(name) or [])
    return {
        str(canonicalize_name(wish.name))
        for wish in wishes
        if wish.marker is None or wish.marker.evaluate(_environment(python))
    }


def _environment(python: str) -> dict[str, str]:
    """Return what markers are judged by: no extra is wished for."""
    return {**LINUX, "python_version": python, "python_full_version": f"{python}.0", "extra": ""}


def tags(python: str) -> list[Tag]:
    """Return what a wheel may be tagged for one Python on a machine like this one, best first."""
    major, minor = (int(part) for part in python.split("."))
    return [*cpython_tags((major, minor)), *compatible_tags((major, minor), f"cp{major}{minor}")]


def _order(python: str) -> dict[Tag, int]:
    """Return the place of each tag of one Python, the best first."""
    return {tag: place for place, tag in enumerate(tags(python))}


def _rank(wheel: str, order: dict[Tag, int]) -> int | None:
    """Return the best place of the tags in a wheel's name; None where none of them serves."""
    return min((order[tag] for tag in parse_wheel_filename(wheel)[3] if tag in order), default=None)


def present(wanted: Locked, python: str) -> dict[str, Path]:
    """Return by name the best wheel of build/wheelhouse for one Python that the locks allow."""
    order = _order(python)
    best: dict[str, tuple[int, Path]] = {}
    for path in sorted(HOUSE.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(path.name)
        pin, rank = wanted.get(str(name)), _rank(path.name, order)
        if rank is None or pin is None or pin[0] != str(version) or rank >= best.get(str(name), (len(order), path))[0]:
            continue
        if digest(path) in pin[1]:
            best[str(name)] = (rank, path)
    return {name: path for name, (_, path) in best.items()}


def digest(path: Path) -> str:
    """Return the hex SHA-256 of a wheel, worked out once for each state of the file."""
    about = path.stat()
    return _digest(path, about.st_size, about.st_mtime_ns)


@cache
def _digest(path: Path, _size: int, _changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
