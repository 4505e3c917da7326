"""What a shell offers for values: words of the product and names of the data folder, quietly."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ironkeep.faces.cli.app import create_cli
from ironkeep.programs.main import Programs


def offered(data: Path, *typed: str, shell: str = "bash") -> list[str]:
    """What is offered for the last word."""
    words = ("ironkeep", *typed)
    env = {
        "_IRONKEEP_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": " ".join(words),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "IRONKEEP_DATA": str(data),
    }
    done = CliRunner().invoke(create_cli(Programs()), [], env=env, prog_name="ironkeep")
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("facts", "--kind", "AlarmRe"), {"AlarmReset", "AlarmReturned"}),
        (("card", "cab-b.s"), {"cab-b.s1", "cab-b.s2"}),
        (("inventory", "show", "gen"), {"gen-1"}),
        (("inventory", "list", "--gap", "unkn"), {"unknown\\ device"}),
        (("inventory", "list", "--sort", "worst"), {"worst\\ first"}),
        (("inventory", "unknown", "--way", ""), {"writes", "asks", "seen", "listed"}),
        (("account", "invite", "--role", "a"), {"auditor", "admin"}),
        (("account", "role", "kim", "safe"), {"safety\\ officer"}),
        (("account", "close", "r"), {"robin"}),
        (("twin", "inject", "current-s"), {"current-scaled"}),
        (("import", "--form", "z"), {"zeek"}),
        (("discover", "h", "--protocol", "n"), {"nut"}),
        (("token", "create", "x", "--scope", "see si"), {"see\\ site"}),
    ],
)
def test_values_are_offered(old_data: Path, typed: tuple[str, ...], words: set[str]) -> None:
    assert words <= set(offered(old_data, *typed))


def test_where_nothing_is_known_nothing_is_offered_and_nothing_said(tmp_path: Path) -> None:
    assert offered(tmp_path / "nowhere", "card", "c") == []
    assert offered(tmp_path / "nowhere", "account", "reset", "k") == []


def test_a_blank_is_escaped_for_bash_alone(old_data: Path) -> None:
    assert "safety officer" in offered(old_data, "account", "invite", "--role", "s", shell="fish")
