"""Proof files: read back, checked, and refused when anything in them changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.facts import note, proof, tree
from ironkeep.facts.checkpoint import Checkpoint
from ironkeep.model.errors import Refused, Trouble, Untrusted
from tests.facts.test_note import KEY, PRIVATE, check
from tests.facts.test_tree import entries, mth, path, subproof

DATA = entries(11)


def head(size: int, origin: str = "ironkeep/harbor") -> bytes:
    text = Checkpoint(origin, size, mth(DATA[:size])).text()
    return note.signed(text, ((KEY, PRIVATE.sign(text.encode())),))


INCLUSION = proof.Inclusion(6, tuple(path(6, DATA)), head(11), b"for whom it concerns")
CONSISTENCY = proof.Consistency(5, tuple(subproof(5, DATA, True)), head(11))


def test_proofs_are_read_back_from_their_files_and_prove() -> None:
    assert proof.parse_inclusion(INCLUSION.text()) == INCLUSION
    assert proof.parse_consistency(CONSISTENCY.text()) == CONSISTENCY
    assert INCLUSION.verify(DATA[6], (KEY,), check).size == 11
    assert CONSISTENCY.verify(head(5), (KEY,), check).size == 11


def test_a_proof_reads_as_lines_for_people() -> None:
    lines = INCLUSION.text().decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[2] == "index 6"
    assert lines[3 + len(INCLUSION.path)] == ""
    assert lines[4 + len(INCLUSION.path) :][:2] == ["ironkeep/harbor", "11"]


def test_a_proof_of_one_fact_does_not_prove_another() -> None:
    with pytest.raises(Untrusted):
        INCLUSION.verify(DATA[7], (KEY,), check)


def test_a_consistency_proof_holds_for_its_own_past_alone() -> None:
    with pytest.raises(Refused):
        CONSISTENCY.verify(head(4), (KEY,), check)
    with pytest.raises(Untrusted, match="two logs"):
        CONSISTENCY.verify(head(5, "ironkeep/elsewhere"), (KEY,), check)


@given(st.data())
def test_a_proof_with_a_changed_byte_proves_nothing_else(drawn: st.DataObject) -> None:
    data = drawn.draw(st.sampled_from([INCLUSION.text(), CONSISTENCY.text()]))
    at = drawn.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + bytes([data[at] ^ drawn.draw(st.integers(1, 255))]) + data[at + 1 :]
    try:
        if data == INCLUSION.text():
            found = proof.parse_inclusion(changed)
            found.verify(DATA[6], (KEY,), check)
            assert (found.seq, found.path, found.checkpoint) == (6, INCLUSION.path, INCLUSION.checkpoint)
        else:
            proof.parse_consistency(changed).verify(head(5), (KEY,), check)
            raise AssertionError(changed)
    except Trouble:
        return


@given(st.binary(max_size=200) | st.text("c2sp.org/tlog-proof@v1\nindex 0old=A", max_size=120).map(str.encode))
def test_bytes_that_are_no_proof_are_refused_and_break_nothing(data: bytes) -> None:
    with pytest.raises(Trouble):
        proof.parse_inclusion(b"c2sp.org/tlog-proof@v1\n" + data).verify(b"", (KEY,), check)
    with pytest.raises(Trouble):
        proof.parse_consistency(data).verify(head(5), (KEY,), check)


def test_an_endless_path_is_refused_when_read() -> None:
    many = proof.Inclusion(0, (bytes(32),) * (tree.PATH_MAX + 1), head(11))
    with pytest.raises(Refused, match="high"):
        proof.parse_inclusion(many.text())
