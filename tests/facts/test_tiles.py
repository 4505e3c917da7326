"""A tile folder, read by a reader written here from the text of C2SP tlog-tiles alone."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.facts import tiles
from ironkeep.model.errors import Refused
from tests.facts.test_tree import entries, mth


def numbered(number: int) -> str:
    digits = str(number)
    digits = digits.zfill((len(digits) + 2) // 3 * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def expected(size: int) -> dict[str, int]:
    """Every hash tile that a log of that size has, with its width: full ones, and floor(s / 256**l) mod 256 at the
    edge.
    """
    wanted: dict[str, int] = {}
    level = 0
    while size >> (8 * level):
        full, part = divmod(size >> (8 * level), 256)
        wanted |= {f"tile/{level}/{numbered(n)}": 256 for n in range(full)}
        if part:
            wanted[f"tile/{level}/{numbered(full)}.p/{part}"] = part
        level += 1
    return wanted


def split(bundle: bytes) -> list[bytes]:
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700])
def test_the_folder_has_the_tiles_of_the_specification_and_no_others(size: int) -> None:
    data = entries(size)
    files = dict(tiles.files(data, b"head"))
    assert files.pop("checkpoint") == b"head"
    bundles = {path: files.pop(path) for path in list(files) if path.startswith("tile/entries/")}
    assert {path: len(each) // 32 for path, each in files.items()} == expected(size)
    assert [entry for each in bundles.values() for entry in split(each)] == data
    assert set(bundles) == {path.replace("tile/0/", "tile/entries/") for path in expected(size) if "tile/0/" in path}
    for path, each in files.items():
        level = int(path.split("/")[1])
        number = int("".join(part.strip("x") for part in path.split(".p")[0].split("/")[2:]))
        step = 256**level
        for i in range(len(each) // 32):
            first = (number * 256 + i) * step
            assert each[32 * i : 32 * i + 32] == mth(data[first : first + step])


def test_the_example_of_the_specification_has_its_tiles() -> None:
    files = dict(tiles.files((b"x" for _ in range(70_000)), b""))
    hashes = {path: len(data) // 32 for path, data in files.items() if "entries" not in path and path != "checkpoint"}
    assert hashes == expected(70_000)
    assert sum(path.startswith("tile/0/") and width == 256 for path, width in hashes.items()) == 273
    assert hashes["tile/0/273.p/112"] == 112
    assert hashes["tile/1/000"] == 256
    assert hashes["tile/1/001.p/17"] == 17
    assert hashes["tile/2/000.p/1"] == 1


def test_large_numbers_are_split_as_the_specification_has_it() -> None:
    assert tiles.tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tiles.tile_path("entries", 5, 3) == "tile/entries/005.p/3"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_are_read_back(data: list[bytes]) -> None:
    assert tiles.unpack(tiles.pack(data)) == data


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=5), st.data())
def test_a_bundle_that_is_cut_is_refused(data: list[bytes], drawn: st.DataObject) -> None:
    packed = tiles.pack(data)
    ends = {len(tiles.pack(data[:i])) for i in range(len(data))}
    at = drawn.draw(st.integers(1, len(packed) - 1).filter(lambda at: at not in ends))
    with pytest.raises(Refused, match="cut off"):
        tiles.unpack(packed[:at])


def test_leaf_tiles_hold_the_hashes_of_the_entries() -> None:
    files = dict(tiles.files([b"one"], b""))
    assert files["tile/0/000.p/1"] == hashlib.sha256(b"\x00one").digest()
