"""What the last writer left behind, looked at before the next one begins, and said in plain words.

After an unclean stop SQLite itself takes up what its log holds in full and drops the rest. We then check the file's own
structure, hash the newest facts anew, and compare the root with the signed checkpoint: a spine that does not prove
itself is not written on.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ironkeep.adapters.stores.sqlite.config import CHECK_FACTS, CHECK_FILE_BYTES
from ironkeep.adapters.stores.sqlite.reader import SqliteFactReader
from ironkeep.facts import checkpoint, note, tree
from ironkeep.model.errors import Refused, Untrusted
from ironkeep.model.time import rfc3339

_REMEDY: Final = "copy the folder away, run `ironkeep verify` on the copy, and start from a backup or a new folder"


@dataclass(frozen=True)
class Left:
    """What lay there before the file was opened. Sizes in bytes."""

    existed: bool
    file_bytes: int
    log_bytes: int
    marked: bool  # a writer had not noted an orderly end


@dataclass(frozen=True)
class Report:
    """What was found, in words, and whether the last writer ended in order."""

    found: tuple[str, ...]
    clean: bool


def look(path: Path, marked: bool) -> Left:
    """What lies there now; call it before anything opens the file. Raises Untrusted for a log without its file, which
    SQLite would throw away.
    """
    log = path.with_name(f"{path.name}-wal")
    left = Left(
        existed=path.exists(),
        file_bytes=path.stat().st_size if path.exists() else 0,
        log_bytes=log.stat().st_size if log.exists() else 0,
        marked=marked,
    )
    if left.log_bytes and not left.file_bytes:
        what = f"the spine is gone or empty, but its log of {left.log_bytes:,} bytes is there"
        raise Untrusted(what, where=str(path), remedy=_REMEDY)
    return left


def report(
    reader: SqliteFactReader, connection: sqlite3.Connection, left: Left, frontier: tree.Frontier, key: note.VerifierKey
) -> Report:
    """Check what stands there, the more closely after an unclean stop. Raises Untrusted when it does not prove
    itself.
    """
    said: list[str] = [f"SQLite {sqlite3.sqlite_version}"]
    size = frontier.size
    clean = not left.marked
    if not left.existed:
        gone = "; a writer was at work on one here before, and that one is gone" if left.marked else ""
        return Report((*said, f"a new spine was made{gone}"), clean)
    if clean:
        said.append("the last stop was orderly")
    else:
        said.append(f"the last stop was not orderly; {_log_words(left.log_bytes)}")
        said += _checked_closely(reader, connection, left, size)
    head = _require_proved(reader, frontier)
    if size:
        newest = next(iter(reader.read(size - 1)))
        said.append(f"{size} facts stand; the newest is {newest.kind} of {rfc3339(newest.at)}")
        said.append("the tree leads to the root of the signed checkpoint")
        if all((each.name, each.key_id) != (key.name, key.id) for each in head):
            said.append(f"it was signed with another key than the {key.name} of now; verify older facts with that key")
    else:
        said.append("no facts stand")
    return Report(tuple(said), clean)


def _log_words(log_bytes: int) -> str:
    if not log_bytes:
        return "its log was empty, so nothing was under way"
    return f"its log of {log_bytes:,} bytes was taken up as far as it is whole; what was half-written is not there"


def _checked_closely(
    reader: SqliteFactReader, connection: sqlite3.Connection, left: Left, size: int
) -> tuple[str, ...]:
    said: list[str] = []
    if left.file_bytes + left.log_bytes <= CHECK_FILE_BYTES:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
        if found != ["ok"]:
            raise Untrusted(f"the file is damaged: {'; '.join(found)}", where=str(reader.path), remedy=_REMEDY)
        said.append("the file's structure was checked whole and is sound")
    else:
        said.append("the file is too long to check it whole at a start; run `ironkeep verify` on a copy")
    first = max(0, size - CHECK_FACTS) // tree.TILE_WIDTH * tree.TILE_WIDTH
    for start in range(first, size, tree.TILE_WIDTH):
        last = min(start + tree.TILE_WIDTH, size)
        number, width = start // tree.TILE_WIDTH, last - start
        stored = reader.tile(0, number) if width == tree.TILE_WIDTH else reader.edge(0, number, width)
        if b"".join(tree.leaf_hashes(reader.entries(start, last))) != stored:
            what = f"facts {start} to {last - 1} are not what was hashed"
            raise Untrusted(what, where=str(reader.path), remedy=_REMEDY)
    said.append(f"the newest {size - first} facts were hashed anew and are what was written")
    return tuple(said)


def _require_proved(reader: SqliteFactReader, frontier: tree.Frontier) -> tuple[note.Signature, ...]:
    """The signatures of the newest checkpoint, once the tree is known to lead to its root."""
    data = reader.checkpoint()
    if not data:
        return ()
    try:
        head, signed = checkpoint.parse_signed(data)
    except Refused as exc:
        raise Untrusted(f"the checkpoint is not one: {exc.what}", where=str(reader.path), remedy=_REMEDY) from exc
    if (head.size, head.root) != (frontier.size, frontier.root()):
        raise Untrusted("the tree does not lead to the signed root", where=str(reader.path), remedy=_REMEDY)
    return signed.signatures
