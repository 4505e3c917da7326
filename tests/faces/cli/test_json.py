"""--json: what the words say as one line, and errors as JSON with the same exit code."""

import base64
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.faces.cli.app import create_cli
from ironkeep.faces.cli.running import InWords
from ironkeep.faces.cli.show import Events
from ironkeep.faces.cli.wiring import Up
from ironkeep.facts.alarm import AlarmAcknowledged
from ironkeep.facts.envelope import Draft
from ironkeep.model.ids import SiteId
from ironkeep.model.time import Now
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.main import Programs

SITE = """\
[site]
id = "s"
name = "A small site"

[[asset]]
id = "cab-a"
kind = "bank"
"""
UP = Up("http://127.0.0.1:8470", "http://127.0.0.1:8470/enrol?token=x", "s", Path("/data"))


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """What a command sets up for the log of its process ends with the test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def said(*arguments: object) -> Result:
    return CliRunner().invoke(create_cli(Programs()), [str(each) for each in arguments])


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder, site = DataFolder(tmp_path / "data"), SiteId("s")
    folder.prepare()
    store = open_store(folder.spine, open_signer(folder.keys, site), site)
    store.append([Draft(AlarmAcknowledged("a", "cab-a", "person:kim"), "person:kim")], Now(1, 1))
    store.close()
    return folder


def test_the_key_is_the_same_in_words_and_as_json(data: DataFolder) -> None:
    words = said("key", "--data", data.path).stdout
    assert json.loads(said("key", "--data", data.path, "--json").stdout) == {"key": words.strip()}


def test_an_export_tells_its_checkpoint_its_size_and_its_root(data: DataFolder, tmp_path: Path) -> None:
    told = json.loads(said("export", tmp_path / "out", "--data", data.path, "--json").stdout)
    assert told["checkpoint"] == (tmp_path / "out/checkpoint").read_text()
    assert said("export", tmp_path / "again", "--data", data.path).stdout.strip() == told["checkpoint"].strip()
    assert (told["log"], told["facts"], told["folder"]) == ("s", 1, str(tmp_path / "out"))
    assert base64.b64decode(told["root"])
    assert told["root"] in told["checkpoint"]


def test_a_card_tells_its_file_and_digest_and_whether_it_shows_values(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE)
    asked = ("card", "cab-a", "--site", tmp_path / "site.toml", "--data", tmp_path, "--out", tmp_path / "card.html")
    done = said(*asked, "--json")
    told = json.loads(done.stdout)
    assert (told["asset"], told["file"], told["values"]) == ("cab-a", str(tmp_path / "card.html"), False)
    assert told["digest"][:8] in (tmp_path / "card.html").read_text()
    assert "no engine answers" in done.stderr
    assert said(*asked).stdout.startswith(f"{tmp_path / 'card.html'}: card ")


def test_a_template_is_a_text_in_json(tmp_path: Path) -> None:
    told = json.loads(said("import", "--template", "--json").stdout)
    assert told["template"].rstrip() == said("import", "--template").stdout.rstrip()


def test_a_syslog_process_without_a_collector_says_how_to_name_one(data: DataFolder) -> None:
    done = said("syslog", "serve", "--data", data.path, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["what"] == "no collector is named"


def test_the_syslog_process_says_what_it_follows_as_json(data: DataFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as collector:
        port = collector.getsockname()[1]
        data.syslog.write_text(f'host = "127.0.0.1"\nport = {port}\ntransport = "tcp"\nfrom = "first"\n')
        data.syslog.chmod(0o600)
        command = [sys.executable, "-m", "ironkeep", "syslog", "serve", "--data", str(data.path), "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(60) == 0
            process.stdout.close()
    assert told["event"] == "the export follows the record"
    assert (told["level"], told["next"]) == ("info", 0)
    assert str(port) in told["receiver"]


def test_a_program_that_stays_says_where_it_is_in_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    InWords(lines.append).up(UP)
    assert lines == [
        "Ironkeep is at http://127.0.0.1:8470",
        "Nobody has an account yet. Make the first one, once, at: http://127.0.0.1:8470/enrol?token=x",
        "Ctrl-C stops everything. The data stay in /data",
    ]
    Events().up(UP)
    Events().say("stopping")
    first, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["up"] | {"why": "", "recorded": ""} == first["up"]
    assert (first["up"]["address"], first["up"]["link"], first["up"]["data"]) == (UP.address, UP.link, "/data")
    assert last == {"said": "stopping"}


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (("key", "--data", "NOWHERE"), "refused", 2),
        (("export", "NOWHERE/out", "--data", "NOWHERE"), "refused", 2),
        (("card", "cab-a", "--data", "NOWHERE"), "refused", 2),
        (("syslog", "serve", "--data", "NOWHERE"), "refused", 2),
        (("run", "--site", "NOWHERE/site.toml"), "refused", 2),
        (("replay", "NOWHERE/week.csv"), "unavailable", 3),
        (("status", "--data", "NOWHERE"), "unavailable", 3),
        (("facts", "--data", "NOWHERE", "--since", "yesterday"), "refused", 2),
        (("import", "NOWHERE/list.csv", "--dry-run"), "refused", 2),
        (("passport", "diff", "NOWHERE/a", "NOWHERE/b"), "refused", 2),
        (("twin", "inject", "fire", "--data", "NOWHERE"), "unavailable", 3),
        (("account", "reset", "kim", "--data", "NOWHERE"), "refused", 2),
        (("inventory", "gasp"), "refused", 2),
        (("facts", "--kinds", "AlarmRaised"), "refused", 2),
        (("run", "--demo", "--site", "NOWHERE"), "refused", 2),
    ],
)
def test_an_error_is_json_too_with_the_same_exit_code(
    arguments: tuple[str, ...], kind: str, code: int, tmp_path: Path
) -> None:
    named = [each.replace("NOWHERE", str(tmp_path / "nowhere")) for each in arguments]
    words, told = said(*named), said(*named, "--json")
    assert (words.exit_code, words.stdout, told.exit_code) == (code, "", code)
    error = json.loads(told.stdout)["error"]
    assert (error["kind"], error["exit"]) == (kind, code)
    assert error["what"] in told.stderr
    assert error["remedy"]
    assert told.stderr == words.stderr
