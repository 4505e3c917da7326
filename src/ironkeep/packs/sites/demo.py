"""The demo's own site file, and how the ports of a running twin get into it.

Rules. In the demo's file a port is the name of the listener in quotes; each becomes the number that the twin chose when
it started. Nothing else of the text changes.
"""

import re
from collections.abc import Mapping
from importlib.resources import files

from ironkeep.model.errors import Refused

DEMO_FILE = "harbor-dc1.toml"
_PORT = re.compile(r'^(port\s*=\s*)"([^"\n]*)"', re.MULTILINE)


def demo_text() -> str:
    """The demo's site file, ports by name."""
    return (files("ironkeep.packs.sites") / DEMO_FILE).read_text(encoding="utf-8")


def address_demo(site_text: str, ports: Mapping[str, int]) -> str:
    """The text with every named port replaced by its number. Raises Refused for a name without a port."""

    def number(found: re.Match[str]) -> str:
        if found[2] not in ports:
            line = site_text.count("\n", 0, found.start()) + 1
            raise Refused(
                f"the twin has no listener {found[2]!r}",
                where=f"{DEMO_FILE}:{line}: port",
                remedy=f"one of {', '.join(sorted(ports)) or 'none'}",
            )
        return f"{found[1]}{ports[found[2]]}"

    return _PORT.sub(number, site_text)
