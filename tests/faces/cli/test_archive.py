"""`ironkeep inventory archive` on the data of a site that no longer runs: contracts stand, nothing is made up."""

import json
import tarfile
from pathlib import Path

from tests.programs.test_run import ironkeep

DATA = Path(__file__).parents[2] / "upgrades/0.2.0.tar.xz"


def test_what_a_contract_says_stands_beside_what_the_record_shows_and_the_rest_is_not_known(tmp_path):
    with tarfile.open(DATA) as archive:
        archive.extractall(tmp_path, filter="data")
    said = ironkeep("inventory", "archive", "--data", str(tmp_path), "--json")
    found = json.loads(said.stdout)
    assert "no engine answers" in said.stderr
    kept = {each["asset"]: each for each in found["kept"]}
    assert kept["con-1"]["declared"] == "13 months, by contract"
    assert kept["cab-a"]["declared"] == ""
    assert all(each["raw"] is None for each in kept.values())
    assert found["ours"] == {}
    words = ironkeep("inventory", "archive", "--data", str(tmp_path)).stdout
    assert "not known" in words
    assert "nothing sealed" in words
