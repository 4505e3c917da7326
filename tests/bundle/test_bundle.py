"""The offline bundle: complete, signed, the same each time, and enough for a machine that has no network at all."""

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tools import bundle, first_hour, sbom

ROOT = Path(__file__).resolve().parents[2]
RUN_S = 150
os.environ.setdefault("SOURCE_DATE_EPOCH", "1795132800")  # one moment, whatever is committed meanwhile


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
@pytest.mark.timeout(1000)
def test_the_first_hour_works_as_written_without_network_and_leaves_nothing(made: Path, tmp_path: Path) -> None:
    done = first_hour.run(made, tmp_path)
    assert done.code == 0, done.said
    assert list(done.seconds) == [step.title for step in first_hour.steps()]
    assert "Frequency droop" in done.said
    assert "version differs, 1 (this week): cab-b" in done.said
    assert "10.20.0.77" in done.said
    assert "GOOD" in done.said
    written = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert {"settings.html", "recording-report.html", "card-cab-a.html", "my-site.toml", "facts.jsonl"} <= written
    assert not (tmp_path / "ironkeep").exists()
    assert not (tmp_path / "demo").exists()


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
