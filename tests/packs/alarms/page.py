"""The reference pages of alarms and detectors, made from the packs. `python -m tests.packs.alarms.page` writes them."""

from pathlib import Path

from ironkeep.model.alarm import AlarmRule, Comparison
from ironkeep.model.check import Check
from ironkeep.packs import alarms, checks

PAGES = Path(__file__).resolve().parents[3] / "docs/reference"
MADE = "<!-- Written by `python -m tests.packs.alarms.page` from src/ironkeep/packs. Change the words there. -->"
WATCHES = """\
| detector | finds | needs | within | cannot see |
|---|---|---|---|---|
| replay | 16 samples of a device seen before, to the last digit, twice | noise in the last digits | 60 s | what was \
said before the memory began (32 MiB: five days for 34 streams), values with fresh noise (the pairs below see those, \
from a witness that moves), a quiet device |
| drift | a difference that leaves the class of the instruments | 120 samples | ten samples at 4 sigma beyond the \
class | what stays within the class, and a drift as slow as the sensors' own ageing |
| gain | a side that moves more or less than the other, beyond twice the class | a load that swings | 1-10 min | a \
load that never moves |
| noise | a side that does not follow small movements of the other | a witness, movements ten times the noise | \
2-5 min | an idle battery |
| energy | an hour of power that does not close with counters | counters | minutes to an hour | less than the class |
| chatter | a point that changes five times a minute, an alarm raised three times; points of three devices that do so \
together are one event | - | a minute | cells |
| copied cells | cells that show one thermistor | a declared make, else four modules alike | at once, 3 polls | - |
| calibration | a meter or probe past its date | `calibrated_until` in the site file | at once | a wrong date |
""".splitlines()
MEASURED = """\
The threshold of the sums follows from a budget of 0.1 false alarms a month for all pairs of the site together
(Siegmund's approximation, telemetry.md 7.1). Measured on honest pairs of the class, read up to a second apart:

```
$ python -m tests.decisions.telemetry.quiet_pairs 1000 1
1000 honest pairs for 1 h, seed 3: 42 pair-days
pairs with a false alarm: drift 0, gain 0, noise 0; highest sum 3.5, threshold 24.4
```

None in 42 pair-days bounds the rate at one in 14 pair-days (95 %), no further. `python -m tests.stories.quiet_hours
HOURS` does the same with the whole site. Real sensors have hysteresis and colours of noise that the twin has not: what
the budget is worth is known after commissioning.
""".splitlines()
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
        "frozen (needs a heartbeat; without one the detector is reported unavailable), replayed. For modules: copied",
        "cells. For contacts, states, bits and alarms: chatter. For meters and rooms: calibration that ran out.",
        "What each bit means: `model/quality.py`. What follows from it: [trust](../explanation/trust.md).",
        "",
        *WATCHES,
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
        "## Coupled pairs",
        "",
        "Checks whose two sides measure one quantity are watched more finely than their allowance: for drift, gain,",
        "and, against a witness, for movements that the one shows and the other does not. Columns: check, noise of one",
        "difference, offset and share that the class of both instruments allows, how much the other side must move",
        "(standard deviation) before gain is judged; all in the point's unit but the share.",
        "",
        "| check | noise | offset | share | excitation |",
        "|---|---|---|---|---|",
        *(
            f"| `{c.id}` | {c.drift.noise:g} | {c.drift.offset:g} | {c.drift.share:g} | {c.drift.excitation:g} |"
            for c in knowledge.checks
            if c.drift is not None
        ),
        "",
        *MEASURED,
        "",
        "## Cells a thermistor",
        "",
        "| maker | model | cells that show one thermistor | source |",
        "|---|---|---|---|",
        *(f"| {t.manufacturer} | {t.model} | {t.cells_each} | {t.source} |" for t in knowledge.thermistors),
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
