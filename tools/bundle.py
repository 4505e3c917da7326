"""Makes the offline bundle: everything that a machine without network needs to install and run Ironkeep.

The bundle is one .tar.gz: our wheel, the wheels it needs for each Python of tools/wheelhouse.py, the installer, units
for systemd, the documentation, the bill of materials, a list of checksums and a signature over that list. The same
commit gives the same bytes, whoever builds it: nothing is compressed again. The signing key is named by
IRONKEEP_RELEASE_KEY (Ed25519, PEM); without one a key is made under build/ and said to be a builder's own, which nobody
else has a reason to trust.
"""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ironkeep import __version__  # noqa: E402
from tools.sbom import sbom  # noqa: E402
from tools.wheelhouse import INSTALLER, PYTHONS, Wheels, digest, wheels  # noqa: E402

BUILD = ROOT / "build"
CARRIED = ("LICENSE", "NOTICE", "README.md", "SECURITY.md", "docs", "deploy")
SUMS = "SHA256SUMS"


def built_at() -> int:
    """Return the time that stands in the bundle: SOURCE_DATE_EPOCH, else that of the commit, in seconds."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    return int(done.stdout) if done.returncode == 0 else 1_795_132_800


def wheel(into: Path, at: int) -> Path:
    """Build our wheel and return its path."""
    into.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={**os.environ, "SOURCE_DATE_EPOCH": str(at)})
    return into / f"ironkeep-{__version__}-py3-none-any.whl"


def requirements(ours: Path, chosen: Wheels) -> str:
    """Return what the installer installs: each library at its version, by the digests of the wheels carried."""
    lines = []
    for name, paths in {"ironkeep": [ours], **chosen}.items():
        if name != INSTALLER:
            digests = " ".join(f"--hash=sha256:{digest(path)}" for path in paths)
            lines.append(f"{name}=={paths[0].name.split('-')[1]} {digests}\n")
    return "".join(lines)


def key() -> Ed25519PrivateKey:
    """Return the signing key. Raises SystemExit when the one named is none."""
    named = os.environ.get("IRONKEEP_RELEASE_KEY")
    path = Path(named) if named else BUILD / "builder-key.pem"
    if not named and not path.exists():
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(made)
    found = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, Ed25519PrivateKey):
        sys.exit(f"{path}: a release is signed by an Ed25519 key")
    return found


def sha256(data: bytes) -> str:
    """Return the hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def bundle(out: Path = BUILD) -> Path:
    """Make the bundle and return its path."""
    at = built_at()
    name = f"ironkeep-{__version__}-linux_{os.uname().machine}"
    place = out / "bundle" / name
    shutil.rmtree(place, ignore_errors=True)
    (place / "wheels").mkdir(parents=True)
    ours = wheel(place / "wheels", at)
    chosen = wheels()
    for path in (path for paths in chosen.values() for path in paths):
        shutil.copyfile(path, place / "wheels" / path.name)
    (place / "wheels/requirements.txt").write_text(requirements(ours, chosen))
    (place / "wheels/pythons").write_text("".join(f"{python}\n" for python in PYTHONS))
    vendor = ROOT / "src/ironkeep/faces/console/vendor"
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    (place / "sbom.cdx.json").write_bytes(sbom(__version__, ours, chosen, vendor, when))
    for each in CARRIED:
        copy = shutil.copytree if (ROOT / each).is_dir() else shutil.copyfile
        copy(ROOT / each, place / each)
    for script in ("install.sh", "uninstall.sh"):
        (place / "deploy" / script).replace(place / script)
    signed(place)
    return packed(place, out / f"{name}.tar.gz", at)


def signed(place: Path) -> None:
    """Write the checksums of every file, the signature over them, and the key to check it by."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    text = "".join(f"{sha256(path.read_bytes())}  {path.relative_to(place)}\n" for path in files)
    (place / SUMS).write_text(text)
    private = key()
    (place / f"{SUMS}.sig").write_bytes(private.sign(text.encode()))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (place / "release.pub.pem").write_bytes(public)


def packed(place: Path, target: Path, at: int) -> Path:
    """Pack a folder so that the same files give the same bytes, and return the archive.

    Wheels are compressed already, and another zlib would give other bytes.
    """
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in [place, *sorted(place.rglob("*"))]:
            entry = archive.gettarinfo(str(path), str(path.relative_to(place.parent)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = at
            entry.mode = 0o755 if path.is_dir() or path.suffix == ".sh" else 0o644
            if path.is_file():
                with path.open("rb") as file:
                    archive.addfile(entry, file)
            else:
                archive.addfile(entry)
    with (
        target.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=at, filename="", compresslevel=0) as file,
    ):
        file.write(data.getbuffer())
    return target


def main() -> int:
    """Make the bundle and say where it is and by which key it is signed."""
    made = bundle()
    public = sha256(key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    whose = (
        "" if os.environ.get("IRONKEEP_RELEASE_KEY") else " (this builder's own; set IRONKEEP_RELEASE_KEY to release)"
    )
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size // 1_000_000} MB, sha256 {sha256(made.read_bytes())}")
    print(f"signed by key sha256 {public}{whose}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
