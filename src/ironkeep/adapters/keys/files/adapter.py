"""An Ed25519 key in a file that only its owner may read. It is made at the first start and never leaves its folder.

A key that others may read is refused: it proves nothing any more. The verifier key lies beside it, for people to carry
away; one of an earlier key or name stays, under a name of its own.
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ironkeep.adapters.keys.files.config import (
    FOLDER_MODE,
    KEY_BYTES_MAX,
    OTHERS,
    PRIVATE_FILE,
    PRIVATE_MODE,
    PUBLIC_FILE,
    PUBLIC_MODE,
)
from ironkeep.facts import note
from ironkeep.model.errors import Refused, Unavailable, Untrusted


class FileSigner:
    """A Signer over one private key held in memory."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        note.require_name(name)
        self._name = name
        self._private = private
        self._public = private.public_key().public_bytes_raw()

    @property
    def name(self) -> str:
        """The key's name: the log's origin line."""
        return self._name

    @property
    def algorithm(self) -> int:
        """The signature type byte of C2SP signed-note."""
        return note.ED25519

    @property
    def public_key(self) -> bytes:
        """The raw public key, 32 bytes. Source: RFC 8032."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """The raw signature of a message, 64 bytes. Source: RFC 8032."""
        return self._private.sign(message)

    @property
    def verifier_key(self) -> str:
        """The verifier key in one line."""
        return note.VerifierKey(self._name, self.algorithm, self._public).text()


def open_signer(folder: Path, name: str) -> FileSigner:
    """The key of a folder, made when there is none.

    Raises Refused when others may read it, Untrusted when the file is no Ed25519 key, Unavailable when the disk
    refuses.
    """
    note.require_name(name)
    path = folder / PRIVATE_FILE
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        try:
            signer = FileSigner(name, _read(path))
        except FileNotFoundError:
            made = Ed25519PrivateKey.generate()
            pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _write_once(path, pem, PRIVATE_MODE)
            signer = FileSigner(name, _read(path))  # what stands there, should another have been first
        public = folder / PUBLIC_FILE
        line = f"{signer.verifier_key}\n".encode()
        held = public.read_bytes() if public.exists() else b""
        if held and held != line:  # of another key or name: what it verifies, nothing else does
            public.rename(public.with_name(f"{PUBLIC_FILE}.{hashlib.sha256(held).hexdigest()[:8]}"))
        if held != line:
            public.unlink(missing_ok=True)
            _write_once(public, line, PUBLIC_MODE)
    except OSError as exc:
        raise Unavailable(
            f"the key cannot be read or made: {exc.strerror}", where=str(path), remedy="check who may read the folder"
        ) from exc
    return signer


def _read(path: Path) -> Ed25519PrivateKey:
    """The key in a file. Raises FileNotFoundError, Refused when others may read it, Untrusted when it is none."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode & 0o777
        if mode & OTHERS:
            raise Refused(
                f"others may use the private key (mode {mode:04o})",
                where=str(path),
                remedy=f"chmod 600 {path}, and treat what it signed since as unproved if others may have read it",
            )
        data = os.read(handle, KEY_BYTES_MAX)
    finally:
        os.close(handle)
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise Untrusted(f"not a private key: {exc}", where=str(path), remedy="bring the right file back") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise Untrusted("the key is not Ed25519", where=str(path), remedy="bring the right file back")
    return key


def _write_once(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole and durably unless one of that name stands there already."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            return
    finally:
        beside.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)
