"""The register for the command line: the site as declared, the facts of its data folder, and the imports by digest.

It needs no running engine. With a site file and no data folder it is what paper alone says.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.faces.cli.wiring import Tell, untold
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Trouble
from ironkeep.model.register import Import, Lore
from ironkeep.model.site import Site
from ironkeep.packs.chemistries import read as chemistry_pack
from ironkeep.packs.gaps import read as gap_pack
from ironkeep.packs.quarter import read as quarter_pack
from ironkeep.packs.sites.declare import declare_text
from ironkeep.ports.facts import FactQuery, FactReader
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.site import declared
from ironkeep.views.as_of import Papers
from ironkeep.views.register import KINDS, Book, Register

STEP = 5_000  # facts folded at a time


def lore() -> Lore:
    """What this product knows of gaps, chemistries, controls and the checklist of a quarter."""
    profiles, controls = chemistry_pack.shipped()
    return Lore(gap_pack.shipped(), profiles, controls, quarter_pack.shipped())


def book(folder: DataFolder, site: Path | None, tell: Tell = untold) -> Book:
    """The register as of now. Raises Refused when neither a site file nor a data folder says what stands where."""
    tell("reading the site file")
    if site is not None and not folder.spine.exists():
        return Register(declared(site)).book({}, lore(), clock.now().at_us)
    reader = open_reader(folder.require().spine)
    blobs = FileBlobs(folder.blobs)
    found = Register(declared(site) if site is not None else in_force(reader, blobs))
    for facts in _steps(reader, tell):
        found.fold(facts)
    tell("comparing what was declared, seen and imported")
    return found.book(_imports(blobs, found.digests), lore(), clock.now().at_us)


def papers(blobs: FileBlobs) -> Papers:
    """Reads the site file and imports of a past moment by their digests."""

    def read(site: str, digests: tuple[str, ...]) -> tuple[Site | None, Mapping[str, Import]]:
        try:
            found = declare_text(blobs.get(site).decode(), f"site {site[:12]}") if site else None
        except (Trouble, UnicodeDecodeError):
            found = None
        return found, _imports(blobs, digests)

    return read


def _imports(blobs: FileBlobs, digests: Iterable[str]) -> dict[str, Import]:
    """The imports that can be read, by digest; the book names the others as waiting."""
    shelf = {}
    for digest in digests:
        with suppress(Trouble, msgspec.DecodeError):
            shelf[digest] = msgspec.json.decode(blobs.get(digest), type=Import)
    return shelf


def in_force(reader: FactReader, blobs: FileBlobs) -> Site:
    """The site as the newest declaration on the spine has it. Raises Refused when there is none."""
    last = reader.find(FactQuery(kinds=("SiteDeclared",), limit=1, newest_first=True))
    digest = last[0].body["digest"] if last else ""
    return declare_text(blobs.get(digest).decode(), f"site {digest[:12]}")


def _steps(reader: FactReader, tell: Tell) -> Iterator[list[Fact]]:
    """The facts of the register in order, some thousand at a time."""
    seen, size = 0, reader.size()
    while seen < size:
        tell("folding facts", seen, size)
        found = list(reader.find(FactQuery(kinds=KINDS, first_seq=seen, last_seq=size, limit=STEP)))
        yield found
        seen = found[-1].seq + 1 if len(found) == STEP else size
