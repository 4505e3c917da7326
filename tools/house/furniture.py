"""Rooms of one kind have the same furniture, so that who knows one knows all.

An adapter: manifest.toml (name, port, proof, owner), config.py, adapter.py. A decision room: README.md with numbered
rules, memory.py, policy.py, decide.py. A floor's own folder holds no logic. A decision record lists what was refused.
"""

import re
import tomllib
from pathlib import Path

from tools.house.tree import PRODUCT, ROOT, SRC

PROOFS = ("bench", "field", "command")
MANIFEST = ("name", "port", "proof", "owner")
RECORD_NAME = re.compile(r"(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md$")
REFUSED = re.compile(r"^#+ .*refused", re.IGNORECASE | re.MULTILINE)


def _rooms(folder: Path) -> list[Path]:
    """Return the packages directly in a folder."""
    return [path for path in sorted(folder.glob("*")) if (path / "__init__.py").is_file()]


def adapter_breaches(src: Path = SRC) -> list[str]:
    """Return what an adapter's folder lacks, and each manifest that does not say name, port, proof and owner."""
    found = []
    for adapter in [path for group in _rooms(src / PRODUCT / "adapters") for path in _rooms(group)]:
        where = adapter.relative_to(src.parent)
        found += [
            f"{where}: has no {name}"
            for name in ("manifest.toml", "config.py", "adapter.py")
            if not (adapter / name).is_file()
        ]
        if not (adapter / "manifest.toml").is_file():
            continue
        try:
            says = tomllib.loads((adapter / "manifest.toml").read_text())
        except tomllib.TOMLDecodeError as trouble:
            found.append(f"{where}/manifest.toml: {trouble}")
            continue
        found += [f"{where}/manifest.toml: does not say {key!r}" for key in MANIFEST if not says.get(key)]
        if says.get("proof") not in (None, *PROOFS):
            found.append(f"{where}/manifest.toml: proof is {says['proof']!r}; it is one of {', '.join(PROOFS)}")
    return found


def decision_breaches(src: Path = SRC) -> list[str]:
    """Return what a decision room lacks, and each README whose rules are not numbered sentences."""
    found = []
    for room in _rooms(src / PRODUCT / "decisions"):
        where = room.relative_to(src.parent)
        found += [
            f"{where}: has no {name}"
            for name in ("README.md", "memory.py", "policy.py", "decide.py")
            if not (room / name).is_file()
        ]
        readme = room / "README.md"
        if readme.is_file() and not re.search(r"^\s*1\. \S", readme.read_text(), re.MULTILINE):
            found.append(f"{where}/README.md: its rules are numbered sentences, from '1. '")
    return found


def record_breaches(folder: Path = ROOT / "docs/decisions") -> list[str]:
    """Return each decision record that is misnamed, shares a number or does not list what was refused."""
    found = []
    taken: dict[str, str] = {}
    for path in sorted(folder.glob("*.md")):
        name = RECORD_NAME.fullmatch(path.name)
        if name is None:
            found.append(f"docs/decisions/{path.name}: is named NNNN-words-like-these.md")
            continue
        if name[1] in taken:
            found.append(f"docs/decisions/{path.name}: {taken[name[1]]} has that number")
        taken[name[1]] = path.name
        text = path.read_text()
        heading = REFUSED.search(text)
        after = re.split(r"^#", text[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0] if heading else ""
        if not re.search(r"^\s*(?:[-*|]|\d+\.) *\S", after, re.MULTILINE):
            found.append(f"docs/decisions/{path.name}: lists no option that was refused, under a heading that says so")
    return found
