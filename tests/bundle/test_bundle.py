"""The offline bundle: complete, signed, the same each time, and enough for a machine that has no network at all."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools import bundle, sbom

ROOT = Path(__file__).resolve().parents[2]
RUN_S = 150
os.environ.setdefault("SOURCE_DATE_EPOCH", "1795132800")  # one moment, whatever is committed meanwhile
APART = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]

# In a network namespace of its own, in which even loopback must first be brought up: install, run, look, stop, remove.
STORY = """
set -eu
ip link set lo up
! ip route get 192.0.2.1 >/dev/null 2>&1 || exit 90
./install.sh --prefix "$HERE/opt" --link "$HERE/usr" >"$HERE/install.log"
"$HERE/usr/bin/ironkeep" --version
"$HERE/usr/bin/ironkeep" run --demo --data "$HERE/data" --port 8471 >"$HERE/run.log" 2>&1 &
running=$!
for _ in $(seq 600); do
  "$HERE/opt/bin/python" -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:8471/healthz", timeout=2)' \
    2>/dev/null && break
  kill -0 $running
  sleep 0.2
done
"$HERE/usr/bin/ironkeep" status --json --data "$HERE/data"
kill -INT $running
wait $running
"$HERE/usr/bin/ironkeep" verify "$HERE/data" --json
"$HERE/opt/uninstall.sh" --purge "$HERE/data" >>"$HERE/install.log"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of this tree."""
    return bundle.bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def unpacked(made: Path, tmp_path: Path) -> Path:
    """Its folder, to be used or broken."""
    with tarfile.open(made) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_without_network_it_installs_runs_shows_live_data_and_leaves_nothing(unpacked: Path, tmp_path: Path) -> None:
    here = tmp_path / "machine"
    here.mkdir()
    command = [*APART, "sh", "-c", STORY]
    clean = {"HERE": str(here), "PATH": os.environ["PATH"], "HOME": str(here), "PYTHON": sys.executable}
    done = subprocess.run(
        command, cwd=unpacked, env=clean, capture_output=True, text=True, timeout=RUN_S * 4, check=False
    )
    logs = "".join(path.read_text() for path in here.glob("*.log"))
    assert done.returncode == 0, f"{done.stdout}{done.stderr}{logs}"
    version, status, verdict = done.stdout.strip().splitlines()
    assert re.fullmatch(r"ironkeep \d+\.\d+\.\d+", version)
    assert json.loads(status)["live"]
    assert json.loads(verdict)["good"]
    left = sorted(str(path.relative_to(here)) for path in here.rglob("*") if path.is_file() or path.is_symlink())
    assert left == ["install.log", "run.log"]


def test_the_installer_refuses_a_changed_a_missing_and_an_added_file(unpacked: Path) -> None:
    def refused() -> str:
        done = subprocess.run(
            ["sh", "./install.sh", "--prefix", str(unpacked.parent / "opt")],
            cwd=unpacked, capture_output=True, text=True, timeout=RUN_S, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout
        assert not (unpacked.parent / "opt").exists()
        return done.stderr

    notice = unpacked / "NOTICE"
    text = notice.read_text()
    notice.write_text(text + " ")
    assert "not what SHA256SUMS says" in refused()
    notice.unlink()
    assert "SHA256SUMS" in refused()
    notice.write_text(text)
    (unpacked / "wheels/extra.whl").write_text("")
    assert "does not name" in refused()
    (unpacked / "wheels/extra.whl").unlink()
    sums = unpacked / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(reversed(lines)))
    assert "signature" in refused()


def test_a_signature_by_another_key_than_the_trusted_one_is_refused(unpacked: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(tmp_path / "k")], check=True)
    subprocess.run(["openssl", "pkey", "-in", str(tmp_path / "k"), "-pubout", "-out", str(other)], check=True)
    done = subprocess.run(
        ["sh", "./install.sh", "--prefix", str(tmp_path / "opt"), "--key", str(other)],
        cwd=unpacked, capture_output=True, text=True, timeout=RUN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "signature" in done.stderr
    assert not (tmp_path / "opt").exists()


@pytest.mark.timeout(300)
def test_the_same_tree_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    again = bundle.bundle(tmp_path)
    with tarfile.open(made) as one, tarfile.open(again) as two:
        assert contents(two) == contents(one)
    assert bundle.sha256(again.read_bytes()) == bundle.sha256(made.read_bytes())


def contents(archive: tarfile.TarFile) -> dict[str, str]:
    """The digest of every file of an archive."""
    files = (each for each in archive if each.isfile())
    return {each.name: bundle.sha256(archive.extractfile(each).read()) for each in files}  # type: ignore[union-attr]


def test_the_bill_of_materials_names_what_is_shipped_and_nothing_else(unpacked: Path) -> None:
    bill = json.loads((unpacked / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", sbom.SPEC)
    hashes = {each["hashes"][0]["content"] for each in bill["components"] if each["purl"].startswith("pkg:pypi/")}
    hashes.add(bill["metadata"]["component"]["hashes"][0]["content"])
    shipped = {bundle.sha256(p.read_bytes()) for p in (unpacked / "wheels").iterdir() if not p.name.startswith("uv-")}
    assert hashes == shipped
    names = {each["name"] for each in bill["components"]}
    assert {"numpy", "duckdb", "granian", "htmx.org", "uplot"} <= names
    assert not names & {"pymerkle", "pytest", "hatchling", "pybamm"}
    assert all(each["licenses"] for each in bill["components"])
    refs = {each["bom-ref"] for each in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert {each["ref"] for each in bill["dependencies"]} <= refs
    assert all(set(each["dependsOn"]) <= refs for each in bill["dependencies"])


def test_the_services_are_shut_in(unpacked: Path) -> None:
    for unit, most in (("ironkeep-engine.service", 2.5), ("ironkeep-console.service", 2.0)):
        path = unpacked / "deploy" / unit
        path.write_text(path.read_text().replace("@PREFIX@/bin/ironkeep", "/bin/true"))
        tool = shutil.which("systemd-analyze")
        assert tool, "systemd-analyze comes with the Debian package systemd"
        done = subprocess.run(
            [tool, "security", "--offline=true", "--no-pager", str(path)], capture_output=True, text=True, check=False
        )
        level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
        assert level, done.stdout + done.stderr
        assert float(level[1]) <= most, done.stdout
