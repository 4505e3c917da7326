"""Writes NOTICE: every library and browser file that the product needs to run, with version and licence.

The names and versions come from requirements/run.txt and package-lock.json, the licences from the packages' metadata.
A run dependency under a licence that would bind the product (GPL, AGPL, SSPL and their like) is refused.
"""

import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}

# What people write in the free `License` field or in a classifier, as SPDX.
SPDX = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd-0-clause": "0BSD",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
BINDING = re.compile(
    r"(?<![A-Z])(?:A?GPL|SSPL|BUSL|CC-BY-NC|CC-BY-SA|Commons.Clause)|GNU (?:Affero )?General Public", re.IGNORECASE
)

HEAD = """\
Ironkeep
Licensed under the Apache License, Version 2.0; see LICENSE.

What it needs to run, each under its own licence, none of it changed by us. `make notice` writes this file from the
locks and the packages' own metadata; a test writes it again and compares.
"""
DEVELOPMENT = """\
For development only
--------------------
The tests and benchmarks use more libraries, all pinned in requirements/test.txt. They are not needed to run Ironkeep,
no file of src/ imports them, and no wheel carries them. One of them, pymerkle, is under the GPL: bench/ alone imports
it, to measure our tree against it side by side; it runs from the test environment and is never distributed with
Ironkeep.
"""


class Part(NamedTuple):
    """A library or a browser package that the product needs."""

    name: str
    version: str
    licence: str


def licence_of(name: str) -> str:
    """Return the SPDX expression of an installed package. Raises ValueError when its metadata tells none we know."""
    says = importlib.metadata.metadata(name)
    given = says.get("License-Expression")
    if given:
        return given
    short = [text for text in (says.get("License"),) if text and "\n" not in text]
    classifiers = [
        text.rsplit(" :: ", 1)[-1] for text in says.get_all("Classifier", []) if text.startswith("License ::")
    ]
    for text in (*short, *classifiers):
        if text.lower() in SPDX:
            return SPDX[text.lower()]
        if re.fullmatch(r"(?:MIT|0BSD|ISC|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0|PSF-2\.0|L?A?GPL\S*)", text):
            return text
    raise ValueError(
        f"{name}: no known licence in {[*short, *classifiers]}; look it up and add its wording to tools/notice.py"
    )


def locked(lock: Path) -> list[Requirement]:
    """Return the pins of a lock that apply on Linux, in order of name."""
    pins = [Requirement(line.rstrip(" \\")) for line in lock.read_text().splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return [pin for pin in pins if pin.marker is None or pin.marker.evaluate(LINUX)]


def libraries(lock: Path) -> list[Part]:
    """Return the libraries of a lock with their licences."""
    return [Part(pin.name, str(pin.specifier).removeprefix("=="), licence_of(pin.name)) for pin in locked(lock)]


def browser(lock: Path) -> list[Part]:
    """Return the browser packages carried to the site: those of package-lock.json that are not for development."""
    packages = json.loads(lock.read_text())["packages"]
    return [
        Part(name.removeprefix("node_modules/"), says["version"], SPDX.get(says["license"].lower(), says["license"]))
        for name, says in packages.items()
        if name and not says.get("dev")
    ]


def binding(parts: list[Part]) -> list[str]:
    """Return the parts whose licence would bind the product."""
    return [f"{part.name} {part.version}: {part.licence}" for part in parts if BINDING.search(part.licence)]


def notice(root: Path = ROOT) -> str:
    """Return the text of NOTICE. Raises ValueError for a licence that is unknown or would bind the product."""
    groups = {
        "Libraries": libraries(root / "requirements/run.txt"),
        "In the browser": browser(root / "package-lock.json"),
    }
    bound = binding([part for parts in groups.values() for part in parts])
    if bound:
        raise ValueError(f"may not be needed to run the product: {', '.join(bound)}")
    text = HEAD
    for title, parts in groups.items():
        text += f"\n{title}\n{'-' * len(title)}\n"
        text += "".join(f"{part.name:24} {part.version:16} {part.licence}\n" for part in parts)
    return f"{text}\n{DEVELOPMENT}"


if __name__ == "__main__":
    try:
        (ROOT / "NOTICE").write_text(notice())
    except ValueError as trouble:
        sys.exit(str(trouble))
