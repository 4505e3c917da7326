"""An analysis as one page of HTML: whole in itself, without a script, printable on A4, light and dark.

Rules. Everything that came from the file is escaped. Worst first. A rank is a shape and a word, never colour alone. The
page says what it rests on: file, digest, rows, version, and whether the mapping is a guess.
"""

from html import escape

from ironkeep.model.analysis import Analysis, Battery, Rank, Remark
from ironkeep.model.recording import Sure
from ironkeep.views.analysis import counts, energy, headline, lasting, remarks, when
from ironkeep.views.analysis_curve import picture
from ironkeep.views.analysis_style import STYLE

LOUD_MAX = 24  # remarks that are wrong or to be looked at, on the page
QUIET_MAX = 24
BATTERIES_MAX = 40
GUESSES_MAX = 30
LOUD_PX, WHOLE_PX = (250, 62), (716, 96)
SHAPES = {
    Rank.WRONG: '<path class="body" d="M1 1H17V17H1Z"/><path class="sign" d="M9 4V10M9 12.5V14.5"/>',
    Rank.LOOK: '<path class="body" d="M9 1L17.5 16.5H.5Z"/><path class="sign" d="M9 6V11M9 13V14.8"/>',
    Rank.FINE: '<circle class="body" cx="9" cy="9" r="8"/><path class="sign" d="M5 9.5L8 12.5L13 6"/>',
    Rank.OPEN: '<circle class="ring" cx="9" cy="9" r="7.5"/><path class="dash" d="M5 9H13"/>',
}


def page(analysis: Analysis) -> str:
    """The whole page."""
    found = remarks(analysis)
    title = f"Battery recording {analysis.intake.name}"
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{_t(title)}</title><style>{STYLE}</style></head><body><main>"
        f"{_head(analysis, found)}{_whole(analysis, found)}{_loud(analysis, found)}{_quiet(analysis, found)}"
        f"{_open(analysis, found)}{_reading(analysis)}{_foot(analysis)}</main></body></html>\n"
    )


def _t(text: str) -> str:
    """Text of any origin as HTML text: escaped, without control characters."""
    return escape("".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text), quote=True)


def _mark(rank: Rank, size: int = 18) -> str:
    kind = rank.name.lower()
    box = f'viewBox="0 0 18 18" width="{size}" height="{size}"'
    return f'<svg class="rank {kind}" {box} aria-hidden="true">{SHAPES[rank]}</svg>'


def _head(analysis: Analysis, found: tuple[Remark, ...]) -> str:
    intake = analysis.intake
    told = counts(found)
    chips = "".join(f"<li>{_mark(rank)}<b>{count}</b> {_t(rank)}</li>" for rank, count in told.items() if count)
    guess = (
        '<p class="guess"><b>This rests on a guess.</b> Nobody confirmed which column is what; '
        "see the end of the page. Write the mapping with <code>--write-map</code>, correct it, "
        "give it back with <code>--map</code>.</p>"
        if analysis.guessed
        else ""
    )
    notes = "".join(f'<p class="note">{_t(note)}</p>' for note in intake.notes)
    return (
        f'<header><p class="kind">RECORDED · not live</p><h1>{_t(intake.name)}</h1>'
        f'<p class="sub">{intake.rows_kept:,} rows, {len(analysis.batteries)} '
        f"{'battery' if len(analysis.batteries) == 1 else 'batteries'}</p>"
        f'<p class="lead">{_t(headline(found))}</p><ul class="chips">{chips}</ul></header>{guess}{notes}'
    )


def _whole(analysis: Analysis, found: tuple[Remark, ...]) -> str:
    """The key figures: tiles and a picture for one battery, a table for several."""
    if len(analysis.batteries) == 1:
        battery = analysis.batteries[0]
        tiles = "".join(
            f"<div><dt>{_t(key)}</dt><dd>{_t(value)}</dd></div>" for key, value in _figures(analysis, battery)
        )
        spans = [span for remark in found if remark.rank is Rank.WRONG for span in remark.spans]
        flow = "power_w" if _has(battery, "power_w") else "current_a"
        drawn = picture(battery, ("soc_pct", flow), spans, *WHOLE_PX)
        known, cover = analysis.intake.zone_known, battery.coverage
        ends = f"<span>{_t(when(cover.first_us, known))}</span><span>{_t(when(cover.last_us, known))}</span>"
        marked = '<span class="range">Shaded: where something cannot be true.</span>' if spans else ""
        axis = f'<p class="axis">{ends}</p>' if drawn else ""
        return f'<dl class="tiles">{tiles}</dl><figure class="whole">{axis}{drawn}{marked}</figure>'
    rows = []
    for battery in analysis.batteries[:BATTERIES_MAX]:
        cells = "".join(f"<td>{_t(value)}</td>" for _, value in _figures(analysis, battery))
        rows.append(f"<tr><th>{_t(battery.asset)}</th>{cells}</tr>")
    names = "".join(f"<th>{_t(key)}</th>" for key, _ in _figures(analysis, analysis.batteries[0]))
    more = len(analysis.batteries) - BATTERIES_MAX
    rest = f'<p class="more">{more} more with --json</p>' if more > 0 else ""
    head = f"<thead><tr><th>Battery</th>{names}</tr></thead>"
    return f'<table class="figures">{head}<tbody>{"".join(rows)}</tbody></table>{rest}'


def _has(battery: Battery, point: str) -> bool:
    return any(curve.point == point for curve in battery.curves)


def _figures(analysis: Analysis, battery: Battery) -> list[tuple[str, str]]:
    known = analysis.intake.zone_known
    cover, flow, trip, charge = battery.coverage, battery.energy, battery.efficiency, battery.balance
    first, last = when(cover.first_us, known), when(cover.last_us, known)
    open_word = "not judged"
    return [
        *([("From", first), ("To", last)] if len(analysis.batteries) > 1 else []),
        ("Rows for", f"{cover.share:.1%} of {lasting((cover.last_us - cover.first_us) / 1e6)}"),
        ("Energy out", energy(flow.out_wh) if flow else open_word),
        ("Energy in", energy(flow.in_wh) if flow else open_word),
        ("Round trip", f"{100 * trip.share:.1f} ± {max(100 * trip.error, 0.05):.1f} %" if trip else open_word),
        ("Capacity", f"{charge.capacity_ah:.4g} ± {charge.error_ah:.2g} Ah" if charge else open_word),
    ]


def _battery(analysis: Analysis, remark: Remark) -> Battery:
    return next(each for each in analysis.batteries if each.asset == remark.asset)


def _place(analysis: Analysis, remark: Remark) -> str:
    return f'<span class="asset">{_t(remark.asset)}</span> ' if len(analysis.batteries) > 1 else ""


def _loud(analysis: Analysis, found: tuple[Remark, ...]) -> str:
    loud = [remark for remark in found if remark.rank in (Rank.WRONG, Rank.LOOK)]
    if not loud:
        words = "Nothing in this recording contradicts itself, as far as it could be judged."
        return f"<section><h2>To look at</h2><p>{words}</p></section>"
    items = []
    for remark in loud[:LOUD_MAX]:
        drawn = picture(_battery(analysis, remark), remark.points, remark.spans, *LOUD_PX)
        condition = f'<p class="cond">{_t(remark.condition)}</p>' if remark.condition else ""
        items.append(
            f'<article class="{remark.rank.name.lower()}">{_mark(remark.rank)}<div class="say">'
            f'<h3><span class="word">{_t(remark.rank)}</span> {_place(analysis, remark)}{_t(remark.title)}</h3>'
            f"<p>{_t(remark.words)}</p>{condition}</div><figure>{drawn}</figure></article>"
        )
    return f"<section><h2>To look at</h2>{''.join(items)}{_more(len(loud) - LOUD_MAX)}</section>"


def _quiet(analysis: Analysis, found: tuple[Remark, ...]) -> str:
    fine = [remark for remark in found if remark.rank is Rank.FINE]
    if not fine:
        return ""
    items = []
    for remark in fine[:QUIET_MAX]:
        condition = f' <span class="cond">{_t(remark.condition)}</span>' if remark.condition else ""
        title = f"{_place(analysis, remark)}{_t(remark.title)}"
        items.append(
            f'<article class="fine">{_mark(remark.rank, 14)}<div class="say"><h3>{title}</h3>'
            f"<p>{_t(remark.words)}{condition}</p></div></article>"
        )
    return f'<section><h2>Fine</h2><div class="pairs">{"".join(items)}</div>{_more(len(fine) - QUIET_MAX)}</section>'


def _open(analysis: Analysis, found: tuple[Remark, ...]) -> str:
    left = [remark for remark in found if remark.rank is Rank.OPEN]
    if not left:
        return ""
    items = "".join(
        f"<li>{_mark(remark.rank, 14)}<span><b>{_place(analysis, remark)}{_t(remark.title)}.</b> "
        f"{_t(remark.words)}</span></li>"
        for remark in left[:QUIET_MAX]
    )
    return f'<section><h2>Not judged</h2><ul class="open">{items}</ul>{_more(len(left) - QUIET_MAX)}</section>'


def _more(count: int) -> str:
    return f'<p class="more">{count} more with --json</p>' if count > 0 else ""


def _reading(analysis: Analysis) -> str:
    """How the file was read: what was mended, left out, guessed."""
    intake = analysis.intake
    parts = [
        f"<li>{_t(each.what)}: {each.count:,}{f' (first in line {each.line})' if each.line else ''}</li>"
        for each in intake.mended
    ]
    if intake.unread:
        shown = ", ".join(intake.unread[:12])
        parts.append(f"<li>columns left out: {_t(shown)}{' ...' if len(intake.unread) > 12 else ''}</li>")
    mended = f'<ul class="mended">{"".join(parts)}</ul>' if parts else "<p>Nothing had to be mended.</p>"
    return f"<section><h2>How the file was read</h2>{mended}{_guesses(analysis)}</section>"


def _guesses(analysis: Analysis) -> str:
    if not analysis.guessed:
        return "<p>By the mapping given, nothing guessed.</p>"
    ranked = [each for sure in (Sure.UNCLEAR, Sure.LIKELY) for each in analysis.intake.guesses if each.sure is sure]
    told = [each for each in analysis.intake.guesses if each.sure is Sure.TOLD]
    rows = "".join(
        f'<tr class="{each.sure}"><td>{_t(each.subject)}</td><td>{_t(each.taken or "open")}</td>'
        f"<td>{_t(each.sure)}</td><td>{_t(each.why)}</td></tr>"
        for each in ranked[:GUESSES_MAX]
    )
    head = "<thead><tr><th>Guessed</th><th>Taken as</th><th>How sure</th><th>Why</th></tr></thead>"
    table = (
        f'<table class="guesses">{head}<tbody>{rows}</tbody></table>{_more(len(ranked) - GUESSES_MAX)}' if rows else ""
    )
    said = "; ".join(f"<b>{_t(each.subject)}</b> {_t(each.taken)}" for each in told[:GUESSES_MAX])
    return table + (f"<p>Told by the file itself: {said}.</p>{_more(len(told) - GUESSES_MAX)}" if told else "")


def _foot(analysis: Analysis) -> str:
    intake = analysis.intake
    return (
        f"<footer><p>{_t(intake.name)}, {intake.size_bytes:,} bytes, {intake.rows:,} rows read, {intake.rows_kept:,} "
        f"kept. SHA-256 <code>{_t(intake.digest)}</code></p><p>Ironkeep {_t(analysis.version)}. Computed from the file "
        "alone; what its instruments are off by cannot be seen in it. Errors are 95 % half widths. A rank is about the "
        "recording; it says nothing about whether equipment may be touched.</p></footer>"
    )
