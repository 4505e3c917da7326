"""Reads the files of this folder into model structs. A file that says anything odd is refused with its name and why."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from ironkeep.model.check import Bound, Check, SettingMeaning, Thermistors
from ironkeep.model.errors import Refused

FILES = ("closures.toml", "ways.toml", "bounds.toml", "settings.toml", "thermistors.toml")


class Knowledge(NamedTuple):
    """What the telemetry room is told: checks, bounds of physics, meanings of settings, cells a thermistor."""

    checks: tuple[Check, ...] = ()
    bounds: tuple[Bound, ...] = ()
    settings: tuple[SettingMeaning, ...] = ()
    thermistors: tuple[Thermistors, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    check: tuple[Check, ...] = ()
    bound: tuple[Bound, ...] = ()
    setting: tuple[SettingMeaning, ...] = ()
    thermistors: tuple[Thermistors, ...] = ()


def parse(text: str, name: str = "checks") -> Knowledge:
    """What a TOML text says. Raises Refused with the file, the key and what would be right."""
    try:
        read = msgspec.convert(tomllib.loads(text), _File, strict=False)
    except tomllib.TOMLDecodeError as exc:
        raise Refused(f"not TOML: {exc}", where=name, remedy="correct the file") from exc
    except msgspec.ValidationError as exc:
        raise Refused(str(exc), where=name, remedy="see docs/reference/detectors.md for the keys") from exc
    ids = [check.id for check in read.check]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise Refused(f"checks with one id: {', '.join(twice)}", where=name, remedy="give each an id of its own")
    for check in read.check:
        if not check.tolerance > 0 or not check.text or not check.source:
            raise Refused(
                f"check {check.id!r} lacks a tolerance above 0, a text or a source",
                where=f"{name}: {check.id}",
                remedy="every limit is a number with a source",
            )
        if check.drift is not None and not min(msgspec.structs.astuple(check.drift)) > 0:
            raise Refused(
                f"drift of {check.id!r} holds a number that is not above 0",
                where=f"{name}: {check.id}",
                remedy="give noise, offset, share and excitation",
            )
    for each in read.thermistors:
        if each.cells_each < 2 or not each.source:
            raise Refused(
                f"thermistors of {each.model!r} lack a number of cells above 1 or a source",
                where=f"{name}: {each.model}",
                remedy="say how many cells show one thermistor and who says so",
            )
    return Knowledge(read.check, read.bound, read.setting, read.thermistors)


@cache
def shipped() -> Knowledge:
    """All that this folder holds."""
    read = [parse((files("ironkeep.packs.checks") / each).read_text(encoding="utf-8"), each) for each in FILES]
    return Knowledge(
        tuple(check for one in read for check in one.checks),
        tuple(bound for one in read for bound in one.bounds),
        tuple(setting for one in read for setting in one.settings),
        tuple(each for one in read for each in one.thermistors),
    )
