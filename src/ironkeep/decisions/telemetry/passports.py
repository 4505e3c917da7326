"""The setting passport: what an asset's settings are, and what changed (safety S55-S58; telemetry.md section 4).

Only points classed setting enter. The first settled read makes the passport; from then on any other value is a change,
until a person approves it or it changes back. A value that may not be used changes nothing. Settings that no fact can
hold make no passport and are not compared: a finding says so, and a passport cut short never stands for a whole one.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from ironkeep.decisions.telemetry.devices import ACTOR
from ironkeep.decisions.telemetry.memory import Memory, Passport
from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.verdicts import NOT_USABLE
from ironkeep.facts.envelope import Draft
from ironkeep.facts.telemetry import PassportTaken, SettingChanged
from ironkeep.model.check import SettingMeaning
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits, fits
from ironkeep.model.quality import Quality
from ironkeep.model.request import Request, RequestKind

UNKNOWN_MEANING = "a setting whose meaning is not described"
MISSING = np.uint16(Quality.ABSENT | Quality.EXCEPTION)  # not offered: no reason to wait for it
TEXT_MAX = 200  # characters of a name
PASSPORT_BYTES_MAX = 64_000  # of its settings as JSON: a fact has 65,535 bytes, its head and names take the rest


def compare(
    memory: Memory, plan: Plan, frames: Sequence[Frame], quality: Sequence[Bits]
) -> tuple[dict[str, np.ndarray], frozenset[str]]:
    """The setting blocks as last compared, by group, and the assets whose settings may differ from their passport."""
    compared: dict[str, np.ndarray] = {}
    unsettled = set(memory.unsettled)
    for frame, bits, shape in zip(frames, quality, plan.shapes, strict=True):
        if not shape.settings.size:
            continue
        group = frame.layout.group
        block = _block(frame, shape.settings)
        usable = (bits[:, shape.settings] & NOT_USABLE) == 0
        last = memory.compared.get(group)
        if last is None or last.shape != block.shape:
            last = np.full(block.shape, np.nan)
        moved = usable & (block != last)
        if moved.any():
            unsettled.update(frame.layout.assets[row] for row in np.flatnonzero(moved.any(axis=1)))
            last = np.where(moved, block, last)
        compared[group] = last
    return compared, frozenset(unsettled)


def _block(frame: Frame, columns: np.ndarray) -> np.ndarray:
    """Setting columns as f8; integers below 2^53 are exact."""
    analog = len(frame.layout.analog)
    out = np.empty((len(frame.layout.assets), columns.size))
    for to, column in enumerate(columns):
        out[:, to] = frame.analog[:, column] if column < analog else frame.integer[:, column - analog]
    return out


def read(
    assets: frozenset[str], plan: Plan, frames: Sequence[Frame], quality: Sequence[Bits]
) -> dict[str, dict[str, str] | None]:
    """The settings of assets as text with unit; None for an asset whose settings are not all settled yet."""
    found: dict[str, dict[str, str] | None] = {asset: {} for asset in assets}
    for frame, bits, shape in zip(frames, quality, plan.shapes, strict=True):
        if not shape.settings.size:
            continue
        specs = (*frame.layout.analog, *frame.layout.integer)
        rows = frame.layout.row_index
        for asset in assets & rows.keys():
            row = rows[asset]  # type: ignore[index]
            mine = found[asset]
            for column in shape.settings:
                if bits[row, column] & MISSING:
                    continue
                if bits[row, column] & NOT_USABLE or mine is None:
                    mine = None
                    break
                mine[specs[column].name] = f"{_number(frame, row, int(column))} {specs[column].unit}".strip()
            found[asset] = mine
    return found


def _number(frame: Frame, row: int, column: int) -> str:
    """The shortest decimal text that gives the value back."""
    analog = len(frame.layout.analog)
    if column >= analog:
        return str(int(frame.integer[row, column - analog]))
    return np.format_float_positional(frame.analog[row, column], unique=True, trim="-")


def digest_of(settings: Mapping[str, str]) -> str:
    """Hex SHA-256 over the sorted settings: the passport's digest."""
    return hashlib.sha256(msgspec.json.encode(dict(settings), order="sorted")).hexdigest()


def drafts(
    memory: Memory, seen: Mapping[str, dict[str, str] | None], policy: Policy
) -> tuple[list[Draft], frozenset[str], dict[str, int]]:
    """Passports and changes to write, the assets that must be looked at again next turn, and those whose settings no
    fact can hold, with their number.
    """
    out: list[Draft] = []
    again = set()
    oversized = {asset: count for asset, count in memory.oversized.items() if asset not in seen}
    for asset, settings in sorted(seen.items()):
        if settings is None:
            again.add(asset)
            continue
        known = memory.standing.passports.get(asset)
        changes = list(_changes(known, asset, settings, policy)) if known else []
        if known is None or (not changes and settings.keys() - known.settings.keys()):
            if settings:
                taken = {**(known.settings if known else {}), **settings}
                if len(msgspec.json.encode(taken)) > PASSPORT_BYTES_MAX:
                    oversized[asset] = len(taken)
                    continue
                out.append(Draft(PassportTaken(asset, digest_of(taken), taken, approved_by=""), ACTOR))
                again.add(asset)
        elif changes:
            out += changes
            again.add(asset)
    return out, frozenset(again), oversized


def _changes(known: Passport, asset: str, settings: Mapping[str, str], policy: Policy) -> Iterator[Draft]:
    for point, text in sorted(settings.items()):
        before = known.seen.get(point)
        if before is None or before == text:
            continue
        number, _, unit = text.partition(" ")
        means = meaning_of(point, policy)
        body = SettingChanged(
            asset, point, before.partition(" ")[0], number, unit, means.meaning, protective=means.protective
        )
        yield Draft(body, ACTOR, cause=known.fact)


def meaning_of(point: str, policy: Policy) -> SettingMeaning:
    """What a setting means: the first pattern that fits its name. An unknown one is not called protective."""
    found = next((m for m in policy.settings if fits(point, m.pattern)), None)
    return found or SettingMeaning(point, UNKNOWN_MEANING)


def approve(memory: Memory, request: Request) -> tuple[Draft, ...]:
    """The drafts of a person's approval: the passport as it stands. Raises Refused with a remedy."""
    if request.kind is not RequestKind.APPROVE_SETTING:
        raise Refused(f"the telemetry room does not know {request.kind!r}", remedy="ask for approve setting")
    if not request.actor.startswith("person:") or len(request.actor) > TEXT_MAX:
        raise Refused("only a named person approves settings", where=request.actor, remedy="log in by name")
    known = memory.standing.passports.get(request.subject)
    if known is None:
        raise Refused(
            f"no settings of {request.subject!r} have been read",
            where=request.subject,
            remedy="wait until the asset has settled, or name one with a passport",
        )
    if not known.drifted and request.subject not in memory.standing.doubted:
        raise Refused("nothing differs from the passport in force", where=request.subject, remedy="nothing to approve")
    settings = {**known.settings, **known.seen}
    body = PassportTaken(request.subject, digest_of(settings), settings, approved_by=request.actor)
    return (Draft(body, request.actor, cause=request.id),)
