"""No tracked file names a package registry's host: whoever builds decides where packages come from.

Nor does any file name a place on the machine of who wrote it, and the product knows no address outside the site: it
fetches nothing, calls nobody and loads no part of a page from elsewhere.

The names are assembled from parts, or this file would be the first breach.
"""

import ast
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools.house.tree import PRODUCT, ROOT, SRC, Module

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
PATHS = tuple(f"/{each}/" for each in ("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"))
OWN = ("127.0.0.1", "localhost", "[::1]", "www.w3" + _ORG)  # the last is the name of SVG, not an address to fetch
_FOUND = re.compile("|".join(re.escape(each) for each in (*HOSTS, *CDNS, *SETTINGS)), re.IGNORECASE)
_PATH = re.compile(r"(?<![\w.$})*~-])(?:" + "|".join(PATHS) + r")(?=\w)")
_ADDRESS = re.compile(r"\b(?:https?|wss?|ftp)://([^\s/\"'<>`)]*)", re.IGNORECASE)
SHOWN = {".html", ".js", ".css", ".svg", ".toml"}


def breaches_in(name: str, text: str) -> list[str]:
    """Return each line of the text that names a registry, a CDN or a setting that points at one."""
    lowered = text.lower()
    if not any(each.lower() in lowered for each in (*HOSTS, *CDNS, *SETTINGS)):
        return []
    return [
        f"{name}:{number}: names {match.group()!r}"
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _FOUND.search(line))
    ]


def path_breaches_in(name: str, text: str) -> list[str]:
    """Return each line of the text that names a place on somebody's machine."""
    if not any(path in text for path in PATHS):
        return []
    return [
        f"{name}:{number}: names a place on one machine, {match.group()!r}"
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _PATH.search(line))
    ]


def addresses_in(text: str) -> list[str]:
    """Return the addresses in a text that lie outside the machine. A host that is filled in later is none."""
    hosts = [match.group(1) for match in _ADDRESS.finditer(text)]
    return [host for host in hosts if host and "{" not in host and not host.startswith(OWN)]


def addresses(modules: Iterable[Module], src: Path = SRC) -> list[str]:
    """Return each outside address in a string of the source, docstrings left out, and in a page. Packs name sources."""
    found = []
    for each in modules:
        docs = {
            node.body[0].value
            for node in each.nodes
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in each.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
                found += [
                    f"{each.path}:{node.lineno}: knows {host!r}, outside the site" for host in addresses_in(node.value)
                ]
    for path in sorted((src / PRODUCT).rglob("*")):
        if path.suffix in SHOWN and "vendor" not in path.parts and "packs" not in path.parts:
            where = path.relative_to(src.parent)
            found += [f"{where}: knows {host!r}, outside the site" for host in addresses_in(path.read_text())]
    return found


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
            name, text = path.relative_to(root).as_posix(), data.decode(errors="replace")
            found += breaches_in(name, text) + path_breaches_in(name, text)
    return found
