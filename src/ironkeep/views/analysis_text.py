"""An analysis as lines for a terminal: what was read and how, then every remark, worst first."""

import textwrap

from ironkeep.model.analysis import Analysis
from ironkeep.model.recording import Sure
from ironkeep.views.analysis import counts, energy, remarks, when

WIDTH = 110


def lines(analysis: Analysis) -> list[str]:
    """The whole report, without control characters from the file."""
    return [
        clean(line)
        for line in (*_head(analysis), *_guesses(analysis), "", *_numbers(analysis), "", *_remarks(analysis))
    ]


def clean(text: str) -> str:
    """The text without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _head(analysis: Analysis) -> list[str]:
    intake = analysis.intake
    out = [
        f"{intake.name}: {intake.rows:,} rows read, {intake.rows_kept:,} kept, {intake.size_bytes:,} bytes",
        f"sha256 {intake.digest}",
        f"Ironkeep {analysis.version}",
    ]
    out += [
        f"mended: {each.what} ({each.count:,}{f', first line {each.line}' if each.line else ''})"
        for each in intake.mended
    ]
    if intake.unread:
        out.append(f"left out: {', '.join(intake.unread[:20])}{' ...' if len(intake.unread) > 20 else ''}")
    out += [f"note: {each}" for each in intake.notes]
    return out


def _guesses(analysis: Analysis) -> list[str]:
    if not analysis.guessed:
        return ["", "read by the mapping given"]
    out = [
        "",
        "THE MAPPING IS A GUESS, and so is all that follows. Write it with --write-map, correct it, give it back.",
    ]
    order = (Sure.UNCLEAR, Sure.LIKELY, Sure.TOLD)
    ranked = sorted(analysis.intake.guesses, key=lambda guess: order.index(guess.sure))
    return out + [f"  {each.sure:8} {each.subject}: {each.taken or 'open'} ({each.why})" for each in ranked]


def _numbers(analysis: Analysis) -> list[str]:
    known = analysis.intake.zone_known
    out = []
    for battery in analysis.batteries:
        cover = battery.coverage
        first, last = when(cover.first_us, known), when(cover.last_us, known)
        text = f"{battery.asset}: {first} to {last}, rows for {cover.share:.1%}"
        if battery.energy is not None:
            text += f"; out {energy(battery.energy.out_wh)}, in {energy(battery.energy.in_wh)}"
        if battery.efficiency is not None:
            text += f"; round trip {battery.efficiency.share:.1%}"
        if battery.balance is not None:
            text += f"; capacity {battery.balance.capacity_ah:.4g} Ah"
        out.append(text)
    return out


def _remarks(analysis: Analysis) -> list[str]:
    found = remarks(analysis)
    several = len(analysis.batteries) > 1
    out = [", ".join(f"{count} {rank}" for rank, count in counts(found).items() if count)]
    for remark in found:
        place = f"{remark.asset}: " if several else ""
        out.append(f"{remark.rank.upper():12} {place}{remark.title}")
        for text in (remark.words, remark.condition):
            out += textwrap.wrap(text, WIDTH, initial_indent=" " * 13, subsequent_indent=" " * 13)
    return out
