"""What a refusal says as one line."""

import pytest

from ironkeep.model.errors import Refused


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("port 1 is taken", "here: port 1 is taken. Remedy: name another"),
        ("it ended.", "here: it ended. Remedy: name another"),
        ("is it there?", "here: is it there? Remedy: name another"),
    ],
)
def test_the_remedy_is_a_sentence_of_its_own(what: str, said: str) -> None:
    assert str(Refused(what, where="here", remedy="name another")) == said


def test_without_remedy_or_place_what_happened_stands_alone() -> None:
    assert str(Refused("no")) == "no"
