"""Parts of an engine opened on a folder in which something is wrong."""

from pathlib import Path

import pytest

from ironkeep.adapters.stores.history.catalogue import NAME
from ironkeep.engine.health import Newest
from ironkeep.model.errors import Conflict
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.parts import Parts, open_parts
from ironkeep.programs.policies import policies
from tests.stories.site_at_work import demo_site


def opened(folder: DataFolder) -> Parts:
    site = demo_site()
    return open_parts(
        folder, site, policies(site), HistoryPolicy(), clock.now, lambda found: Newest("0", clock.now(), found)
    )


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.prepare()
    return made


def close(parts: Parts) -> None:
    parts.history.close()
    parts.snapshots.close()
    parts.scribe.close()


def test_a_site_is_watched_without_a_history_that_cannot_be_used_and_says_so(folder: DataFolder) -> None:
    folder.history.mkdir()
    (folder.history / NAME).write_bytes(b"{")
    parts = opened(folder)
    assert "catalogue" in parts.history.trouble
    assert parts.history.trouble in parts.found
    parts.history.append((), "")
    assert parts.history.outcomes() == ()
    assert [path.name for path in folder.history.iterdir()] == [NAME]
    close(parts)


def test_a_second_engine_on_the_folder_is_still_refused(folder: DataFolder) -> None:
    parts = opened(folder)
    with pytest.raises(Conflict):
        opened(folder)
    close(parts)
