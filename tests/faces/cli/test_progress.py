"""Progress: what the line says, where it is drawn, and where not."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ironkeep.faces.cli.progress import Bar, shown, words


@pytest.mark.parametrize(
    ("done", "of", "passed_s", "line"),
    [
        (0, 0, 0.2, "reading"),
        (0, 0, 12.3, "reading, 12 s"),
        (7000, 0, 3.0, "reading: 7,000, 3 s"),
        (0, 400, 0.2, "reading: 0 of 400, 0 %"),
        (100, 400, 10.0, "reading: 100 of 400, 25 %, about 30 s left"),
        (1, 1000, 10.0, "reading: 1 of 1,000, 0 %, about 2 h left"),
        (999_999, 1_000_000, 1.0, "reading: 999,999 of 1,000,000, 99 %, 1 s"),
        (400, 400, 10.0, "reading: 400 of 400, 100 %, 10 s"),
        (500, 400, 1.0, "reading: 500 of 400, 100 %, 1 s"),
    ],
)
def test_the_line_says_what_is_done_how_far_and_how_much_is_left(
    done: int, of: int, passed_s: float, line: str
) -> None:
    assert words("reading", done, of, passed_s) == line


def test_the_line_is_drawn_in_its_place_and_what_is_said_meanwhile_stands_above_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, now_us = io.StringIO(), [0]
    bar = Bar(out, lambda: now_us[0], 24)
    bar("copying", lambda: 5, 10)
    bar("copying", 6, 10)  # the same step is drawn when its time comes
    assert out.getvalue() == "\r\x1b[Kcopying: 5 of 10, 50 %"
    now_us[0] = 4_000_000
    bar.draw()
    assert out.getvalue().endswith("\r\x1b[Kcopying: 6 of 10, 60 %,")  # cut to the terminal
    bar.line("a word")
    assert capsys.readouterr().out == "a word\n"
    assert out.getvalue().endswith("\r\x1b[K")
    bar.end()
    before = out.getvalue()
    bar.draw()
    assert out.getvalue() == before


def on_a_terminal(*arguments: str) -> str:
    """What a command writes to standard error where that is a terminal."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "ironkeep", *arguments], stdout=subprocess.DEVNULL, stderr=theirs
        )
        os.close(theirs)
        text = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the last one who could write is gone
                break
            if not piece:
                break
            text += piece
        assert process.wait(90) == 0
    finally:
        os.close(ours)
    return text.decode()


def test_a_terminal_shows_progress_and_is_clean_afterwards(old_data: Path) -> None:
    text = on_a_terminal("verify", str(old_data))
    assert "checking facts: " in text
    assert text.endswith("\r\x1b[K")


@pytest.mark.parametrize("json", [True, False])
def test_who_asked_for_json_or_reads_through_a_pipe_sees_no_progress(
    json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with shown(lambda: 0, json) as tell:
        tell("reading", 1, 2)
        tell.line("a word")
    assert capsys.readouterr() == ("a word\n", "")
