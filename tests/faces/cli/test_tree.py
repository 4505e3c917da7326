"""The whole command line, walked: JSON, exit codes, completion without network, the manual."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.reference import EXITS, commands, manual, product_command


def leaves():
    return [(path, each) for path, each in commands(product_command()) if getattr(each, "commands", None) is None]


def test_every_command_speaks_json():
    every = [(" ".join(path), {name for param in each.params for name in param.opts}) for path, each in leaves()]
    assert len(every) > 30
    assert [path for path, options in every if "--json" not in options] == []


def test_no_line_of_a_list_of_commands_is_cut_at_eighty_columns():
    room = 80 - 4 - max(len(name) for path, _ in commands(product_command()) for name in path[1:])
    cut = [
        " ".join(path) for path, each in commands(product_command()) if each.get_short_help_str(room).endswith("...")
    ]
    assert cut == []


def test_every_command_and_option_stands_in_the_manual():
    text = manual(product_command())  # that the file is this text is held by tests/house
    for path, each in leaves():
        assert f".SS {' '.join(path[1:])}\n" in text
        for param in each.params:
            if param.param_type_name == "option" and not param.hidden and param.name != "help":
                assert param.opts[0].replace("-", "\\-") in text
    assert [code for code, _ in EXITS] == [0, 1, 2, 3]


def test_the_manual_is_roff_that_man_reads_without_a_word_of_complaint(tmp_path: Path):
    page = tmp_path / "ironkeep.1"
    page.write_text(manual(product_command()))
    command = ["groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-ww", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "EXIT STATUS" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_shown_without_a_network_and_completes_a_command(shell: str, tmp_path: Path):
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    program = Path(sys.executable).with_name("ironkeep")
    quiet = ["unshare", "--net", "--map-root-user"] if may_unshare() else []
    shown = subprocess.run(
        [*quiet, str(program), "--show-completion", shell],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "_IRONKEEP_COMPLETE" in shown.stdout
    asked = env | {
        "_IRONKEEP_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "ironkeep acc",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "ironkeep acc",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run([str(program)], env=asked, capture_output=True, text=True, timeout=60, check=False)
    assert "account" in done.stdout


def may_unshare() -> bool:
    """Can this machine make a namespace without a network?"""
    done = subprocess.run(["unshare", "--net", "--map-root-user", "true"], capture_output=True, check=False)
    return done.returncode == 0
