"""The spine as a C2SP tlog-tiles folder, and proofs as files, for tools and people that know nothing of us.

A folder that already holds an older export of the same log is brought up to date; another folder must be new or empty.
An export that this log does not continue stays as it is: it may show what the log has lost.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ironkeep.facts import checkpoint, proof, tiles, tree
from ironkeep.model.errors import Refused, Unavailable, Untrusted
from ironkeep.ports.facts import FactReader

Progress = Callable[[int, int], None]
"""Called with facts written so far and facts in all."""
TOLD_EVERY = 1_000  # facts


def exported(reader: FactReader, progress: Progress | None = None) -> Iterator[tuple[str, bytes]]:
    """The files of the folder as (path, bytes), up to the newest checkpoint. Raises Refused for an empty spine."""
    head, size = _head(reader)
    entries = reader.entries(0, size)
    return tiles.files(entries if progress is None else _told(entries, size, progress), head)


def _told(entries: Iterable[bytes], size: int, progress: Progress) -> Iterator[bytes]:
    for seq, entry in enumerate(entries):
        if seq % TOLD_EVERY == 0:
            progress(seq, size)
        yield entry


def export(reader: FactReader, folder: Path, progress: Progress | None = None) -> str:
    """Write the folder and return the checkpoint's text. The checkpoint is written last: a folder without one is
    unfinished.

    Raises Refused for an empty spine or a folder with something else in it, Untrusted for an export that this log does
    not continue, Unavailable when the disk refuses.
    """
    files = exported(reader, progress)
    held = folder / tiles.CHECKPOINT_PATH
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if held.is_file():
            _require_past(reader, held)
        elif any(folder.iterdir()):
            raise Refused("the folder is not empty", where=str(folder), remedy="name a new one")
        data = b""
        for path, data in files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f"{target.name}.part")
            beside.write_bytes(data)
            beside.replace(target)
        os.sync()
    except OSError as exc:
        raise Unavailable(f"the folder cannot be written: {exc.strerror}", where=str(folder)) from exc
    return data.decode()


def _require_past(reader: FactReader, held: Path) -> None:
    """Raises Untrusted unless the log continues the one whose checkpoint is held."""
    newest, _ = checkpoint.parse_signed(_head(reader)[0])
    try:
        older, _ = checkpoint.parse_signed(held.read_bytes())
    except Refused as exc:
        raise Refused(f"it is no checkpoint: {exc.what}", where=str(held), remedy="name a new folder") from exc
    try:
        if older.origin != newest.origin:
            raise Refused(f"it is of {newest.origin}")
        path = reader.consistency(older.size, newest.size)
        tree.verify_consistency(older.size, newest.size, path, older.root, newest.root)
    except (Refused, Untrusted) as exc:
        raise Untrusted(
            f"the folder holds {older.size} facts of {older.origin}, which this record does not continue: {exc.what}",
            where=str(held),
            remedy="keep that folder, it may show what this record has lost, and name a new one",
        ) from exc


def inclusion(reader: FactReader, seq: int) -> proof.Inclusion:
    """The proof of a fact under the newest checkpoint. Raises Refused when there is no such fact."""
    head, size = _head(reader)
    return proof.Inclusion(seq, reader.inclusion(seq, size), head)


def consistency(reader: FactReader, old: int) -> proof.Consistency:
    """The proof that the spine only grew since it had `old` facts. Raises Refused for sizes it never had."""
    head, size = _head(reader)
    return proof.Consistency(old, reader.consistency(old, size), head)


def _head(reader: FactReader) -> tuple[bytes, int]:
    data = reader.checkpoint()
    if not data:
        raise Refused("the spine holds no facts yet", where="export", remedy="start the site once")
    return data, checkpoint.parse_signed(data)[0].size
