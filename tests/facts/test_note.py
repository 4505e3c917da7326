"""Signed notes and checkpoints, against the examples of the C2SP specifications and on changed bytes."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.facts import checkpoint, note
from ironkeep.facts.checkpoint import Checkpoint
from ironkeep.model.errors import Refused, Trouble, Untrusted

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = note.VerifierKey("ironkeep/harbor", note.ED25519, PRIVATE.public_key().public_bytes_raw())
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OTHER_KEY = note.VerifierKey("witness.example", note.ED25519, OTHER.public_key().public_bytes_raw())
HEAD = Checkpoint("ironkeep/harbor", 20_852_163, bytes(range(32)))


def check(algorithm: int, public: bytes, message: bytes, signature: bytes) -> bool:
    assert algorithm == note.ED25519
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def signed(text: str) -> bytes:
    return note.signed(text, ((KEY, PRIVATE.sign(text.encode())),))


def test_the_example_of_go_and_c2sp_is_read_with_its_published_key() -> None:
    # From the package documentation of the Go package sumdb/note, which C2SP signed-note describes.
    key = note.parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
        "\n— PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    found = note.parse(text.encode())
    assert note.verified(found, (key,), check) == (key,)
    assert key.text() == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_the_example_checkpoint_of_c2sp_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    line = (
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
        "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    found, whole = checkpoint.parse_signed(f"{text}\n{line}".encode())
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.text() == text
    assert whole.signatures[0].key_id.hex() == "033de0ae"


def test_a_signed_checkpoint_opens_with_its_key_alone() -> None:
    data = signed(HEAD.text())
    assert checkpoint.opened(data, (OTHER_KEY, KEY), check) == HEAD
    with pytest.raises(Untrusted, match="no given key"):
        checkpoint.opened(data, (OTHER_KEY,), check)


def test_signatures_of_unknown_keys_are_ignored_and_wrong_ones_of_known_keys_spoil_the_note() -> None:
    text = HEAD.text()
    both = note.signed(text, ((OTHER_KEY, OTHER.sign(text.encode())), (KEY, PRIVATE.sign(text.encode()))))
    assert note.verified(note.parse(both), (KEY,), check) == (KEY,)
    assert note.verified(note.parse(both), (KEY, OTHER_KEY), check) == (OTHER_KEY, KEY)
    spoiled = note.signed(text, ((OTHER_KEY, bytes(64)), (KEY, PRIVATE.sign(text.encode()))))
    with pytest.raises(Untrusted, match="wrong"):
        note.verified(note.parse(spoiled), (KEY, OTHER_KEY), check)


@given(st.data())
def test_a_note_with_any_changed_byte_is_never_believed(drawn: st.DataObject) -> None:
    data = signed(HEAD.text())
    at = drawn.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + bytes([data[at] ^ drawn.draw(st.integers(1, 255))]) + data[at + 1 :]
    with pytest.raises((Refused, Untrusted)):
        checkpoint.opened(changed, (KEY,), check)


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: f"a\n1\n{text}\n\n— k {text}\n".encode("utf-8", "replace"))
)
def test_bytes_that_are_no_note_are_refused_and_break_nothing(data: bytes) -> None:
    with pytest.raises(Trouble):
        checkpoint.opened(data, (KEY,), check)


@pytest.mark.parametrize(
    "text",
    ["", "a\n", "a\n1\n", "a\n01\n{root}\n", "a\n-1\n{root}\n", "a\n1\n{root}", "a\n1\n{root}=\n", "a\n1\n\n{root}\n",
     "a\n1\nAAAA\n", "a\n٣\n{root}\n", "a\n99999999999999999999999999\n{root}\n", "\n1\n{root}\n"],
)  # fmt: skip
def test_a_checkpoint_has_one_right_form(text: str) -> None:
    root = base64.b64encode(bytes(32)).decode()
    assert checkpoint.parse(f"a\n1\n{root}\nmore\n").extensions == ("more",)
    with pytest.raises(Refused):
        checkpoint.parse(text.replace("{root}", root))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "name",
        "name+1234",
        "name+zz+AAAA",
        "na me+00000000+AQ==",
        f"{KEY.text()}A",
        KEY.text().replace("+", "+0", 1),
    ],
)
def test_a_verifier_key_that_is_not_whole_is_refused_with_an_example(line: str) -> None:
    assert note.parse_verifier_key(f" {KEY.text()}\n") == KEY
    with pytest.raises(Refused):
        note.parse_verifier_key(line)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\there", "line\nbreak", "no\u00a0break"])
def test_key_names_hold_no_spaces_and_no_plus(name: str) -> None:
    with pytest.raises(Refused):
        note.require_name(name)
