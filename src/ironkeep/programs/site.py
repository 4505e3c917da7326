"""A site as declared, and what its rooms decide by: site file and packs brought together, once, at start."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from ironkeep.decisions import access, alarms, incidents, inventory, telemetry
from ironkeep.engine.turn import Policies
from ironkeep.model.site import Site
from ironkeep.packs.access import read as access_pack
from ironkeep.packs.alarms import read as alarm_pack
from ironkeep.packs.checks import read as check_pack
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


def policies(site: Site) -> Policies:
    """What every room decides by on that site."""
    rules, known = alarm_pack.shipped(), check_pack.shipped()
    return Policies(
        telemetry=telemetry.Policy(
            site=site,
            checks=known.checks,
            bounds=known.bounds,
            settings=known.settings,
            thermistors=known.thermistors,
        ),
        alarms=alarms.Policy(site=site, rules=rules),
        incidents=incidents.Policy(site=site, rules=rules),
        access=access.Policy(table=access_pack.shipped(), second_factor=site.access.second_factor),
        inventory=inventory.Policy(site=site),
    )


def policy_texts(chosen: Policies) -> dict[str, bytes]:
    """Each policy as sorted JSON, as it enters the blob store and, by digest, the spine; without the site, which
    has its own.
    """
    texts = {}
    for name in ("telemetry", "alarms", "incidents", "access", "inventory"):
        fields = msgspec.to_builtins(getattr(chosen, name))
        fields.pop("site", None)
        texts[name] = msgspec.json.encode(fields, order="sorted")
    return texts
