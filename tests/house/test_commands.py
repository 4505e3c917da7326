"""The two commands and what they install: pinned, hashed, licensed, from nowhere in particular, and short to read."""

import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import assets, notice
from tools.house import hosts
from tools.house.tree import module, modules

LOCKS = ["uv", "run", "test"]


def make(root: Path, *arguments: str) -> str:
    """What make would do, without doing it."""
    command = ["make", "--no-print-directory", "--always-make", "--dry-run", *arguments]
    env = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(command, cwd=root, env=env, check=True, capture_output=True, text=True).stdout


# --------------------------------------------------------------------------------------------------------------- locks


def entries(lock: str) -> list[str]:
    return [entry for entry in re.split(r"\n(?=\S)", lock) if entry.strip()]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_of_a_lock_is_exact_and_has_hashes(root: Path, name: str) -> None:
    found = entries((root / f"requirements/{name}.txt").read_text())
    assert found
    for entry in found:
        assert re.match(r"[a-z0-9.-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("name", LOCKS)
def test_every_wish_stands_in_its_lock(root: Path, name: str) -> None:
    wishes = (root / f"requirements/{name}.in").read_text().splitlines()
    pins = {entry.split()[0] for entry in entries((root / f"requirements/{name}.txt").read_text())}
    wanted = {line for line in wishes if line and not line.startswith(("#", "-"))}
    assert wanted
    assert wanted - pins == set(), "run `make lock`"


def test_what_is_tested_is_what_runs(root: Path) -> None:
    pins = {name: set(entries((root / f"requirements/{name}.txt").read_text())) for name in LOCKS}
    assert pins["run"] <= {*pins["test"], *(f"{entry}\n" for entry in pins["test"])} | {
        e.rstrip() for e in pins["test"]
    }


def test_the_product_needs_what_the_lock_pins(root: Path) -> None:
    says = tomllib.loads((root / "pyproject.toml").read_text())
    project = says["project"]
    assert set(says["build-system"]["requires"]) <= set((root / "requirements/run.in").read_text().splitlines())
    wanted = {re.match(r"[A-Za-z0-9.-]+", each)[0] for each in project["dependencies"]}
    build = {"hatchling", "editables"}
    wishes = (root / "requirements/run.in").read_text().splitlines()
    assert wanted | build == {line.split("==")[0] for line in wishes if line and not line.startswith("#")}


def test_the_browser_lock_has_integrity_and_no_address(root: Path) -> None:
    packages = json.loads((root / "package-lock.json").read_text())["packages"]
    pinned = {name: says for name, says in packages.items() if name}
    assert pinned
    assert all(says["integrity"].startswith("sha512-") for says in pinned.values())
    assert not any("res" + "olved" in says for says in pinned.values())
    assert "omit-lockfile-registry-res" + "olved=true" in (root / ".npmrc").read_text().splitlines()
    assert "ignore-scripts=true" in (root / ".npmrc").read_text().splitlines()


# --------------------------------------------------------------------------------------------------------------- hosts


def test_no_tracked_file_names_a_registry_or_a_place_on_one_machine() -> None:
    assert hosts.breaches() == []


@pytest.mark.parametrize("host", [*hosts.HOSTS, *hosts.CDNS])
def test_a_registry_in_a_file_is_caught(host: str) -> None:
    assert hosts.breaches_in("Makefile", f"all:\n\tfetch {'https'}://{host.upper()}/simple\n") != []


@pytest.mark.parametrize("path", hosts.PATHS)
def test_a_place_on_one_machine_is_caught(path: str) -> None:
    assert hosts.path_breaches_in("tools/x.sh", f"cp {path}somebody/key .") != []
    assert hosts.path_breaches_in("src/x.py", f'KEY = "{path}somebody"') != []
    assert hosts.path_breaches_in("Makefile", f"cd site{path}bench && ls $(HERE){path}x") == []


def test_the_product_knows_no_address_outside_the_site() -> None:
    assert hosts.addresses(modules()) == []


@pytest.mark.parametrize("address", ["https://vendor.example/fw", "http://10.0.0.9:80/", "wss://relay.example"])
def test_an_address_outside_the_site_is_caught_in_source_and_page(address: str, tmp_path: Path) -> None:
    pages = tmp_path / "src/ironkeep/faces"
    pages.mkdir(parents=True)
    (pages / "site.html").write_text(f"<script src='{address}'></script>")
    assert len(hosts.addresses([], tmp_path / "src")) == 1
    assert len(hosts.addresses([module("ironkeep.engine.turn", f"PLACE = {address!r}")], tmp_path / "none")) == 1


def test_a_local_address_and_a_source_named_in_a_docstring_are_let_through(tmp_path: Path) -> None:
    source = '"""Source: https://vendor.example/datasheet."""\nX = f"http://127.0.0.1:{PORT}/"\nY = f"http://{HOST}/"'
    assert hosts.addresses([module("ironkeep.engine.turn", source)], tmp_path / "none") == []


@pytest.mark.parametrize("setting", hosts.SETTINGS)
def test_a_setting_that_points_at_a_registry_is_caught(setting: str) -> None:
    assert hosts.breaches_in("requirements/run.txt", f"--{setting}=x") != []


# ------------------------------------------------------------------------------------------------------------ licences


def test_the_notice_names_every_run_dependency_with_its_licence(root: Path) -> None:
    text = (root / "NOTICE").read_text()
    assert text == notice.notice(root), "run `make notice`"
    for entry in entries((root / "requirements/run.txt").read_text()):
        name, version = entry.split()[0].split("==")
        assert "win32" in entry or re.search(rf"^{re.escape(name)} +{re.escape(version)} +\S", text, re.MULTILINE), name


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "AGPL-3.0-only", "MIT AND GPL-2.0-only", "SSPL-1.0", "GPLv3"])
def test_a_licence_that_would_bind_the_product_is_caught(licence: str) -> None:
    assert len(notice.binding([notice.Part("peer", "1.0", licence)])) == 1


@pytest.mark.parametrize("licence", ["MIT", "LGPL-3.0-only", "MPL-2.0", "Apache-2.0 OR BSD-3-Clause", "EPL-2.0"])
def test_a_licence_that_binds_only_itself_is_let_through(licence: str) -> None:
    assert notice.binding([notice.Part("peer", "1.0", licence)]) == []


def test_the_bench_peer_under_the_gpl_is_seen_for_what_it_is() -> None:
    assert notice.binding([notice.Part("pymerkle", "7.0.0", notice.licence_of("pymerkle"))]) != []


def test_only_the_bench_imports_the_peer_under_the_gpl(root: Path) -> None:
    assert not [each.path for each in modules() if "pymerkle" in each.source]
    assert "pymerkle" not in (root / "requirements/run.txt").read_text()


def test_the_licence_is_apache_2(root: Path) -> None:
    words = " ".join((root / "LICENSE").read_text().split())
    assert words.startswith("Apache License Version 2.0, January 2004")
    assert "END OF TERMS AND CONDITIONS" in words


# -------------------------------------------------------------------------------------------------------- the commands


def test_the_installed_command_starts_what_pyproject_names(root: Path) -> None:
    script = tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]["ironkeep"]
    name, _, function = script.partition(":")
    found = [each for each in modules() if each.name == name]
    assert found, f"{name} is not there"
    assert re.search(rf"^(?:def {function}\b|{function} = )", found[0].source, re.MULTILINE)


def running(root: Path, *arguments: str) -> list[str]:
    """The words of the command by which `make run` starts the site."""
    return shlex.split(make(root, "run", *arguments).rpartition("exec ")[2].replace("\\\n", ""))


def test_run_passes_on_port_data_and_fresh(root: Path) -> None:
    assert running(root) == ".venv/bin/ironkeep run --demo --port 8470 --data data".split()
    asked = running(root, "PORT=9000", "FRESH=1", "DATA=elsewhere")
    assert asked[2:] == "--demo --port 9000 --data elsewhere --fresh".split()
    assert running(root, "DATA=my data (2)")[-2:] == ["--data", "my data (2)"]
    assert running(root, "DATA=~/my data")[-1] == str(Path.home() / "my data")
    assert "--fresh" not in make(root, "run", "FRESH=0")


PROGRAM = """#!{python}
import os, pathlib, signal, sys, time
def stop(*_):
    pathlib.Path("stopped").write_text("in order")
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
pathlib.Path("started.new").write_text(f"{{os.getpid()}} {{' '.join(sys.argv[1:])}}")
os.replace("started.new", "started")
time.sleep(60)
"""


def test_interrupt_reaches_the_program_and_make_leaves_no_process(root: Path, tmp_path: Path) -> None:
    installed(root, tmp_path)
    program = tmp_path / ".venv/bin/ironkeep"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    env = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    with subprocess.Popen(["make", "run", "PORT=9000"], cwd=tmp_path, env=env, start_new_session=True) as running:
        until((tmp_path / "started").is_file)
        pid, *arguments = (tmp_path / "started").read_text().split()
        os.killpg(running.pid, signal.SIGINT)  # what a terminal does on Ctrl-C
        running.wait(timeout=30)
    assert arguments == "run --demo --port 9000 --data data".split()
    assert (tmp_path / "stopped").read_text() == "in order"
    assert not Path(f"/proc/{pid}").exists()


def installed(root: Path, folder: Path) -> None:
    """Make a folder in which make finds every step done: what the steps read is old, their stamps are new."""
    shutil.copy(root / "Makefile", folder)
    read = (
        "requirements/uv.txt requirements/run.txt tools/venv.sh tools/assets.py pyproject.toml package-lock.json .npmrc"
    )
    stamps = ".venv/bin/uv .venv/bin/.run src/ironkeep/faces/console/vendor/manifest.json"
    for age, names in enumerate((read, *stamps.split()), 1):
        for name in names.split():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
            os.utime(folder / name, (age, age))


def until(ready: Callable[[], bool]) -> None:
    """Wait up to 30 s for something to become true."""
    for _ in range(3000):
        if ready():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_everything_is_installed_by_hash_and_the_product_builds_from_what_is_locked(root: Path) -> None:
    steps = [line for line in make(root, "test").splitlines() if " install " in line]
    assert len(steps) == 3
    for step in steps:
        assert "--require-hashes" in step or "--no-deps --no-build-isolation --editable ." in step, step
    assert "--require-hashes" in (root / "tools/venv.sh").read_text()


def test_test_runs_every_folder_once_the_browser_apart(root: Path) -> None:
    runs = [line.split() for line in make(root, "test").splitlines() if "/pytest" in line]
    rooms, browser = sorted(runs, key=lambda words: "tests/console" in words)
    assert "no:playwright" in rooms
    assert [word for word in rooms if word.startswith(("--ignore", "--deselect", "-k", "-m"))] == [
        "--ignore=tests/console"
    ]
    assert not [word for word in rooms[1:] if word.startswith("tests/")]
    assert browser[1:] == ["-q", "tests/console"]


def test_check_leaves_out_only_what_it_says_by_itself(root: Path) -> None:
    steps = make(root, "check").splitlines()
    said = " ".join(steps)
    assert all(f"/{tool}" in said for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports"))
    left_out = [word.partition("=")[2] for word in said.split() if word.startswith("--deselect")]
    assert len(left_out) == 2
    for each in left_out:
        path, _, test = each.partition("::")
        assert f"def {test}(" in (root / path).read_text()


def test_ci_calls_make_test_and_nothing_else(root: Path) -> None:
    script = root / ".ci/run"
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make test"]
    assert script.stat().st_mode & stat.S_IXUSR


def test_help_names_every_command(root: Path) -> None:
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=root, check=True, capture_output=True, text=True
    )
    phony = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert [line.split()[1] for line in said.stdout.splitlines()] == phony


def test_clean_keeps_what_the_site_recorded(root: Path) -> None:
    assert "data" not in make(root, "clean", "DATA=data").split()


def test_what_the_commands_make_is_never_tracked(root: Path) -> None:
    made = [".venv/x", "build/bench.json", "data/spine.db", "node_modules/x", "src/ironkeep/faces/console/vendor/x.js"]
    done = subprocess.run(["git", "check-ignore", *made], cwd=root, capture_output=True, text=True)
    assert done.stdout.split() == made


# ------------------------------------------------------------------------------------------------------ the installers


@pytest.fixture
def bare(tmp_path: Path):
    """Run a tool with only the named commands within reach, each doing what the test says."""

    def run(tool: Path, *arguments: str, **commands: str) -> subprocess.CompletedProcess[str]:
        reach = tmp_path / "bin"
        reach.mkdir(exist_ok=True)
        for name, body in commands.items():
            (reach / name).write_text(f"#!/bin/sh\n{body}\n")
            (reach / name).chmod(0o755)
        return subprocess.run(
            ["/bin/sh", str(tool), *arguments], cwd=tmp_path, env={"PATH": str(reach)}, capture_output=True, text=True
        )

    return run


def test_a_missing_debian_package_without_the_right_to_install_is_one_line_to_run_and_a_failure(
    root: Path, tmp_path: Path, bare
) -> None:
    (tmp_path / "debian.txt").write_text("# comment\nsh /bin/sh\nchromium chromium\nnut-server upsd\n")
    done = bare(root / "tools/system.sh", "debian.txt", id="echo 1000")
    assert done.returncode == 1
    assert "  sudo apt-get update && sudo apt-get install -y chromium nut-server\n" in done.stderr


def test_a_missing_debian_package_is_installed_by_root_after_the_index_is_fresh(
    root: Path, tmp_path: Path, bare
) -> None:
    (tmp_path / "debian.txt").write_text("chromium chromium\n")
    done = bare(root / "tools/system.sh", "debian.txt", id="echo 0", env='shift; exec "$@"', **{"apt-get": 'echo "$@"'})
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["update", "install"]
    assert done.stdout.splitlines()[-1].endswith(" chromium")


def test_a_package_that_is_there_costs_nothing(root: Path, tmp_path: Path, bare) -> None:
    (tmp_path / "debian.txt").write_text("sh /bin/sh\nchromium chromium\n")
    done = bare(root / "tools/system.sh", "debian.txt", chromium="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_python_that_is_missing_too_old_or_without_venv_is_named_with_the_remedy(root: Path, bare) -> None:
    missing = bare(root / "tools/venv.sh", "python3")
    assert missing.returncode == 1
    assert "apt-get install python3 python3-venv" in missing.stderr
    old = bare(root / "tools/venv.sh", "python3", python3='case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac')
    assert old.returncode == 1
    assert "3.11 or newer" in old.stderr
    assert "Python 3.9.2" in old.stderr
    bald = bare(
        root / "tools/venv.sh", "python3", python3='case "$*" in *version_info*) exit 0;; *) exit 1;; esac', rm=""
    )
    assert bald.returncode == 1
    assert "apt-get install python3-venv" in bald.stderr


def test_assets_are_the_listed_files_with_the_digest_that_pages_will_demand(root: Path, tmp_path: Path) -> None:
    for name, paths in assets.FILES.items():
        for path in paths:
            file = tmp_path / "node_modules" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{name} {path}")
    (tmp_path / "node_modules/uplot/dist/other.js").write_text("not listed")
    vendor = tmp_path / "vendor"
    (vendor / "old").mkdir(parents=True)
    rows = assets.collect(tmp_path / "node_modules", vendor, root / "package-lock.json")
    assert json.loads((vendor / "manifest.json").read_text()) == rows
    assert {path.name for path in vendor.iterdir()} == {row["file"] for row in rows} | {"manifest.json"}
    for row in rows:
        assert set(row) == {"name", "version", "licence", "file", "sha384"}
        assert row["sha384"] == assets.sha384((vendor / row["file"]).read_bytes())


def test_a_digest_is_what_the_standard_says() -> None:
    # Source: W3C Subresource Integrity, section 3.5, the digest of "alert('Hello, world.');"
    assert assets.sha384(b"alert('Hello, world.');") == (
        "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO"
    )


def test_without_node_the_asset_step_says_one_line_and_goes_on(root: Path, tmp_path: Path) -> None:
    python = root / ".venv/bin/python"
    done = subprocess.run(
        [python, root / "tools/assets.py"], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    assert "No node here" in done.stdout
