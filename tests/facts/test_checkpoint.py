"""A checkpoint's text is its own and only form."""

from hypothesis import given
from hypothesis import strategies as st

from ironkeep.facts import checkpoint
from ironkeep.facts.checkpoint import SIZE_MAX, Checkpoint


@given(st.integers(0, SIZE_MAX), st.binary(min_size=32, max_size=32), st.lists(st.just("extension"), max_size=2))
def test_what_is_written_is_read_back(size: int, root: bytes, more: list[str]) -> None:
    head = Checkpoint("ironkeep/harbor", size, root, tuple(more))
    assert checkpoint.parse(head.text()) == head
