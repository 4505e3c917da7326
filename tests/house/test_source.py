"""Names, sizes, dead files, words and secrets: the tree keeps the rules, and a planted breach of each is caught."""

from pathlib import Path

import pytest

from tools.house import dead, names, sizes, words
from tools.house.tree import module, modules


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc", "manager", "service", "base", "site_utils"])
def test_a_module_named_after_nothing_is_caught(name: str) -> None:
    assert names.breaches([module(f"ironkeep.engine.{name}", "")])
    assert names.breaches([module(f"ironkeep.engine.{name}", "", package=True)])


def test_modules_are_named_after_what_they_hold() -> None:
    assert names.breaches(modules()) == []
    assert names.breaches([module("ironkeep.model.site", ""), module("ironkeep.codecs.baseband", "")]) == []


# ---------------------------------------------------------------------------------------------------------------- sizes


def lines(count: int, indent: str = "") -> str:
    return "".join(f"{indent}x{number} = {number}\n" for number in range(count))


def test_files_and_functions_are_small() -> None:
    assert sizes.breaches(modules()) == []


def test_a_long_file_is_caught() -> None:
    small = [module(f"ironkeep.model.m{number}", lines(10)) for number in range(3)]
    assert sizes.breaches([*small, module("ironkeep.model.site", lines(600))], {}) == []
    found = sizes.breaches([*small, module("ironkeep.model.site", lines(601))], {})
    assert found == ["src/ironkeep/model/site.py: 601 lines of code, the limit is 600"]


def test_a_long_function_or_method_is_caught_wherever_it_hides() -> None:
    assert sizes.breaches([module("ironkeep.engine.turn", "def run():\n" + lines(69, "    "))], {}) == []
    assert sizes.breaches([module("ironkeep.engine.turn", "def run():\n" + lines(70, "    "))], {})
    method = "class Turn:\n    async def run(self):\n" + lines(70, "        ")
    assert "::Turn.run" in sizes.breaches([module("ironkeep.engine.turn", method)], {})[0]
    nested = "if True:\n    def run():\n" + lines(70, "        ")
    assert "::run" in sizes.breaches([module("ironkeep.engine.turn", nested)], {})[0]


def test_a_function_that_only_holds_others_is_as_long_as_its_own_lines() -> None:
    inner = "".join(f"    def inner{number}():\n" + lines(40, "        ") for number in range(3))
    sizes_ = sizes.measured([module("ironkeep.faces.cli.app", "def add():\n    x = 1\n" + inner)])
    assert sizes_["src/ironkeep/faces/cli/app.py::add"] == 2
    assert sizes_["src/ironkeep/faces/cli/app.py::add.inner2"] == 41


def test_explaining_costs_nothing() -> None:
    said = '"""' + "Why.\n" * 700 + '"""\n' + "# because\n\n" * 700 + "x = 1\n"
    assert sizes.measured([module("ironkeep.model.site", said)]) == {"src/ironkeep/model/site.py": 1}


def test_a_house_of_middling_files_is_caught() -> None:
    assert "median" in sizes.breaches([module("ironkeep.model.site", lines(150))], {})[0]


def test_the_exceptions_only_shrink() -> None:
    small = [module(f"ironkeep.model.m{number}", lines(10)) for number in range(3)]
    house = [*small, module("ironkeep.model.site", lines(650))]
    path = "src/ironkeep/model/site.py"
    assert sizes.breaches(house, {path: 650}) == []
    assert sizes.breaches(house, {path: 649}), "it grew"
    assert sizes.breaches(house, {path: 651}), "it shrank and the list did not"
    assert sizes.breaches(small, {path: 650}), "it is gone and the list did not notice"


# ----------------------------------------------------------------------------------------------------------- dead files


def test_every_module_and_file_of_the_product_is_reached() -> None:
    assert dead.dead_modules(modules()) == []
    assert dead.dead_files() == []


def test_a_module_that_nothing_reaches_is_caught() -> None:
    house = [
        module("ironkeep", "", package=True),
        module("ironkeep.programs", "", package=True),
        module("ironkeep.programs.main", "from ironkeep.engine import turn\nAPP = 'ironkeep.faces.app:app'"),
        module("ironkeep.engine", "", package=True),
        module("ironkeep.engine.turn", "from .desk import Desk"),
        module("ironkeep.engine.desk", ""),
        module("ironkeep.engine.lost", "from ironkeep.engine import also_lost"),
        module("ironkeep.engine.also_lost", "from ironkeep.engine import lost"),
        module("ironkeep.faces", "", package=True),
        module("ironkeep.faces.app", ""),
    ]
    found = [line.split(":")[0] for line in dead.dead_modules(house)]
    assert found == ["src/ironkeep/engine/also_lost.py", "src/ironkeep/engine/lost.py"]


def test_a_page_that_nothing_names_is_caught(tmp_path: Path) -> None:
    pages = tmp_path / "src/ironkeep/faces/console"
    pages.mkdir(parents=True)
    (pages / "pages.py").write_text("PAGE = 'site.html'")
    (pages / "site.html").write_text("<link href='site.css'>")
    (pages / "site.css").write_text("p { color: grey }")
    (pages / "old.html").write_text("<p>old</p>")
    (pages / "README.md").write_text("furniture")
    assert [line.split(":")[0] for line in dead.dead_files(tmp_path / "src")] == ["src/ironkeep/faces/console/old.html"]


def test_every_tool_is_called_by_something(root: Path) -> None:
    callers = [root / "Makefile", *root.glob("tools/**/*.py"), *root.glob("tests/**/*.py")]
    texts = {path: path.read_text() for path in callers}
    for tool in [*root.glob("tools/*.*"), *root.glob("tools/house/*.py")]:
        if tool.name != "__init__.py":
            named = (tool.name, f"import {tool.stem}", f", {tool.stem}", f".{tool.stem} import")
            assert any(word in text for path, text in texts.items() if path != tool for word in named), tool


# ---------------------------------------------------------------------------------------------------- words and secrets


@pytest.mark.safety("S11")
def test_nothing_says_that_anything_is_safe_to_do() -> None:
    assert words.unsafe_words(modules()) == []


@pytest.mark.safety("S11")
@pytest.mark.parametrize(
    "said",
    [
        "The room is safe to enter.",
        "Safe to work on the rack",
        "SAFE  TO\n TOUCH",
        "now safe for staff to re-enter",
        "The bank is safe.",
        "All clear",
        "safe zone",
        "safe to be energised",
    ],
)
def test_a_word_of_safety_is_caught_in_source_and_page(said: str, tmp_path: Path) -> None:
    pages = tmp_path / "src/ironkeep/faces"
    pages.mkdir(parents=True)
    (pages / "site.html").write_text(f"<p>{said}</p>")
    assert len(words.unsafe_words([], tmp_path / "src")) == 1
    assert words.unsafe_words([module("ironkeep.views.board", f"x = 1\ntext = {said!r}")], tmp_path / "none")
    assert words.unsafe_words([module("ironkeep.views.board", f"text = f'''{{name}}: {said}'''")], tmp_path / "none")


@pytest.mark.parametrize(
    "said", ["stopped: the BMS claims it", "life safety", "fail-safe", "unsafe", "safe state unknown"]
)
def test_what_was_proven_may_be_said(said: str) -> None:
    assert words.unsafe_in(said) == []


def test_there_is_no_default_secret_anywhere() -> None:
    assert words.default_secrets(modules()) == []


@pytest.mark.parametrize(
    "source",
    [
        "password = 'admin'",
        "ADMIN_PASSWORD: str = 'changeme'",
        "def serve(host, *, token='abc123'): ...",
        "def login(user, passphrase='battery'): ...",
        "connect(user='kim', password='letmein')",
        "self.api_key = 'AK-123'",
        "text = 'password = \"ironkeep\"'",
        "text = '-----BEGIN PRIVATE" + " KEY-----'",
    ],
)
def test_a_default_secret_is_caught(source: str) -> None:
    assert words.default_secrets([module("ironkeep.faces.vault", source)])


@pytest.mark.parametrize(
    "source",
    ["password = ''", "password = form['password']", "def check(password: str, token: bytes | None = None): ..."],
)
def test_a_secret_that_comes_from_outside_is_let_through(source: str) -> None:
    assert words.default_secrets([module("ironkeep.faces.vault", source)]) == []
