"""The reference page of the scenarios says what the files say."""

from __future__ import annotations

from pathlib import Path

from ironkeep.twin.scenarios import VERBS, load

PAGE = Path(__file__).parents[2] / "docs/reference/scenarios.md"


def test_the_page_lists_every_scenario_with_its_kind_signals_and_times() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for scenario in load().values():
        shows = ", ".join(f"`{signal}`" for signal in scenario.shows)
        times = f"{scenario.within_s:g} s | {scenario.duration_s:g} s"
        assert f"| `{scenario.name}` | {scenario.kind} | {shows} | {times} |" in lines


def test_the_page_lists_every_verb_with_its_arguments() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for verb, (required, optional) in VERBS.items():
        line = next(line for line in text.splitlines() if line.startswith(f"| `{verb}` |"))
        assert all(f"`{argument}`" in line for argument in required + optional)
