"""The reference pages of alarms and detectors, made from the packs. `python -m tests.packs.alarms.page` writes them."""

from pathlib import Path

from ironkeep.model.alarm import AlarmRule, Comparison
from ironkeep.model.check import Check
from ironkeep.packs import alarms, checks

PAGES = Path(__file__).resolve().parents[3] / "docs/reference"
MADE = "<!-- Written by `python -m tests.packs.alarms.page` from src/ironkeep/packs. Change the words there. -->"
NAMES = {1: "high", 2: "medium", 3: "low"}


def _condition(rule: AlarmRule) -> str:
    limit = f"`{rule.limit_point}`, else {rule.limit:g}" if rule.limit_point else f"{rule.limit:g}"
    words = {
        Comparison.BIT: f"bit {rule.limit:g} of `{rule.point}`",
        Comparison.EQUALS: f"`{rule.point}` = {rule.limit:g}",
        Comparison.RISING: f"`{rule.point}` rises more than {limit} a minute over {rule.window_s:g} s",
        Comparison.SPREAD: f"`{rule.point}` spread above {limit}",
        Comparison.APART: f"`{rule.point}` further than {limit} from its neighbours' median",
        Comparison.OUTSIDE: f"`{rule.point}` further from 0 than {limit}",
        Comparison.TRUST: f"trust lost for `{rule.point}`",
        Comparison.LOST: "a device is lost" if rule.limit <= 1 else "most addresses are lost",
        Comparison.CHANGED: "a protective setting is not that of the passport",
    }
    text = words.get(rule.compare, f"`{rule.point}` {rule.compare} {limit}")
    for when in rule.when:
        on = f" of a {when.kind} of the same room, else of any" if when.kind else ""
        text += f", while `{when.point}`{on} {when.compare} {when.limit:g}"
    return text


def _rule(rule: AlarmRule) -> list[str]:
    marks = [
        f"priority {NAMES[rule.priority]}",
        f"speaks first: {rule.annunciator}",
        f"respond within {rule.respond_s} s",
    ]
    marks += ["life safety"] if rule.life_safety else []
    marks += ["latches"] if rule.latched else []
    marks += [] if rule.shelvable else ["never shelved"]
    marks += [f"ATT&CK {rule.attack}"] if rule.attack else []
    return [
        f"### {rule.title}",
        "",
        f"`{rule.id}` · {' · '.join(marks)}",
        "",
        f"- When: {_condition(rule)}; on after {rule.on_delay_s:g} s, off after {rule.off_delay_s:g} s.",
        f"- Cause: {rule.cause}",
        f"- Consequence: {rule.consequence}",
        f"- Action: {rule.action}",
        f"- Case: {rule.incident}. Source: {rule.source}.",
        *(
            [f"- Not raised while stands: {', '.join(f'`{s}`' for s in rule.suppressed_by)}."]
            if rule.suppressed_by
            else []
        ),
        "",
    ]


def alarms_page() -> str:
    """The page of the alarm list."""
    rules = alarms.shipped()
    lines = [
        "# Alarms",
        "",
        MADE,
        "",
        f"The {len(rules)} rules that Ironkeep ships, from `packs/alarms`. Limits are judgement and unsigned until a",
        "battery-safety engineer signs the site's own. How alarms work: [explanation](../explanation/alarms.md).",
        "",
    ]
    for rule in rules:
        lines += _rule(rule)
    return "\n".join(lines).rstrip() + "\n"


def _check(check: Check) -> str:
    kinds = ", ".join(check.asset_kinds) or "any"
    sides = f"`{check.point}` with `{check.other}`" + (f" and `{check.second}`" if check.second else "")
    allowed = f"{check.tolerance:g}" + (f" + {check.relative:g} of it" if check.relative else "")
    return f"| `{check.id}` | {check.relation} | {kinds} | {sides} | {allowed} | {check.hold_s:g} | {check.source} |"


def detectors_page() -> str:
    """The page of the detectors."""
    knowledge = checks.shipped()
    lines = [
        "# Detectors",
        "",
        MADE,
        "",
        "Always on, for every point: range, rate, staleness, order, duplicates, settling. For every address: lost,",
        "frozen (needs a heartbeat; without one the detector is reported unavailable). For modules: copied cells.",
        "What each bit means: `model/quality.py`. What follows from it: [trust](../explanation/trust.md).",
        "",
        "## Checks between readings",
        "",
        "The allowance also grows with what both sides moved since the last turn. Columns: id, relation, asset kinds,",
        "what is compared, allowance in the point's unit, seconds held before it counts, source.",
        "",
        "| id | relation | kinds | compares | allowance | held s | source |",
        "|---|---|---|---|---|---|---|",
        *(_check(check) for check in knowledge.checks),
        "",
        "## Bounds of physics",
        "",
        "| points | low | high | fastest change a second | source |",
        "|---|---|---|---|---|",
        *(f"| `{b.pattern}` | {b.low} | {b.high} | {b.rate_per_s} | {b.source} |" for b in knowledge.bounds),
        "",
        "## Meanings of settings",
        "",
        "| points | meaning | protective |",
        "|---|---|---|",
        *(f"| `{s.pattern}` | {s.meaning} | {'yes' if s.protective else 'no'} |" for s in knowledge.settings),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (PAGES / "alarms.md").write_text(alarms_page())
    (PAGES / "detectors.md").write_text(detectors_page())
