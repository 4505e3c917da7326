"""No tracked file names a package registry's host: whoever builds decides where packages come from.

The names are assembled from parts, or this file would be the first breach.
"""

import re
import subprocess
from pathlib import Path

from tools.house.tree import ROOT

_ORG, _COM, _IO = ".org", ".com", ".io"
HOSTS = (
    "pypi" + _ORG,
    "pythonhosted" + _ORG,
    "registry." + "npmjs",
    "npmjs" + _ORG,
    "npmjs" + _COM,
    "yarnpkg" + _COM,
    "deb.debian" + _ORG,
    "security.debian" + _ORG,
    "archive.ubuntu" + _COM,
    "security.ubuntu" + _COM,
    "static.crates" + _IO,
    "crates" + _IO,
    "proxy.golang" + _ORG,
    "repo.maven" + ".apache",
    "conda.anaconda" + _ORG,
    "ghcr" + _IO,
    "quay" + _IO,
)
CDNS = ("cdn.jsdelivr" + ".net", "unpkg" + _COM, "cdnjs.cloudflare" + _COM, "esm" + ".sh", "fonts.googleapis" + _COM)
SETTINGS = ("index" + "-url", "extra-index" + "-url", "find" + "-links", '"res' + 'olved"')
_FOUND = re.compile("|".join(re.escape(each) for each in (*HOSTS, *CDNS, *SETTINGS)), re.IGNORECASE)


def breaches_in(name: str, text: str) -> list[str]:
    """Return each line of the text that names a registry, a CDN or a setting that points at one."""
    return [
        f"{name}:{number}: names {match.group()!r}"
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _FOUND.search(line))
    ]


def tracked(root: Path = ROOT) -> list[Path]:
    """Return every file that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for name in names if name and (path := root / name).is_file()]


def breaches(root: Path = ROOT) -> list[str]:
    """Return the breaches of every tracked text file."""
    found = []
    for path in tracked(root):
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            found += breaches_in(path.relative_to(root).as_posix(), data.decode(errors="replace"))
    return found
