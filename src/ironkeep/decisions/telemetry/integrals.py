"""What must close over time: a charge with its current, a power with counters of energy."""

from dataclasses import replace

import numpy as np

from ironkeep.decisions.telemetry.verdicts import CheckPast, Found, Sides, or_zero, timed
from ironkeep.model.check import Check
from ironkeep.model.time import SECOND_US, Now

FULL_PCT, EMPTY_PCT = 99.5, 0.5  # where a charge counter may be anchored
ANCHOR_REACH_PCT = 12.0  # how far from full or empty the count may have been for an anchoring to be honest
CAPACITY_DOUBT = 0.04  # share by which a capacity may differ from its nameplate
DRIFT_MAX_PCT = 8.0  # beyond this the growing band of a charge count is worth nothing
GAP_MAX_S = 30.0  # longer without values and an honest integral begins anew
HOUR_US = 3600 * SECOND_US


def anchored(charge_pct: float) -> bool:
    """Does the charge stand where its counter may be anchored?"""
    return charge_pct >= FULL_PCT or charge_pct <= EMPTY_PCT


def count(check: Check, past: CheckPast, sides: Sides, now: Now) -> tuple[CheckPast, Found]:
    """Charge against its own integral of current since the last anchor (telemetry.md 7.3, rows 7 and 8)."""
    charge, current, capacity, _ = sides.values
    with np.errstate(invalid="ignore"):
        known = sides.usable(0, 1, 2) & (capacity > 0)
    gap_us = now.mono_us - past.seen_us
    stale = known & ~past.flagged & (gap_us > GAP_MAX_S * SECOND_US)
    hours = np.where(past.seen_us > 0, gap_us, 0) / HOUR_US
    integral = past.integral + np.where(known, or_zero(current) * hours, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = 100.0 * integral / capacity
        expected = past.anchor - moved
        band = check.tolerance + check.relative * np.maximum(now.mono_us - past.run, 0) / HOUR_US
        allowed = np.minimum(band, DRIFT_MAX_PCT) + CAPACITY_DOUBT * np.abs(moved)
        full = (charge >= FULL_PCT) & (expected >= 100.0 - ANCHOR_REACH_PCT)
        empty = (charge <= EMPTY_PCT) & (expected <= ANCHOR_REACH_PCT)
        fits = np.abs(charge - expected) <= allowed
    anew = known & (np.isnan(past.anchor) | stale | full | empty | (fits & (band >= DRIFT_MAX_PCT)))
    anchor = np.where(anew, charge, past.anchor)
    integral = np.where(anew, 0.0, integral)
    began = np.where(anew, now.mono_us, past.run)
    bad = known & ~anew & ~fits
    seen = np.where(known, now.mono_us, past.seen_us)
    kept = replace(past, anchor=anchor, integral=integral, run=began, seen_us=seen)
    return timed(check.hold_s, kept, bad, known, charge, np.where(anew, charge, expected), now)


def energy(check: Check, past: CheckPast, sides: Sides, now: Now) -> tuple[CheckPast, Found]:
    """Power over at most an hour against what the counters of the witness grew by (telemetry.md 7.3, row 15).

    A surplus beyond the allowance for a whole hour is told at once; only a whole hour that closes ends it. A gap
    spoils the hour, and the next begins. What flows between two reads of counters that are read seldom is allowed for,
    at both ends.
    """
    power, given, taken, _ = sides.values
    known = sides.usable(0, 1, 2)
    counted = given - taken
    gap_us = now.mono_us - past.seen_us
    running = known & (past.run > 0) & (gap_us <= GAP_MAX_S * SECOND_US)
    step_wh = np.where(running, 0.5 * or_zero(power + past.point) * gap_us / HOUR_US, 0.0)
    integral = np.where(running, past.integral + step_wh, past.integral)
    moved = np.where(running, past.moved + np.abs(step_wh), past.moved)
    with np.errstate(invalid="ignore"):
        metered = counted - past.anchor
        unread_wh = 2.0 * np.maximum(np.abs(power), np.abs(past.point)) * sides.apart_s * SECOND_US / HOUR_US
        allowed = check.tolerance + check.relative * np.maximum(moved, np.abs(metered)) + unread_wh
        bad = running & (np.abs(integral - metered) > allowed)
    whole = running & (now.mono_us - past.run >= HOUR_US)
    anew = known & (whole | ~running | bad)
    flagged = bad | (past.flagged & ~(whole & ~bad))
    kept = replace(
        past,
        since_us=np.where(bad, 0, np.where(whole, now.mono_us, past.since_us)),
        flagged=flagged,
        point=np.where(known, power, past.point),
        other=metered,
        anchor=np.where(anew, counted, past.anchor),
        integral=np.where(anew, 0.0, integral),
        run=np.where(anew, now.mono_us, past.run),
        seen_us=np.where(known, now.mono_us, past.seen_us),
        moved=np.where(anew, 0.0, moved),
    )
    return kept, Found(flagged, known & ~flagged & (kept.since_us > 0), integral, metered, known)
