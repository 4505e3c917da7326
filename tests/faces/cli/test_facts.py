"""`ironkeep facts`, `state` and `key`: what they show, and what they say of what they do not show."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.faces.cli.app import create_cli
from ironkeep.facts.alarm import AlarmAcknowledged
from ironkeep.facts.envelope import Draft
from ironkeep.model.ids import SiteId
from ironkeep.model.time import Now
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.main import Programs

NOW_US = 1_795_132_800_000_000  # 2026-11-20


@pytest.fixture
def data(tmp_path) -> DataFolder:
    """A site with one fact whose words would rule a terminal."""
    folder, site = DataFolder(tmp_path / "data"), SiteId("s")
    folder.prepare()
    store = open_store(folder.spine, open_signer(folder.keys, site), site)
    ruling = AlarmAcknowledged("a\x1b[2J\x9b1m", "cab-a\n9  2026-11-20T00:00:00.000Z", "person:kim\u202e")
    store.append([Draft(ruling, "person:\rkim")], Now(NOW_US, 1))
    store.close()
    return folder


def said(data: DataFolder, *words: str):
    return CliRunner().invoke(create_cli(Programs()), [*words, "--data", str(data.path)])


def test_no_word_of_a_fact_rules_the_terminal_or_makes_a_line_of_its_own(data) -> None:
    text = said(data, "facts").stdout
    assert len(text.splitlines()) == 2
    assert not {"\x1b", "\x9b", "\r", "\u202e"} & set(text)
    assert "\ufffd[2J" in text
    assert json.loads(said(data, "facts", "--json").stdout)["body"]["alarm"] == "a\x1b[2J\x9b1m"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--kind", "AlarmRaisd"), "write it as AlarmRaised"),
        (("--since", "2026-11-20T00:00:00Z", "--until", "2026-11-20T01:00:00+01:00"), "no time lies between"),
        (("--since", "yesterday"), "2026-11-20T11:20:04Z"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_refused(data, words: tuple[str, ...], told: str) -> None:
    found = said(data, "facts", *words)
    assert found.exit_code == 2
    assert told in found.stderr


def test_a_state_says_how_old_its_newest_fact_is_and_whether_its_moment_has_come(data) -> None:
    later = said(data, "state", "--as-of", "2026-11-20T03:00:00Z").stdout
    assert "after 1 facts, the newest of 2026-11-20T00:00:00.000000Z (3 h before)" in later
    assert "has not come yet" not in later
    assert "after 0 facts; site not declared" in said(data, "state", "--as-of", "1999-01-01T00:00:00Z").stdout
    assert "has not come yet" in said(data, "state", "--as-of", "2199-01-01T00:00:00Z").stdout


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"hello", b"name+00000000+AQ=="])
def test_a_key_file_that_holds_no_key_is_refused(data, text: bytes) -> None:
    assert said(data, "key").exit_code == 0
    (data.keys / "log.vkey").write_bytes(text)
    found = said(data, "key")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "log.vkey" in found.stderr


@pytest.mark.parametrize("key", ["", " \n"])
def test_a_key_that_came_out_empty_is_not_taken_for_none(data, key: str) -> None:
    found = CliRunner().invoke(create_cli(Programs()), ["verify", str(data.path), "--key", key])
    assert (found.exit_code, found.stdout) == (2, "")
    assert "--key: it is empty" in found.stderr


def test_a_folder_whose_name_is_no_text_is_named_in_json_too(tmp_path: Path) -> None:
    found = said(DataFolder(tmp_path / "n\udce4"), "facts", "--json")
    assert json.loads(found.stdout)["error"]["where"].endswith("n\ufffd")


def test_a_list_that_was_cut_says_so_beside_the_facts(tmp_path):
    data, site = DataFolder(tmp_path / "data"), SiteId("s")
    data.prepare()
    store = open_store(data.spine, open_signer(data.keys, site), site)
    store.append([Draft(AlarmAcknowledged(f"a{n}", "cab-a", "person:kim"), "person:kim") for n in range(3)], Now(1, 1))
    store.close()

    def listed(*more):
        return said(data, "facts", "--json", *more)

    cut = listed("--limit", "2")
    assert [json.loads(each)["seq"] for each in cut.stdout.splitlines()] == [0, 1]
    assert "oldest 2 of more" in cut.stderr
    assert "newest 2 of more" in listed("--limit", "2", "--newest").stderr
    whole = listed("--limit", "3")
    assert len(whole.stdout.splitlines()) == 3
    assert not whole.stderr
