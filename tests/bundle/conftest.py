"""A bundle of this tree, made once."""

import os
import tarfile
from pathlib import Path

import pytest

from tools import bundle

os.environ.setdefault("SOURCE_DATE_EPOCH", "1795132800")  # one moment, whatever is committed meanwhile


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive."""
    return bundle.bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def unpacked(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder, to be looked at and left as it is."""
    into = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(made) as archive:
        archive.extractall(into, filter="data")
    (folder,) = into.iterdir()
    return folder
