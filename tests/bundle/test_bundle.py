"""The offline bundle: complete, signed, the same each time, and enough for a machine that has no network at all."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

from tools import bundle, first_hour, sbom, wheelhouse

ROOT = Path(__file__).resolve().parents[2]
RUN_S = 150
UV = Path(sys.executable).parent / "uv"


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder as a bundle's, but for the wheels, which the installer looks at last; to be broken."""
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels/pythons").write_text("".join(f"{python}\n" for python in wheelhouse.PYTHONS))
    for name in ("deploy/install.sh", "NOTICE"):
        shutil.copy(ROOT / name, folder)
    bundle.signed(folder)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_the_first_hour_works_as_written_without_network_and_leaves_nothing(made: Path, tmp_path: Path) -> None:
    done = first_hour.run(made, tmp_path)
    assert done.code == 0, done.said
    assert list(done.seconds) == [step.title for step in first_hour.steps()]
    assert "Frequency droop" in done.said
    assert "capacity" in done.said.lower()
    assert "version differs, 1 (this week): cab-b" in done.said
    assert "10.20.0.77" in done.said
    assert "GOOD" in done.said
    written = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert {"settings.html", "recording-report.html", "card-cab-a.html", "my-site.toml", "facts.jsonl"} <= written
    assert not (tmp_path / "ironkeep").exists()
    assert not (tmp_path / "demo").exists()


def test_the_installer_refuses_a_changed_a_missing_and_an_added_file(signed: Path) -> None:
    def refused() -> str:
        done = subprocess.run(
            ["sh", "./install.sh", "--prefix", str(signed.parent / "opt")],
            cwd=signed, capture_output=True, text=True, timeout=RUN_S, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout
        assert not (signed.parent / "opt").exists()
        return done.stderr

    notice = signed / "NOTICE"
    text = notice.read_text()
    notice.write_text(text + " ")
    assert "not what SHA256SUMS says" in refused()
    notice.unlink()
    assert "SHA256SUMS" in refused()
    notice.write_text(text)
    (signed / "wheels/extra.whl").write_text("")
    assert "does not name" in refused()
    (signed / "wheels/extra.whl").unlink()
    sums = signed / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(reversed(lines)))
    assert "signature" in refused()


def test_a_signature_by_another_key_than_the_trusted_one_is_refused(signed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(tmp_path / "k")], check=True)
    subprocess.run(["openssl", "pkey", "-in", str(tmp_path / "k"), "-pubout", "-out", str(other)], check=True)
    done = subprocess.run(
        ["sh", "./install.sh", "--prefix", str(tmp_path / "opt"), "--key", str(other)],
        cwd=signed, capture_output=True, text=True, timeout=RUN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "signature" in done.stderr
    assert not (tmp_path / "opt").exists()


@pytest.mark.timeout(300)
def test_the_same_tree_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    again = bundle.bundle(tmp_path)
    with tarfile.open(made) as one, tarfile.open(again) as two:
        assert listed(two) == listed(one)
    assert wheelhouse.digest(again) == wheelhouse.digest(made)


def listed(archive: tarfile.TarFile) -> list[str]:
    """The list of checksums in an archive."""
    (sums,) = (each for each in archive if each.name.endswith("/SHA256SUMS"))
    return archive.extractfile(sums).read().decode().splitlines()  # type: ignore[union-attr]


def test_the_bill_of_materials_names_what_is_shipped_and_nothing_else(unpacked: Path) -> None:
    bill = json.loads((unpacked / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", sbom.SPEC)
    libraries = [each for each in bill["components"] if each["purl"].startswith("pkg:pypi/")]
    hashes = {wheel["hashes"][0]["content"] for each in libraries for wheel in each["components"]}
    hashes.add(bill["metadata"]["component"]["hashes"][0]["content"])
    shipped = {bundle.sha256(p.read_bytes()) for p in (unpacked / "wheels").glob("*.whl") if p.name[:3] != "uv-"}
    assert hashes == shipped
    names = {each["name"] for each in bill["components"]}
    assert {"numpy", "duckdb", "granian", "htmx.org", "uplot"} <= names
    assert not names & {"pymerkle", "pytest", "hatchling", "pybamm"}
    assert all(each["licenses"] for each in bill["components"])
    refs = {each["bom-ref"] for each in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert {each["ref"] for each in bill["dependencies"]} <= refs
    assert all(set(each["dependsOn"]) <= refs for each in bill["dependencies"])


def installed(folder: Path, python: str, into: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What comes of the bundle's wheels for a Python that need not be here."""
    command = [str(UV), "pip", "install", "--offline", "--no-config", "--no-index", "--no-deps", "--require-hashes"]
    command += ["--requirements", "wheels/requirements.txt", "--python-version", python, "--target", str(into)]
    with tempfile.TemporaryDirectory() as cache:
        return subprocess.run(
            [*command, "--cache-dir", cache, *options],
            cwd=folder, env={**os.environ, "UV_FIND_LINKS": str(folder / "wheels")}, capture_output=True, text=True,
            timeout=RUN_S, check=False,
        )  # fmt: skip


@pytest.mark.parametrize("python", wheelhouse.PYTHONS)
def test_every_python_served_finds_each_library_in_the_bundle_by_its_digest(
    unpacked: Path, python: str, tmp_path: Path
) -> None:
    wanted = len((unpacked / "wheels/requirements.txt").read_text().splitlines())
    fine = installed(unpacked, python, tmp_path, "--dry-run")
    assert f"Would install {wanted} packages" in fine.stderr, fine.stderr
    tag = f"cp{python.replace('.', '')}"
    (own,) = (unpacked / "wheels").glob(f"numpy-*-{tag}-{tag}-*.whl")
    aside = own.rename(unpacked.parent / own.name)
    try:
        assert "numpy" in installed(unpacked, python, tmp_path, "--dry-run").stderr, "it takes no other's wheel"
    finally:
        aside.rename(own)


def here(python: str) -> Path | None:
    """A Python of that version that starts, on the path or beside the one that runs this; None without one."""
    beside = sorted(Path(sys.base_prefix).parent.glob(f"*/bin/python{python}"))
    on_path = shutil.which(f"python{python}")
    for found in (*beside, *([Path(on_path)] if on_path else [])):
        done = subprocess.run([found, "-c", "import sqlite3, ssl"], capture_output=True, check=False)
        if done.returncode == 0:
            return found
    return None


FOUND = {python: found for python in wheelhouse.PYTHONS if (found := here(python))}
FIRST_HOUR = f"3.{sys.version_info[1]}"  # that hour takes `python3`, of which this environment was made


def test_at_least_the_python_of_this_test_is_found() -> None:
    assert FIRST_HOUR in FOUND


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("python", [each for each in FOUND if each != FIRST_HOUR])
def test_the_product_works_with_each_other_python_that_is_here(unpacked: Path, python: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = installed(unpacked, python, site, "--link-mode", "hardlink")
    assert done.returncode == 0, done.stderr

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(FOUND[python]), *arguments],
            cwd=unpacked, env={"PYTHONPATH": str(site), "PATH": os.environ["PATH"]}, capture_output=True, text=True,
            timeout=RUN_S, check=False,
        )  # fmt: skip

    every = "import sys, ironkeep.programs.engine, ironkeep.programs.console, ironkeep.programs.twin"
    parts = run("-c", f"{every}; print(sys.version_info[:2], ironkeep.__file__)")
    assert str(tuple(int(part) for part in python.split("."))) in parts.stdout, parts.stderr
    assert str(site) in parts.stdout
    files = [f"docs/how-to/example-settings/{name}.csv" for name in ("before", "after")]
    differ = run("-m", "ironkeep", "passport", "diff", *files)
    assert differ.returncode == 1, differ.stderr
    assert "Frequency droop" in differ.stdout
    recording = "docs/tutorial/first-hour/recording"
    analysed = run("-m", "ironkeep", "analyse", f"{recording}.csv", "--map", f"{recording}.toml")
    assert analysed.returncode in (0, 1), analysed.stderr
    assert "capacity" in analysed.stdout.lower()


def test_the_installer_takes_the_first_python_that_the_bundle_serves(signed: Path, tmp_path: Path) -> None:
    here = tmp_path / "bin"
    here.mkdir()

    def says(python: str, version: str) -> None:
        (here / python).write_text(
            f"#!/bin/sh\ncase $1 in -c) echo {version};; *) echo ran {python} >&2; exit 7;; esac\n"
        )
        (here / python).chmod(0o755)

    def install(*options: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "./install.sh", "--prefix", str(tmp_path / "opt"), *options],
            cwd=signed, env={"PATH": f"{here}:/bin:/usr/bin"}, capture_output=True, text=True, timeout=RUN_S,
            check=False,
        )  # fmt: skip
        assert done.returncode != 0
        return done.stderr

    for python in ("python3", *(f"python{each}" for each in wheelhouse.PYTHONS)):
        says(python, "3.9")
    assert "no Python here that this bundle serves (3.11 3.12 3.13)" in install()
    assert "is Python 3.9" in install("--python", "python3.12")
    assert "is Python none" in install("--python", "python4")
    says("python3.12", "3.12")
    assert "ran python3.12" in install()
    says("python3", "3.11")
    assert "ran python3\n" in install()
    assert "ran python3.12" in install("--python", "python3.12")


def test_the_services_are_shut_in(tmp_path: Path) -> None:
    for unit, most in (("ironkeep-engine.service", 2.5), ("ironkeep-console.service", 2.0)):
        path = tmp_path / unit
        path.write_text((ROOT / "deploy" / unit).read_text().replace("@PREFIX@/bin/ironkeep", "/bin/true"))
        tool = shutil.which("systemd-analyze")
        assert tool, "systemd-analyze comes with the Debian package systemd"
        done = subprocess.run(
            [tool, "security", "--offline=true", "--no-pager", str(path)], capture_output=True, text=True, check=False
        )
        level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
        assert level, done.stdout + done.stderr
        assert float(level[1]) <= most, done.stdout
