"""Facts, ports, settings and commands are documented and used; a silent or idle one is caught."""

import pytest
import typer

from tools import reference
from tools.house.tree import module, modules


def test_everything_that_people_need_to_know_has_words() -> None:
    assert reference.undocumented(modules(), reference.product_command()) == []


def test_the_reference_pages_are_what_the_source_says(root) -> None:
    pages = reference.pages(modules(), reference.product_command())
    stale = [name for name, text in pages.items() if not same(root / "docs/reference" / name, text)]
    assert stale == [], "run `make reference`"


def same(path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


def test_every_fact_happens_and_every_setting_is_read() -> None:
    assert reference.unused_facts(modules()) == []
    assert reference.unused_settings(modules()) == []


BODY = "class AlarmRaised(Body, frozen=True):\n    {}\n    alarm: str  # its id\n"


def test_a_fact_without_words_is_caught() -> None:
    silent = module("ironkeep.facts.alarm", BODY.format("VERSION = 2"))
    assert reference.undocumented([silent]) == ["src/ironkeep/facts/alarm.py: AlarmRaised has no docstring"]
    assert reference.undocumented([module("ironkeep.facts.alarm", BODY.format("'''An alarm began.'''"))]) == []


def test_a_fact_that_nothing_names_is_caught() -> None:
    fact = module("ironkeep.facts.alarm", BODY.format("'''An alarm began.'''"))
    assert len(reference.unused_facts([fact])) == 1
    user = module(
        "ironkeep.decisions.alarms.decide", "from ironkeep.facts import alarm\nx = alarm.AlarmRaised(alarm='a')"
    )
    assert reference.unused_facts([fact, user]) == []


def test_a_port_or_a_method_without_words_is_caught() -> None:
    port = module("ironkeep.ports.reader", "class Reader(Protocol):\n    def poll(self) -> bytes: ...\n")
    assert len(reference.undocumented([port])) == 2


def test_a_setting_without_words_or_without_a_reader_is_caught() -> None:
    config = module("ironkeep.adapters.stores.sqlite.config", "class Config(Struct):\n    wait_s: float = 5.0\n")
    assert len(reference.undocumented([config])) == 1
    assert len(reference.unused_settings([config])) == 1
    reader = module("ironkeep.adapters.stores.sqlite.adapter", "def open_(config):\n    return config.wait_s\n")
    assert reference.unused_settings([config, reader]) == []


@pytest.mark.parametrize("silent", ["command", "option"])
def test_a_command_or_an_option_without_words_is_caught(silent: str) -> None:
    app = typer.Typer(help="Watches.")

    @app.command(help="Fold the past." if silent != "command" else None)
    def state(as_of: str = typer.Option("", help="When." if silent != "option" else None)) -> None: ...

    @app.command(help="Check.")
    def verify() -> None: ...

    found = reference.undocumented([], typer.main.get_command(app))
    assert found == (["ironkeep state has no help"] if silent == "command" else ["ironkeep state --as-of has no help"])


def test_the_pages_say_each_field_with_its_unit_default_and_meaning() -> None:
    config = module(
        "ironkeep.adapters.stores.sqlite.config",
        '"""How."""\nclass Config(Struct):\n    """Where it lies."""\n    wait_s: float = 5.0  # before giving up\n',
    )
    page = reference.pages([config], None)["settings.md"]
    assert "| `wait_s` | `float` | `5.0` | before giving up |" in page
    assert "Where it lies." in page
