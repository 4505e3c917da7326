"""Backup and restore of a site. The site may run meanwhile; nothing of it is stopped, locked or changed.

1. A backup is a folder: the spine, the account vault, the blobs, the history, the site file, and `backup.json`, which
names every file with its SHA-256. Snapshots and sockets are left out: they are made anew. 2. The spine is copied first:
whatever it says of the history is there when the history is copied after it. 3. The signing key is left out unless it
is asked for, because who holds it can sign a forged past; a restore then needs the key folder by another way. 4. A
backup appears under its name when it is whole, and not before. 5. A restore checks every file against `backup.json`,
runs `verify` on the copied spine with the segments, and only then gives the folder its name.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from ironkeep import __version__
from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.keys.files.config import PRIVATE_FILE, PUBLIC_FILE
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.adapters.stores.sqlite.copy import copy as copy_sqlite
from ironkeep.faces.cli.wiring import Copied, Tell, Verdict, untold
from ironkeep.facts import note
from ironkeep.model.errors import Conflict, Refused, Trouble, Unavailable, Untrusted
from ironkeep.model.time import rfc3339
from ironkeep.ports.facts import FactQuery
from ironkeep.programs import clock, evidence
from ironkeep.programs.folder import MARK, MARK_TEXT, PRIVATE, DataFolder
from ironkeep.programs.tally import counted

FORM: Final = 1  # of backup.json
LIST: Final = "backup.json"
LIST_BYTES_MAX: Final = 256 * 1024 * 1024
SQLITE: Final = ("spine.sqlite", "vault.sqlite")
FOLDERS: Final = ("blobs", "history")
PASSING: Final = (".lock", ".part")  # suffixes of files that belong to a running process alone
CATALOGUE: Final = "history/catalogue.json"
PASSES_MAX: Final = 5  # over a history that is being compacted meanwhile
CHUNK_BYTES: Final = 1 << 20
SPARE_BYTES: Final = 16 * 1024 * 1024  # that must stay free beside what is copied


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup: bytes and SHA-256."""

    size: int
    sha256: str


class Backup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `backup.json` says. `facts` and `root` are those of the copied spine, `key` its verifier key."""

    form: int
    version: str
    made_at: str
    facts: int
    root: str
    key: str
    with_keys: bool
    files: dict[str, Listed]

    @property
    def summary(self) -> Copied:
        """What the command line tells."""
        size = sum(each.size for each in self.files.values())
        return Copied(self.facts, self.root, len(self.files), size, self.made_at, self.version)


def backup(folder: DataFolder, target: Path, *, keys: bool, tell: Tell = untold) -> Backup:
    """Copy a site, running or not, into the new folder `target` and verify the copy.

    Raises Conflict when the target exists, Refused without a site, Unavailable when a disk refuses or fills, Untrusted
    when the copied spine does not verify.
    """
    folder.require()
    begun = _begin(target, _bytes_of(folder.path))
    try:
        for name in SQLITE:
            if (folder.path / name).exists():
                tell(f"copying {name}, kB", partial(_kilobytes, begun / name), _kilobytes(folder.path / name))
                copy_sqlite(folder.path / name, begun / name)
        for name in FOLDERS:
            if (folder.path / name).is_dir():
                _copy_moving(folder.path, begun, name, tell)
        _copy_site(folder, begun)
        _copy_keys(folder.keys, begun / "keys", private=keys)
        verdict = _verified(begun, tell)
        tell("taking the digest of every file")
        made = Backup(
            FORM,
            __version__,
            rfc3339(clock.now().at_us),
            verdict.facts,
            verdict.root,
            evidence.verifier_key(DataFolder(begun)),
            keys,
            {str(path.relative_to(begun)): _listed(path) for path in _files(begun)},
        )
        _write(begun / LIST, msgspec.json.format(msgspec.json.encode(made, order="sorted"), indent=1) + b"\n")
        begun.rename(target)
    except OSError as exc:
        raise _disk(exc, target) from exc
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return made


def restore(source: Path, data: Path, *, keys: Path | None, tell: Tell = untold) -> Backup:
    """Make a data folder of a backup, checked and verified. `keys` is the key folder where the backup has none.

    Raises Conflict when the data folder holds anything, Refused for what is no backup or without a key, Untrusted for
    a file that is not what the backup says, or a spine that does not verify; then nothing was made.
    """
    made = _read_list(source)
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise Conflict("the data folder is not empty", where=str(data), remedy="name a new one with --data")
    begun = _begin(data, sum(each.size for each in made.files.values()))
    try:
        done = 0
        for name, listed in sorted(made.files.items()):
            tell("copying, kB", partial(_kilobytes, begun / name, done), made.summary.size // 1000)
            _restore_file(source, begun, name, listed)
            done += listed.size
        if keys is not None:
            _copy_keys(keys, begun / "keys", private=True)
        if not (begun / "keys" / PRIVATE_FILE).exists():
            raise Refused(
                "the backup was made without the signing key, and the log cannot go on without it",
                where=str(source),
                remedy="name the folder that holds it with --keys",
            )
        signer = open_signer(begun / "keys", note.parse_verifier_key(made.key).name)
        if signer.verifier_key != made.key:
            raise Untrusted(
                "the key is not the one of this record", where=str(keys or source), remedy="name its key folder"
            )
        verdict = _verified(begun, tell)
        if (verdict.facts, verdict.root) != (made.facts, made.root):
            raise Untrusted("the record is not the one that was backed up", where=str(source))
        _write(begun / MARK, MARK_TEXT.encode())
        if data.exists():
            data.rmdir()
        begun.rename(data)
    except OSError as exc:
        raise _disk(exc, data) from exc
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return made


def _begin(target: Path, size: int) -> Path:
    """An empty private folder beside the target, on a disk with room for `size` bytes."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict("it exists already", where=str(target), remedy="name a new folder")
    begun = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(target.parent).free
        if free < size + SPARE_BYTES:
            raise Unavailable(
                f"{size + SPARE_BYTES} bytes are needed, {free} are free", where=str(target), remedy="name another disk"
            )
        begun.mkdir(mode=PRIVATE)
    except OSError as exc:
        raise _disk(exc, target) from exc
    return begun


def _copy_moving(source: Path, target: Path, name: str, tell: Tell) -> None:
    """Copy a folder whose files may come and go meanwhile, until the catalogue of the history stands still."""
    for _ in range(PASSES_MAX):
        before = _catalogue(source)
        paths = list(_files(source / name))
        for path in counted(paths, f"copying files of {name}", len(paths), tell, 1):
            to = target / path.relative_to(source)
            if to.exists() and to.stat().st_size == path.stat().st_size and not path.name.endswith(".json"):
                continue  # files of the history and blobs are written once, and logs only grow
            try:
                _copy_file(path, to)
            except FileNotFoundError:
                continue  # compaction took it away; the catalogue has changed then
        if _catalogue(source) == before:
            return
    raise Unavailable(f"the history did not stand still over {PASSES_MAX} copies", remedy="try again in a minute")


def _catalogue(source: Path) -> bytes:
    path = source / CATALOGUE
    return path.read_bytes() if path.exists() else b""


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file durably, for its owner alone. Sockets and links are none of ours. Raises FileNotFoundError."""
    if not stat.S_ISREG(source.lstat().st_mode):
        return
    target.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    with source.open("rb") as from_:
        _write(target, iter(lambda: from_.read(CHUNK_BYTES), b""))


def _copy_site(folder: DataFolder, begun: Path) -> None:
    """The site file in force, which the record names and the blobs hold; else what lies in the data folder."""
    reader = open_reader(DataFolder(begun).spine)
    declared = reader.find(FactQuery(kinds=("SiteDeclared",), limit=1, newest_first=True))
    reader.close()
    held: list[bytes] = []
    with suppress(Trouble):  # then it is not at hand; whoever wrote it has it
        held = [FileBlobs(begun / "blobs").get(fact.body["digest"]) for fact in declared]
    if held:
        _write(begun / folder.site.name, held[0])
    elif folder.site.exists():
        _copy_file(folder.site, begun / folder.site.name)


def _copy_keys(source: Path, target: Path, *, private: bool) -> None:
    for name in (PUBLIC_FILE, *((PRIVATE_FILE,) if private else ())):
        if not (source / name).is_file():
            raise Refused("there is no such key file", where=str(source / name), remedy="name the site's key folder")
        _copy_file(source / name, target / name)


def _restore_file(source: Path, begun: Path, name: str, listed: Listed) -> None:
    """Copy one listed file and check it on the way. Raises Untrusted when it is not what the list says."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise Untrusted("the list names a file outside the backup", where=f"{source / LIST}: {name}")
    try:
        _copy_file(source / path, begun / path)
        found = _listed(begun / path)
    except (FileNotFoundError, IsADirectoryError):
        raise Untrusted("a listed file is missing", where=str(source / path), remedy="take another backup") from None
    if found != listed:
        raise Untrusted("the file is not what was backed up", where=str(source / path), remedy="take another backup")


def _read_list(source: Path) -> Backup:
    path = source / LIST
    try:
        with path.open("rb") as file:
            text = file.read(LIST_BYTES_MAX)
        made = msgspec.json.decode(text, type=Backup)
    except OSError as exc:
        remedy = "name a folder that `ironkeep backup` made"
        raise Refused(f"this is no backup: {exc.strerror}", where=str(path), remedy=remedy) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused(f"this is no list of a backup: {exc}", where=str(path)) from exc
    if made.form != FORM:
        raise Refused(f"the backup is of form {made.form}, this version reads {FORM}", where=str(path))
    return made


def _verified(folder: Path, tell: Tell) -> Verdict:
    """The verdict over a copied site. Raises Untrusted unless it is good."""
    history = folder / "history"
    key = evidence.verifier_key(DataFolder(folder))
    segments = history if history.exists() else None
    verdict = evidence.verify(folder, key=key, checkpoint=None, segments=segments, tell=tell)
    if not verdict.good:
        raise Untrusted(
            f"the copied record does not verify: {verdict.problems[0]}",
            where=str(folder),
            remedy="run `ironkeep verify` on the original",
        )
    return verdict


def _files(folder: Path) -> Iterator[Path]:
    """The regular files below a folder that are to stay, in order."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return iter(sorted(path for path in found if path.suffix not in PASSING))


def _kilobytes(path: Path, more: int = 0) -> int:
    """The size of a file that may not be there yet, and `more` bytes, in kB."""
    try:
        return (path.stat().st_size + more) // 1000
    except OSError:
        return more // 1000


def _bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def _listed(path: Path) -> Listed:
    with path.open("rb") as file:
        return Listed(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _write(path: Path, chunks: bytes | Iterator[bytes]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _disk(exc: OSError, where: Path) -> Unavailable:
    remedy = "free some space or name another disk; nothing was left behind"
    return Unavailable(f"the disk refused: {exc.strerror}", where=str(where), remedy=remedy)
