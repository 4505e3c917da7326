"""The files of the program itself: are they those that were installed?

Each package keeps a list of its files with their digests (RECORD, as the wheel carried it). Who can change the files
can change the list as well, so this finds a broken disk, an edit and a careless attacker. What a careful one did, only
the signed checksums of the bundle show (SHA256SUMS). Compiled bytecode is not looked at.
"""

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from ironkeep.faces.cli.wiring import Ailment, Gravity

PACKAGE: Final = "ironkeep"
NAMED_MAX: Final = 5  # files that are named where more are wrong
RUNS: Final = frozenset((".py", ".so", ".pth"))  # what Python would run; an added one is told
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_REMEDY: Final = (
    "keep a copy for whoever looks into it, then install Ironkeep anew from a bundle whose signature is good"
)


def installed(path: Sequence[str] | None = None) -> Iterator[Ailment]:
    """The files of Ironkeep and of every package that it needs; `path` is where they are looked for, by default where
    Python looks.
    """
    found = _needed(list(path if path is not None else sys.path))
    wrong: list[str] = []
    checked = 0
    for each in found.values():
        for file in each.files or ():
            if file.hash is None or file.hash.mode != "sha256":
                continue
            checked += 1
            where = Path(str(file.locate()))
            if not where.is_file():
                wrong.append(f"{file} of {each.name} is missing")
            elif _digest(where) != file.hash.value:
                wrong.append(f"{file} of {each.name} was changed")
    ours = found.get(PACKAGE)
    editable = ours is None or _editable(ours)
    if ours is not None and not editable:
        wrong += [f"{each} was added" for each in _added(ours)]
    if wrong:
        more = f" and {len(wrong) - NAMED_MAX} more" if len(wrong) > NAMED_MAX else ""
        what = f"the program is not as it was installed: {'; '.join(wrong[:NAMED_MAX])}{more}"
        yield Ailment(Gravity.BAD, what, sys.prefix, _REMEDY)
        return
    but = "; Ironkeep itself runs from a working tree, which has no list" if editable else ""
    what = f"{checked} files of {len(found)} packages are as their lists say{but}"
    yield Ailment(Gravity.GOOD, what, sys.prefix)


def _needed(path: list[str]) -> dict[str, metadata.Distribution]:
    """Ironkeep and every package that it needs, directly or through others, by name."""
    there = {_plain(each.name): each for each in metadata.distributions(path=path)}
    found: dict[str, metadata.Distribution] = {}
    ahead = [PACKAGE]
    while ahead:
        name = ahead.pop()
        each = there.get(name)
        if each is not None and name not in found:
            found[name] = each
            ahead += [_plain(named[0]) for text in each.requires or () if (named := _NAME.match(text))]
    return found


def _added(package: metadata.Distribution) -> list[str]:
    """Files among Ironkeep's own that Python would run and that no list names."""
    named = {Path(str(file.locate())).resolve() for file in package.files or ()}
    home = Path(str(package.locate_file(PACKAGE))).resolve()
    return sorted(str(each) for each in home.rglob("*") if each.suffix in RUNS and each.resolve() not in named)


def _editable(package: metadata.Distribution) -> bool:
    told = package.read_text("direct_url.json")
    return bool(told) and bool(json.loads(str(told)).get("dir_info", {}).get("editable"))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        raw = hashlib.file_digest(file, "sha256").digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
