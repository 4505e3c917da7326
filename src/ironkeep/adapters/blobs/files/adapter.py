"""Blobs as files: `<folder>/<two digits>/<digest>`. A file is there whole or not at all, and none is changed."""

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from ironkeep.adapters.blobs.files.config import FILE_MODE, FOLDER_MODE, PREFIX
from ironkeep.model.errors import Refused, Unavailable, Untrusted

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """A BlobStore."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """Keep the bytes durably and return their hex SHA-256. Raises Unavailable when the disk refuses."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        beside = path.with_name(f"{digest}.{os.getpid()}.part")
        try:
            if path.exists() and path.read_bytes() == data:
                return digest
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            path.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
            _sync(self._folder)
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            _sync(path.parent)
        except OSError as exc:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise self._unavailable(exc, path) from exc
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest. Raises Refused when there are none, Untrusted when what is stored does not match."""
        if not _DIGEST.fullmatch(digest):
            raise Refused(f"not a SHA-256 in hex: {digest[:80]!r}", where="blob", remedy="64 lower-case hex digits")
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise Refused(
                "no such blob", where=digest, remedy="copy it from a backup; its name is its digest"
            ) from None
        except OSError as exc:
            raise self._unavailable(exc, path) from exc
        if hashlib.sha256(data).hexdigest() != digest:
            raise Untrusted(
                "the stored bytes are not those of the digest", where=str(path), remedy="bring a backup back"
            )
        return data

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:PREFIX] / digest

    @staticmethod
    def _unavailable(exc: OSError, path: Path) -> Unavailable:
        return Unavailable(
            f"the disk refuses: {exc.strerror}", where=str(path), remedy="free space, or make it writable"
        )


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
