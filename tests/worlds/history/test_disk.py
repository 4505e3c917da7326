"""A real small disk that fills up under the history: nothing acknowledged is lost, and recording goes on by itself."""

import pytest

from tests.worlds.small_disk import said_by


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[str, str]:
    """What the history on the small disk said, by the word before the colon."""
    return said_by("tests.worlds.history.disk", tmp_path_factory.mktemp("disk"))


def test_a_full_disk_refuses_turns_in_plain_words_and_keeps_each_one_it_acknowledged(seen) -> None:
    assert "the disk is full: frames of this turn are not kept" in seen["full"]
    assert "free space" in seen["full"]
    assert seen["full, every other turn refused too"] == "True"
    assert seen["full, what was kept"] == "True"


def test_the_next_start_on_the_full_disk_says_what_it_found_and_loses_nothing(seen) -> None:
    assert "as after a crash in the middle of a write; they are cut off" in seen["found"]
    assert "whole frames before them are kept" in seen["found"]
    assert seen["full, started anew, what was kept"] == "True"


def test_sealing_waits_for_space_and_says_so_in_plain_words(seen) -> None:
    assert "the disk is full: what is due to be sealed waits, and nothing is lost" in seen["full, upkeep"]
    assert "Errno" not in seen["full, upkeep"]


def test_recording_and_sealing_go_on_by_themselves_when_there_is_space_again(seen) -> None:
    assert seen["space again"] == "True"
    assert seen["space again, upkeep"] == "done"
    assert seen["space again, seals"] == "1"


def test_the_history_that_went_through_all_that_is_sealed_whole_and_proves_itself(seen) -> None:
    assert seen["found in the end"] == "nothing"
    assert seen["sealed"] == "done"
    assert seen["sealed, what was kept"] == "True"
    assert seen["verify"] == "good"
