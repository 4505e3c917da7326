"""Rooms of one kind have the same furniture, and a room that lacks a piece is caught."""

from pathlib import Path

import pytest

from tools.house import furniture

MANIFEST = 'name = "sqlite"\nport = "FactStore"\nproof = "bench"\nowner = "spine"\n'


def adapter(src: Path, manifest: str = MANIFEST) -> Path:
    room = src / "ironkeep/adapters/stores/sqlite"
    room.mkdir(parents=True)
    for folder in (room, room.parent, room.parent.parent):
        (folder / "__init__.py").touch()
    for name in ("config.py", "adapter.py"):
        (room / name).touch()
    (room / "manifest.toml").write_text(manifest)
    return room


def decision(src: Path) -> Path:
    room = src / "ironkeep/decisions/alarms"
    room.mkdir(parents=True)
    for name in ("__init__.py", "memory.py", "policy.py", "decide.py"):
        (room / name).touch()
    (room / "README.md").write_text("# Alarms\n\n1. An alarm starts when its condition lasts.\n")
    return room


def test_every_adapter_and_decision_room_has_its_furniture() -> None:
    assert furniture.adapter_breaches() == []
    assert furniture.decision_breaches() == []


def test_furnished_rooms_are_let_through(tmp_path: Path) -> None:
    src = tmp_path / "src"
    adapter(src)
    decision(src)
    assert furniture.adapter_breaches(src) == furniture.decision_breaches(src) == []


@pytest.mark.parametrize("piece", ["manifest.toml", "config.py", "adapter.py"])
def test_an_adapter_without_a_piece_is_caught(tmp_path: Path, piece: str) -> None:
    (adapter(tmp_path / "src") / piece).unlink()
    assert furniture.adapter_breaches(tmp_path / "src") == [f"src/ironkeep/adapters/stores/sqlite: has no {piece}"]


@pytest.mark.parametrize(
    "manifest",
    [
        MANIFEST.replace("bench", "certain"),
        *(MANIFEST.replace(line, "") for line in MANIFEST.splitlines()),
        MANIFEST.replace("=", ":"),
    ],
)
def test_a_manifest_that_says_too_little_or_too_much_is_caught(tmp_path: Path, manifest: str) -> None:
    adapter(tmp_path / "src", manifest)
    assert len(furniture.adapter_breaches(tmp_path / "src")) == 1


@pytest.mark.parametrize("piece", ["README.md", "memory.py", "policy.py", "decide.py"])
def test_a_decision_room_without_a_piece_is_caught(tmp_path: Path, piece: str) -> None:
    (decision(tmp_path / "src") / piece).unlink()
    assert furniture.decision_breaches(tmp_path / "src") == [f"src/ironkeep/decisions/alarms: has no {piece}"]


def test_a_decision_room_whose_rules_are_not_numbered_is_caught(tmp_path: Path) -> None:
    (decision(tmp_path / "src") / "README.md").write_text("# Alarms\n\nIt depends.\n")
    assert len(furniture.decision_breaches(tmp_path / "src")) == 1


def test_every_decision_record_lists_what_was_refused() -> None:
    assert furniture.record_breaches() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0001-use-sqlite.md", "# Use SQLite\n\nWe use it.\n"),
        ("0001-use-sqlite.md", "# Use SQLite\n\n## Options refused\n\n## Consequences\n\n- none\n"),
        ("use-sqlite.md", "# Use SQLite\n\n## Options refused\n\n- LMDB: no SQL.\n"),
        ("0001_Use_SQLite.md", "# Use SQLite\n\n## Options refused\n\n- LMDB: no SQL.\n"),
    ],
)
def test_a_decision_record_that_hides_its_options_is_caught(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert len(furniture.record_breaches(tmp_path)) == 1


def test_two_decision_records_with_one_number_are_caught(tmp_path: Path) -> None:
    for name in ("0001-use-sqlite.md", "0001-use-lmdb.md"):
        (tmp_path / name).write_text("# It\n\n## Options refused\n\n- The other: slower.\n")
    assert len(furniture.record_breaches(tmp_path)) == 1
