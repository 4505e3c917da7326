"""Hand readings: a person's instrument as an independent witness, with its age (TEL-07; telemetry.md section 5).

It is compared once, with what was shown when it was taken: later both may move. An agreement witnesses for some hours
and then no more. A difference stands until another reading of the same point agrees. It never becomes a live value.
"""

from collections.abc import Mapping

import numpy as np

from ironkeep.decisions.telemetry.calibration import end_of
from ironkeep.decisions.telemetry.memory import Hand, Memory
from ironkeep.decisions.telemetry.policy import HandAllowance, Policy
from ironkeep.decisions.telemetry.qualities import Past
from ironkeep.facts.envelope import Draft
from ironkeep.facts.reading import HandReadingTaken
from ironkeep.model.errors import Refused
from ironkeep.model.gather import fits
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.point import PointSpec
from ironkeep.model.quality import ABSENT_INTEGER
from ironkeep.model.reading import Verdict, parse
from ironkeep.model.request import Request
from ironkeep.model.time import SECOND_US, Now

FUTURE_MAX_S = 60.0  # a reading from further ahead than this is a slip of the pen


def take(memory: Memory, request: Request, policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The draft of a person's reading. Raises Refused with reason and remedy."""
    if not request.actor.startswith("person:"):
        raise Refused("only a named person reads an instrument", where=request.actor, remedy="log in by name")
    read = parse(request.body)
    age_us = now.at_us - read.read_us
    if age_us < -FUTURE_MAX_S * SECOND_US or age_us > policy.hand_valid_h * 3600 * SECOND_US:
        raise Refused(
            "the time of the reading is not within the last hours",
            where="read_us",
            remedy=f"give when it was read, at most {policy.hand_valid_h:g} h ago",
        )
    found = _point(memory, AssetId(request.subject), read.point, policy)
    if found is None:
        raise Refused(
            f"{request.subject} offers no point {read.point}",
            where=f"{request.subject}/{read.point}",
            remedy="take the name of a point from the page of the asset",
        )
    spec, shown = found
    allowed = _allowed(read.point, policy, read.value)
    verdict = _verdict(read.value, shown, allowed)
    if age_us > policy.hand_compared_s * SECOND_US:
        verdict = Verdict.ALONE
    if (end_of(read.calibrated_until) or 0) < now.at_us:
        verdict = Verdict.UNCALIBRATED
    body = HandReadingTaken(
        asset=request.subject,
        point=read.point,
        value=_text(read.value),
        unit=spec.unit,
        instrument=read.instrument.strip(),
        calibrated_until=read.calibrated_until,
        shown="" if shown is None else _text(shown),
        allowed=_text(allowed),
        verdict=str(verdict),
        until_us=read.read_us + int(policy.hand_valid_h * 3600 * SECOND_US),
    )
    return (Draft(body, request.actor, cause=request.id, observed_us=read.read_us, collected_us=now.at_us),)


def _point(memory: Memory, asset: AssetId, point: PointName, policy: Policy) -> tuple[PointSpec, float | None] | None:
    """The specification of a point and its value as last judged, None where that may not be used."""
    for past in memory.pasts.values():
        row = past.layout.row_index.get(asset)
        if row is None:
            continue
        if (column := past.layout.analog_index.get(point)) is not None:
            value = float(past.analog[row, column])
            usable = past.good[row, column] >= policy.good_samples and np.isfinite(value)
            return past.layout.analog[column], value if usable else None
        if (column := past.layout.integer_index.get(point)) is not None:
            return past.layout.integer[column], _counted(past, row, column, policy)
    return None


def _counted(past: Past, row: int, column: int, policy: Policy) -> float | None:
    raw = int(past.integer[row, column])
    good = past.good[row, len(past.layout.analog) + column] >= policy.good_samples
    return float(raw) if good and raw != ABSENT_INTEGER else None


def _allowed(point: PointName, policy: Policy, value: float) -> float:
    rule = next((each for each in policy.hand_allowances if fits(point, each.pattern)), HandAllowance("*", 0.0, 0.05))
    return rule.absolute + rule.relative * abs(value)


def _verdict(value: float, shown: float | None, allowed: float) -> Verdict:
    if shown is None:
        return Verdict.ALONE
    return Verdict.AGREES if abs(value - shown) <= allowed else Verdict.DIFFERS


def _text(value: float) -> str:
    return np.format_float_positional(value, precision=9, unique=True, trim="-")


def words(hand: Hand) -> str:
    """What a reading says, for people."""
    read = f"{hand.value} {hand.unit}".strip()
    shown = f"{hand.shown} {hand.unit}".strip() if hand.shown else "nothing usable"
    who = hand.by.removeprefix("person:")
    return f"{hand.point}: {who} read {read} with {hand.instrument}; shown was {shown}; {hand.allowed} allowed"


def witnessing(hands: Mapping[str, Hand], asset: AssetId, now: Now) -> bool:
    """Does a hand reading that agrees still witness for the asset or a part of it?"""
    return any(
        (hand.asset == asset or hand.asset.startswith(f"{asset}."))
        and hand.verdict == Verdict.AGREES
        and now.at_us <= hand.until_us
        for hand in hands.values()
    )
