"""The doctor looks at the program's own files: what was changed, lost or added is named."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from ironkeep.faces.cli.wiring import Gravity
from ironkeep.programs.doctor.files import installed


def place(folder: Path, name: str, files: dict[str, str], needs: str = "") -> None:
    """Install a package as an installer does: its files, and the list of them with their digests."""
    lines = []
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{file},sha256={digest},{len(text)}")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    required = f"Requires-Dist: {needs}\n" if needs else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{required}")
    (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/METADATA,,", f"{info.name}/RECORD,,", ""]))


@pytest.fixture
def there(tmp_path: Path) -> Path:
    place(tmp_path, "ironkeep", {"ironkeep/__init__.py": "a = 1\n", "ironkeep/inner/b.py": "b = 2\n"}, "Some_Lib>=1")
    place(tmp_path, "some-lib", {"somelib/c.py": "c = 3\n"}, 'nothere; extra == "x"')
    place(tmp_path, "stranger", {"stranger.py": "d = 4\n"})
    return tmp_path


def test_files_as_they_were_installed_are_good_and_only_those_that_are_needed_count(there: Path) -> None:
    (there / "stranger.py").write_text("d = 5\n")
    (found,) = installed([str(there)])
    assert found.gravity is Gravity.GOOD
    assert "3 files of 2 packages" in found.what


def change(there: Path) -> None:
    (there / "ironkeep/inner/b.py").write_text("b = 9\n")


def change_a_library(there: Path) -> None:
    (there / "somelib/c.py").write_text("c = 9\n")


def lose(there: Path) -> None:
    (there / "ironkeep/__init__.py").unlink()


def add(there: Path) -> None:
    (there / "ironkeep/inner/more.py").write_text("e = 5\n")


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (change, "ironkeep/inner/b.py of ironkeep was changed"),
        (change_a_library, "somelib/c.py of some-lib was changed"),
        (lose, "ironkeep/__init__.py of ironkeep is missing"),
        (add, "more.py was added"),
    ],
)
def test_what_is_not_as_it_was_installed_is_named_with_what_to_do(there: Path, harm, told: str) -> None:
    harm(there)
    (found,) = installed([str(there)])
    assert found.gravity is Gravity.BAD
    assert told in found.what
    assert "install Ironkeep anew" in found.remedy


def test_many_changed_files_are_counted_and_not_all_named(there: Path) -> None:
    for number in range(20):
        (there / f"ironkeep/new{number}.py").write_text("")
    (found,) = installed([str(there)])
    assert "and 15 more" in found.what


def test_a_working_tree_says_that_it_has_no_list(there: Path) -> None:
    words = json.dumps({"url": "file:///somewhere", "dir_info": {"editable": True}})
    (there / "ironkeep-1.0.dist-info/direct_url.json").write_text(words)
    add(there)
    (found,) = installed([str(there)])
    assert found.gravity is Gravity.GOOD
    assert "working tree" in found.what
