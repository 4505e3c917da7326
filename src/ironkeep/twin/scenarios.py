"""Scenarios: what happens on the simulated site, told as data.

Rules. A scenario is one TOML file in `packs/scenarios`. It has a title, a kind (fault, attack, quiet), what happens,
and steps: at a second, do one verb of the closed vocabulary below. A file that says anything else is refused with its
name, its step and what would be right. `shows` names the signals in which an observer can see it, `within_s` how
soon.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ironkeep.model.errors import Refused
from ironkeep.twin.layout import SITE, Site
from ironkeep.twin.lies import PATHS
from ironkeep.twin.signals import SIGNALS

KINDS = ("fault", "attack", "quiet")
Args = dict[str, Any]

# Verb -> (required arguments, optional arguments). "asset" is checked against the group in ASSET_GROUPS.
VERBS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "utility": (("level",), ()),
    "generator-start": (("misses", "fire_s"), ()),
    "generator-hunting": (("swing_hz", "period_s"), ()),
    "generator-test": (("on",), ()),
    "hvac": (("asset", "state"), ()),
    "aux": (("asset", "on"), ()),
    "heat": (("asset", "power_w"), ()),
    "gas": (("asset",), ("hydrogen_ppm_s", "offgas_ppm_s")),
    "leak": (("asset", "on"), ()),
    "insulation": (("asset", "value_ohm"), ()),
    "contactor": (("asset", "fault"), ()),
    "string": (("asset", "command"), ("checked",)),
    "charge": (("asset", "charge_pct"), ()),
    "imbalance": (("asset", "extra_pct"), ()),
    "recalibrate": (("asset",), ()),
    "testing": (("asset", "on"), ()),
    "pcs": (("power_w",), ()),
    "pcs-schedule": ((), ()),
    "setting": (("signal", "asset", "value"), ()),
    "stuck": (("signal", "asset"), ()),
    "forge": (("signal", "asset"), ("value", "gain", "offset", "ramp_s", "limit", "path")),
    "card-says": (("asset", "words"), ()),
    "chatter": (("signal", "asset", "period_s"), ()),
    "record": (("asset",), ("fresh",)),
    "replay": (("asset",), ()),
    "freeze": (("asset",), ()),
    "drop": (("asset",), ()),
    "answer": (("asset",), ()),
    "clock": (("asset", "step_s"), ()),
    "reboot": (("asset", "dark_s"), ()),
}
ASSET_GROUPS: dict[str, tuple[str, ...]] = {
    "hvac": ("hvac",),
    "aux": ("room",),
    "heat": ("cell",),
    "gas": ("room",),
    "leak": ("room",),
    "insulation": ("bank",),
    "contactor": ("string",),
    "string": ("string",),
    "charge": ("string",),
    "imbalance": ("bank",),
    "recalibrate": ("bank",),
    "testing": ("bank",),
    "card-says": ("ups",),
    **dict.fromkeys(("freeze", "drop", "answer", "clock", "reboot", "record", "replay"), ("device",)),
}
WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("hvac", "state"): ("running", "fault", "maintenance"),
    ("contactor", "fault"): ("drops", "welds", "none"),
    ("string", "command"): ("open", "close"),
    ("forge", "path"): PATHS,
}
TEXTS = ("asset", "signal", "state", "fault", "command", "path", "words")
FLAGS = ("on", "checked", "fresh")


@dataclass(frozen=True)
class Step:
    """One line of the script: at `at_s` seconds after the injection, do `verb` with `args`."""

    at_s: float
    verb: str
    args: Args


@dataclass(frozen=True)
class Scenario:
    """A whole script; steps in order of time."""

    name: str
    title: str
    kind: str
    happens: str
    shows: tuple[str, ...]
    within_s: float
    duration_s: float
    steps: tuple[Step, ...]

    @property
    def quiet(self) -> bool:
        """True when nothing must be raised."""
        return self.kind == "quiet"


def load(site: Site = SITE) -> dict[str, Scenario]:
    """All shipped scenarios by name, sorted.

    Raises: Refused when a file does not keep the rules.
    """
    return dict(_shipped(site))


@cache
def _shipped(site: Site) -> dict[str, Scenario]:
    found = {}
    for entry in sorted(files("ironkeep.packs.scenarios").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            name = entry.name.removesuffix(".toml")
            found[name] = parse(name, entry.read_text(encoding="utf-8"), site)
    return found


def parse(name: str, text: str, site: Site = SITE) -> Scenario:
    """The scenario in a TOML text.

    Raises: Refused with the file, the step and the remedy.
    """
    where = f"scenario {name}"
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"not TOML: {error}", where=where, remedy="Correct the file.") from error
    known = {"title", "kind", "happens", "shows", "within_s", "duration_s", "step"}
    if set(body) != known:
        odd = sorted(set(body) ^ known)
        raise Refused(f"keys missing or unknown: {', '.join(odd)}", where=where, remedy=f"Use {sorted(known)}.")
    if body["kind"] not in KINDS:
        raise Refused(f"kind {body['kind']!r}", where=where, remedy=f"Use one of {KINDS}.")
    unknown = [signal for signal in body["shows"] if signal not in SIGNALS]
    if unknown:
        raise Refused(f"shows unknown signals {unknown}", where=where, remedy="See twin/signals.py.")
    steps = tuple(_step(raw, f"{where}, step {i + 1}", site) for i, raw in enumerate(body["step"]))
    return Scenario(
        name=name,
        title=str(body["title"]),
        kind=body["kind"],
        happens=str(body["happens"]).strip(),
        shows=tuple(body["shows"]),
        within_s=float(body["within_s"]),
        duration_s=float(body["duration_s"]),
        steps=tuple(sorted(steps, key=lambda step: step.at_s)),
    )


def _step(raw: Args, where: str, site: Site) -> Step:
    args = dict(raw)
    at_s, verb = args.pop("at_s", None), args.pop("do", None)
    if isinstance(at_s, bool) or not isinstance(at_s, int | float) or not 0.0 <= at_s < 1e9:
        raise Refused(f"at_s is {at_s!r}", where=where, remedy="Give seconds, 0 or more.")
    if verb not in VERBS:
        raise Refused(f"unknown verb {verb!r}", where=where, remedy=f"Use one of {sorted(VERBS)}.")
    required, optional = VERBS[verb]
    if missing := [key for key in required if key not in args]:
        raise Refused(f"{verb} lacks {missing}", where=where, remedy=f"Give {required}.")
    if extra := [key for key in args if key not in required + optional]:
        raise Refused(f"{verb} does not take {extra}", where=where, remedy=f"Give {required + optional}.")
    for key, value in args.items():
        _check(verb, key, value, where)
    _check_asset(verb, args, where, site)
    return Step(float(at_s), verb, args)


def _check(verb: str, key: str, value: object, where: str) -> None:
    kinds: dict[str, type] = {**dict.fromkeys(TEXTS, str), **dict.fromkeys(FLAGS, bool)}
    kind = kinds.get(key)
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
    if (kind is not None and not isinstance(value, kind)) or (kind is None and not number):
        raise Refused(f"{key} is {value!r}", where=where, remedy=f"Give a {kind.__name__ if kind else 'number'}.")
    words = WORDS.get((verb, key))
    if words and value not in words:
        raise Refused(f"{key} is {value!r}", where=where, remedy=f"Use one of {words}.")


def _check_asset(verb: str, args: Args, where: str, site: Site) -> None:
    groups = ASSET_GROUPS.get(verb, ())
    if "signal" in args:
        signal = SIGNALS.get(args["signal"])
        if signal is None:
            raise Refused(f"unknown signal {args['signal']!r}", where=where, remedy="See twin/signals.py.")
        if verb == "setting" and signal.kind != "setting":
            raise Refused(f"{signal.name} is a {signal.kind}", where=where, remedy="Name a setting.")
        if not rows_of(signal.group, args["asset"], site):
            raise Refused(f"{signal.group} has no {args['asset']!r}", where=where, remedy="Name an asset of the group.")
    elif groups and not any((group, args["asset"]) in site.row for group in groups):
        raise Refused(f"no {groups[0]} {args['asset']!r}", where=where, remedy=f"Name a {groups[0]} of the site.")


def rows_of(group: str, asset: str, site: Site = SITE) -> list[int]:
    """Rows of a group that are the asset or lie inside it."""
    return [i for i, id_ in enumerate(site.rows[group]) if id_ == asset or id_.startswith(f"{asset}.")]
