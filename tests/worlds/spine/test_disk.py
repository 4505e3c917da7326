"""A real small disk: full, read-only, and well again. Nothing is half-written, and writing goes on by itself."""

import pytest

from tests.worlds.small_disk import said_by


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[str, str]:
    """What the spine on the small disk said, by the word before the colon."""
    return said_by("tests.worlds.spine.disk", tmp_path_factory.mktemp("disk"))


def test_a_full_disk_is_unavailable_with_a_remedy_and_nothing_is_half_written(seen) -> None:
    assert "the disk is full" in seen["full"]
    assert "free some space" in seen["full"]
    assert seen["full, nothing half"] == "True"


def test_writing_goes_on_by_itself_when_there_is_space_again(seen) -> None:
    assert seen["space again"] == "True"


def test_a_read_only_disk_is_unavailable_and_its_evidence_can_still_be_verified(seen) -> None:
    assert "spine.sqlite" in seen["read-only"]
    assert "read-only" in seen["read-only"].lower() or "cannot" in seen["read-only"]
    assert seen["read-only, verify"] == "0"


def test_after_a_read_only_time_the_next_start_says_what_it_found_and_goes_on(seen) -> None:
    assert "not orderly" in seen["found"]
    assert seen["writable again"] == "True"


def test_a_snapshot_that_does_not_fit_is_unavailable_and_the_next_one_is_kept(seen) -> None:
    assert "the disk is full" in seen["snapshot"]
    assert seen["snapshot after"] == "True"


def test_the_spine_that_went_through_all_that_is_good(seen) -> None:
    assert seen["verify"] == "0"


def test_a_spine_that_was_closed_in_order_is_read_on_a_read_only_disk(seen) -> None:
    assert seen["read-only, read"] == "True"
