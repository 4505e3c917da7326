"""`ironkeep import`: a file of somebody's read offline, kept in the blob store, and offered to the engine by digest."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.codecs import intake, inventory, pcap
from ironkeep.codecs.taken import FILE_BYTES_MAX
from ironkeep.faces.cli.wiring import Tell, untold
from ironkeep.model.errors import Refused
from ironkeep.model.register import Form, Import
from ironkeep.packs.equipment import sunspec
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.passport import contents
from ironkeep.programs.tally import counted

PIECE_BYTES = 1 << 20  # of a capture at a time


def understood(path: Path, form: str = "", tell: Tell = untold) -> Import:
    """What a file says, with nothing kept anywhere. `form` overrides what the content says.

    Raises Refused naming file, place and remedy when it is not understood whole.
    """
    told = _form(form)
    if told in (None, Form.PCAP) and intake.is_capture(_head(path)):
        return _capture(path, tell)
    tell(f"reading {path.name}")
    return understood_bytes(contents(path, FILE_BYTES_MAX), path.name, form)


def understood_bytes(data: bytes, name: str, form: str = "") -> Import:
    """The same of a file that is at hand as bytes, a capture too."""
    told = _form(form) or intake.recognised(data, name)
    taken = intake.of_bytes(told, data, name, sunspec.model)
    return intake.made(told, name, hashlib.sha256(data).hexdigest(), taken)


def keep(folder: DataFolder, held: Import) -> str:
    """Put an import into the site's blob store; its digest. Raises Refused where no site was run, Unavailable when the
    disk refuses.
    """
    return FileBlobs(folder.require().blobs).put(intake.canonical(held))


def template() -> str:
    """An empty inventory with every column explained."""
    return inventory.template()


def _form(name: str) -> Form | None:
    if not name:
        return None
    try:
        return Form(name)
    except ValueError:
        raise Refused(f"no form {name!r}", where="form", remedy=f"one of {', '.join(Form)}") from None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as exc:
        raise Refused(f"cannot be read: {exc.strerror}", where=str(path), remedy="name a file that exists") from exc


def _capture(path: Path, tell: Tell) -> Import:
    """A capture, read in pieces, its digest taken on the way."""
    digest = hashlib.sha256()
    try:
        size = path.stat().st_size
        if size > pcap.FILE_BYTES_MAX:
            raise Refused(f"{size} bytes; the limit is {pcap.FILE_BYTES_MAX}", where=str(path), remedy="split it")
        pieces = counted(_pieces(path, digest), f"reading {path.name}, MiB", size // PIECE_BYTES, tell, 1)
        taken = intake.of_capture(pieces, path.name)
    except OSError as exc:
        raise Refused(f"cannot be read: {exc.strerror}", where=str(path), remedy="copy it to this machine") from exc
    return intake.made(Form.PCAP, path.name, digest.hexdigest(), taken)


def _pieces(path: Path, digest: "hashlib._Hash") -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            yield piece
