"""The tests have teeth, and a toothless one is caught."""

import pytest

from tools.house import safety, toothless
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


# --------------------------------------------------------------------------------------------------------- safety rules


def marked(*rules: str) -> list[Module]:
    source = "".join(
        f"@pytest.mark.safety({rule!r})\ndef test_it_never_does_{n}():\n    pass\n" for n, rule in enumerate(rules)
    )
    return [Module("test_turn", "tests/engine/test_turn.py", source, False)]


def test_every_safety_rule_has_a_test_that_tries_to_break_it_or_says_why_nothing_could() -> None:
    assert safety.breaches(toothless.sources()) == []


def test_a_safety_rule_without_a_test_an_idle_one_with_a_test_and_one_that_there_is_not_are_caught() -> None:
    at_work = [rule for rule, each in safety.RULES.items() if not each.idle]
    idle = next(rule for rule, each in safety.RULES.items() if each.idle)
    assert safety.breaches(marked(*at_work)) == []
    assert [rule in safety.breaches(marked(*at_work[1:]))[0] for rule in at_work[:1]] == [True]
    assert "idle no longer" in safety.breaches(marked(*at_work, idle))[0]
    assert "there is no safety rule S61" in safety.breaches(marked(*at_work, "S61"))[0]
