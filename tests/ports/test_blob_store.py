"""What every BlobStore does."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.model.errors import Refused, Unavailable, Untrusted


@pytest.fixture
def blobs(tmp_path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def test_reading_makes_no_folder(blobs, tmp_path) -> None:
    with pytest.raises(Refused):
        blobs.get("0" * 64)
    assert list(tmp_path.iterdir()) == []


@given(data=st.binary(max_size=2_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_bytes_come_back_by_their_digest(blobs, data: bytes) -> None:
    digest = blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert blobs.put(data) == digest
    assert blobs.get(digest) == data


def test_equal_bytes_are_one_blob_and_nothing_else_is_left(blobs, tmp_path) -> None:
    digest = blobs.put(b"site file")
    blobs.put(b"site file")
    files = [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert files == [digest]


@pytest.mark.parametrize("digest", ["", "abc", "../" * 20, "g" * 64, "A" * 64, "0" * 63])
def test_what_is_no_digest_is_refused(blobs, digest: str) -> None:
    with pytest.raises(Refused, match="hex"):
        blobs.get(digest)


def test_a_missing_blob_is_refused_with_a_remedy(blobs) -> None:
    with pytest.raises(Refused, match="backup"):
        blobs.get("0" * 64)


def test_a_changed_blob_is_not_trusted_and_can_be_brought_back(blobs, tmp_path) -> None:
    digest = blobs.put(b"site file")
    path = tmp_path / "blobs" / digest[:2] / digest
    path.unlink()
    path.write_bytes(b"forged")
    with pytest.raises(Untrusted):
        blobs.get(digest)
    blobs.put(b"site file")
    assert blobs.get(digest) == b"site file"


def test_a_place_that_is_no_folder_is_unavailable(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        FileBlobs(tmp_path / "file" / "blobs").put(b"data")
