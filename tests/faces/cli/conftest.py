"""What the tests of the command line share."""

import tarfile
from pathlib import Path

import pytest

OLD = Path(__file__).parents[2] / "upgrades/0.5.0.tar.xz"


@pytest.fixture(scope="session")
def old_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site that ran; for reading alone."""
    folder = tmp_path_factory.mktemp("data")
    with tarfile.open(OLD) as archive:
        archive.extractall(folder, filter="data")
    return folder
