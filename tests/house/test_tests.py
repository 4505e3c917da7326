"""The tests have teeth, and a toothless one is caught."""

import pytest

from tools.house import toothless
from tools.house.tree import Module


def planted(source: str) -> list[str]:
    return toothless.breaches([Module("test_turn", "tests/engine/test_turn.py", source, False)])


def test_the_tests_have_teeth_and_lie_beside_what_they_test() -> None:
    assert toothless.breaches(toothless.sources()) == []
    assert toothless.misplaced() == []


@pytest.mark.parametrize(
    "body",
    [
        "start = time.perf_counter(); work(); assert time.perf_counter() - start < 1",
        "start = time.monotonic()\n    work()\n    took = time.monotonic() - start\n    assert took < 0.5",
        "a = perf_counter()\n    work()\n    b = perf_counter() - a\n    ms = b * 1000\n    assert rows and ms < 20",
        "start = time.time()\n    work()\n    assert not (time.time() - start > 2), 'slow'",
    ],
)
def test_an_assertion_on_elapsed_time_is_caught(body: str) -> None:
    assert planted(f"def test_a_turn_is_quick():\n    {body}\n")


@pytest.mark.parametrize(
    "source",
    [
        "def test_turn():\n    assert turn() == 1",
        "def test_a_turn_runs_once():\n    assert True",
        "def test_a_turn_runs_once():\n    assert 'always'",
        "@pytest.mark.skip\ndef test_a_turn_runs_once():\n    assert turn() == 1",
        "@pytest.mark.xfail(reason='later')\ndef test_a_turn_runs_once():\n    assert turn() == 1",
        "def test_a_turn_runs_once():\n    pytest.skip('no network')",
        "nats = pytest.importorskip('nats')",
        "def test_a_turn_runs_once(monkeypatch):\n    monkeypatch.setattr(turn, 'now', 0)\n    assert turn()",
        "@mock.patch('ironkeep.engine.turn')\ndef test_a_turn_runs_once(turn):\n    assert turn() == 1",
    ],
)
def test_a_toothless_test_is_caught(source: str) -> None:
    assert planted(source)


def test_a_deadline_that_only_ends_a_wait_is_let_through() -> None:
    waits = "    end = time.monotonic() + 10\n    while not ready() and time.monotonic() < end:\n        pause()\n"
    assert planted(f"def test_the_site_answers_in_the_end():\n{waits}    assert ready()") == []


def test_tests_of_no_room_are_caught(tmp_path) -> None:
    for name in (
        "src/ironkeep/engine/turn.py",
        "tests/engine/test_turn.py",
        "tests/stories/a.py",
        "tests/misc/test_x.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert toothless.misplaced(tmp_path) == ["tests/misc: mirrors no room of the product"]
