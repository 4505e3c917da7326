"""Reads alarm rules. A rule that does not say why, what follows, what to do, how soon and who speaks first is refused.

A `[[bits]]` table makes one rule for each bit of a bitfield that it names. A life-safety rule can be neither suppressed
nor shelved; a rule may be suppressed only by a rule that exists.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from ironkeep.model.alarm import AlarmRule, Comparison, IncidentClass
from ironkeep.model.annunciation import Annunciator, Priority
from ironkeep.model.errors import Refused
from ironkeep.model.ids import PointName
from ironkeep.model.site import AssetKind

FILES = ("thermal.toml", "battery.toml", "supply.toml", "nut.toml", "trust.toml", "bms-events.toml")
ROLES = frozenset({"", "gas", "smoke", "heat", "rise", "spread", "cooling", "blind", "sensor", "contactor"})
WORDS = ("title", "cause", "consequence", "action")


class _Bit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bit: int
    name: str
    priority: Priority
    cause: str
    consequence: str
    action: str
    incident: IncidentClass
    respond_s: int
    suppressed_by: tuple[str, ...] = ()
    role: str = ""
    opens_case: bool = True


class _Bits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prefix: str
    title: str
    point: PointName
    annunciator: Annunciator
    source: str
    asset_kinds: tuple[AssetKind, ...]
    bit: tuple[_Bit, ...]
    on_delay_s: float = 0.0
    off_delay_s: float = 5.0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[AlarmRule, ...] = ()
    bits: tuple[_Bits, ...] = ()


def parse(text: str, name: str = "alarms") -> tuple[AlarmRule, ...]:
    """The rules of a TOML text. Raises Refused with the file, the rule and what would be right."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise Refused(f"not TOML: {exc}", where=name, remedy="correct the file") from exc
    try:
        read = msgspec.convert(body, _File, strict=False)
    except msgspec.ValidationError as exc:
        where = f"{name}: {_which(body, str(exc))}"
        raise Refused(str(exc), where=where, remedy="see docs/reference/alarms.md for the keys") from exc
    rules = (*read.rule, *(each for bits in read.bits for each in _spread(bits)))
    for rule in rules:
        _check(rule, name)
    return rules


def _which(body: Mapping[str, Any], message: str) -> str:
    """The id of the rule that the message is about, where it can be told."""
    at = message.rpartition("$.rule[")[2].partition("]")[0]
    rules = body.get("rule", [])
    if at.isdigit() and isinstance(rules, list) and int(at) < len(rules) and isinstance(rules[int(at)], dict):
        return str(rules[int(at)].get("id", f"rule {at}"))
    return "a rule"


def _spread(bits: _Bits) -> tuple[AlarmRule, ...]:
    return tuple(
        AlarmRule(
            id=f"{bits.prefix}-{each.name.lower().replace('_', '-')}",
            title=f"{bits.title}: {each.name.lower().replace('_', ' ')}",
            point=bits.point,
            compare=Comparison.BIT,
            limit=float(each.bit),
            priority=each.priority,
            incident=each.incident,
            cause=each.cause,
            consequence=each.consequence,
            action=each.action,
            respond_s=each.respond_s,
            annunciator=bits.annunciator,
            asset_kinds=tuple(str(kind) for kind in bits.asset_kinds),
            on_delay_s=bits.on_delay_s,
            off_delay_s=bits.off_delay_s,
            source=f"{bits.source} bit {each.bit}",
            suppressed_by=each.suppressed_by,
            role=each.role,
            opens_case=each.opens_case,
        )
        for each in bits.bit
    )


def _check(rule: AlarmRule, name: str) -> None:
    where = f"{name}: {rule.id}"
    silent = [word for word in WORDS if not getattr(rule, word).strip()]
    if silent or rule.respond_s <= 0:
        lacking = ", ".join([*silent, *(["respond_s above 0"] if rule.respond_s <= 0 else [])])
        raise Refused(
            f"the rule lacks {lacking}", where=where, remedy="without it, it is a log line and no alarm (INT-04)"
        )
    if rule.life_safety and (rule.suppressed_by or rule.shelvable):
        raise Refused(
            "a life-safety alarm can be neither suppressed nor shelved",
            where=where,
            remedy="drop suppressed_by and say shelvable = false",
        )
    unknown = sorted(set(rule.asset_kinds) - {str(kind) for kind in AssetKind})
    if unknown:
        raise Refused(f"unknown asset kinds {unknown}", where=where, remedy=f"one of {', '.join(AssetKind)}")
    if rule.role not in ROLES:
        raise Refused(f"unknown role {rule.role!r}", where=where, remedy=f"one of {', '.join(sorted(ROLES))}")
    if rule.hysteresis < 0 or rule.on_delay_s < 0 or rule.off_delay_s < 0 or rule.window_s <= 0:
        raise Refused(
            "a delay, window or hysteresis below 0", where=where, remedy="give seconds and units of 0 or more"
        )


def whole(rules: tuple[AlarmRule, ...]) -> tuple[AlarmRule, ...]:
    """The rules, checked against each other. Raises Refused for an id used twice or an unknown suppressor."""
    ids = [rule.id for rule in rules]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise Refused(f"rules with one id: {', '.join(twice)}", where="alarms", remedy="give each an id of its own")
    for rule in rules:
        strange = [each for each in rule.suppressed_by if each not in ids]
        if strange:
            raise Refused(f"suppressed by unknown rules {strange}", where=rule.id, remedy="name rules that exist")
    return rules


@cache
def shipped() -> tuple[AlarmRule, ...]:
    """All rules of this folder, in the order of the files: those that suppress stand before what they suppress."""
    return whole(
        tuple(
            rule
            for each in FILES
            for rule in parse((files("ironkeep.packs.alarms") / each).read_text(encoding="utf-8"), each)
        )
    )
