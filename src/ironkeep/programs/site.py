"""A site as declared: its file, checked, and the demo's with the ports of its running devices."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ironkeep.model.errors import Unavailable
from ironkeep.model.site import Site
from ironkeep.packs.sites.declare import declare, declare_text
from ironkeep.packs.sites.demo import address_demo, demo_text

_PORT_NAME = re.compile(r'^port\s*=\s*"([^"\n]*)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A checked site, the text it came from and the digest of that text."""

    site: Site
    text: bytes

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the text."""
        return hashlib.sha256(self.text).hexdigest()


def declaration(path: Path) -> Declaration:
    """Read and check a site file. Raises Refused with every error at once, each with its line and remedy."""
    return Declaration(*declare(path))


def declared(path: Path) -> Site:
    """The checked site of a file. Raises as `declaration` does."""
    return declaration(path).site


@cache
def demo_declaration() -> Site:
    """The demo site, its ports not filled in: for worlds and pictures that need no wire."""
    text = demo_text()
    names = sorted(set(_PORT_NAME.findall(text)))
    return declare_text(address_demo(text, {name: 1024 + i for i, name in enumerate(names)}), "demo")


def demo_site(ports_file: Path) -> str:
    """The demo site's declaration with the ports of the running twin filled in.

    Raises Unavailable when the ports are not known.
    """
    return address_demo(demo_text(), read_ports(ports_file))


def read_ports(path: Path) -> dict[str, int]:
    """Port by device. Raises Unavailable when the twin has not written them, or something else stands there."""
    try:
        found = json.loads(path.read_text())
        return {str(name): int(port) for name, port in found.items()}
    except (OSError, ValueError, OverflowError, RecursionError, AttributeError, TypeError) as exc:
        raise Unavailable(
            "the ports of the demo's devices are not known", where=str(path), remedy="start the demo: `ironkeep run`"
        ) from exc
