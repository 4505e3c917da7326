"""`ironkeep facts`: what it shows, and what it says of what it does not show."""

import json

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


def test_a_list_that_was_cut_says_so_beside_the_facts(tmp_path):
    data, site = DataFolder(tmp_path / "data"), SiteId("s")
    data.prepare()
    store = open_store(data.spine, open_signer(data.keys, site), site)
    store.append([Draft(AlarmAcknowledged(f"a{n}", "cab-a", "person:kim"), "person:kim") for n in range(3)], Now(1, 1))
    store.close()

    def said(*more):
        return CliRunner().invoke(create_cli(Programs()), ["facts", "--data", str(data.path), "--json", *more])

    cut = said("--limit", "2")
    assert [json.loads(each)["seq"] for each in cut.stdout.splitlines()] == [0, 1]
    assert "oldest 2 of more" in cut.stderr
    assert "newest 2 of more" in said("--limit", "2", "--newest").stderr
    whole = said("--limit", "3")
    assert len(whole.stdout.splitlines()) == 3
    assert not whole.stderr
