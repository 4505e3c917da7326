"""Commands about the register: what stands where, who says so, what is open about it, what to do first.

What a command shows is imported when it runs, so that no other command waits for it.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ironkeep.faces.cli import card, completion, progress, show
from ironkeep.faces.cli.running import AsJson, Data, SiteFile
from ironkeep.faces.cli.wiring import Wiring
from ironkeep.model.errors import Refused
from ironkeep.model.register import Readiness, Source
from ironkeep.model.time import rfc3339
from ironkeep.ports.facts import FactQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ironkeep.facts.envelope import Fact
    from ironkeep.views import archive, gaps, readiness, register, strangers

    Read = Callable[[Path | None, Path | None, bool], register.Book]

AsCsv = Annotated[bool, typer.Option("--csv", help="Comma separated, for a spreadsheet")]
GAP = "A kind of gap, as `inventory gaps` names it"
SOURCES = "declared, observed or imported"
SORT = "worst first, least answered first, asset, kind, where"
WAYS = ("writes", "asks", "seen", "listed")
WORDS_MAX = 500  # newest facts of a kind that the checklist looks at
SEALS_MAX = 1_000_000  # facts of seals and expiries: of one group for 28 years


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add `ironkeep inventory ...`"""
    app.add_typer(_group(wiring), name="inventory")


def _group(wiring: Wiring) -> typer.Typer:
    """`ironkeep inventory ...`"""
    app = typer.Typer(help="The register: declared, observed and imported, side by side.", no_args_is_help=True)

    def read(data: Path | None, site: Path | None, json: bool) -> register.Book:
        with progress.shown(wiring.now_us, json) as tell:
            found = wiring.book(data or wiring.default_data(), site, tell)
        for name in found.waiting:
            show.aside(f"ironkeep: import {name} stands and cannot be read: nothing follows from it here")
        return found

    _ranked(app, read)
    _looking(app, read)
    _dated(app, read)
    _kept(app, read, wiring)
    _ready(app, read, wiring)
    return app


def _ranked(app: typer.Typer, read: Read) -> None:
    @app.command(name="gaps")
    def gap_list(data: Data = None, site: SiteFile = None, json: AsJson = False, as_csv: AsCsv = False) -> None:
        """What to do first: every kind of gap, ranked.

        Each with the event behind it and the cheapest next step.
        """
        from ironkeep.views import gaps

        with show.explained(json):
            book = read(data, site, json)
        found = gaps.ranked(book)
        if json:
            show.as_json({"score_pct": round(book.score.pct, 1), "basis": gaps.BASIS, "gaps": [_gap(g) for g in found]})
        elif as_csv:
            _csv([_gap(g) for g in found])
        else:
            show.line(
                f"{book.site.name}: {book.score.pct:.0f} % of {book.score.wanted} mandatory fields answered,"
                f" {book.score.unknown} said to be unknown; {len(found)} kinds of gap"
            )
            for gap in found:
                show.line()
                named = ", ".join(gap.assets) + (" ..." if gap.places > len(gap.assets) else "")
                where = f", answered at {gap.places}" if gap.places != gap.count else ""
                show.line(f"{gap.rank:2}. {gap.kind}, {gap.count}{where} ({gap.when}): {named}")
                if gap.assets and gap.words not in ("", "no source says"):
                    show.line(f"    {gap.assets[0]}: {gap.words}")
                show.line(f"    {gap.advice.why}")
                show.line(f"    {gap.advice.event} [{gap.advice.source}]")
                show.line(f"    Next: {gap.advice.next_step} ({gap.advice.effort})")


def _looking(app: typer.Typer, read: Read) -> None:
    @app.command(name="list")
    def assets(
        text: Annotated[str, typer.Argument(help="Words in its id, name, place, serial, address or owner")] = "",
        kind: Annotated[
            str,
            typer.Option("--kind", autocompletion=completion.of(completion.asset_kinds), help="bank, ups and so on"),
        ] = "",
        gap: Annotated[str, typer.Option("--gap", autocompletion=completion.of(completion.gap_kinds), help=GAP)] = "",
        source: Annotated[str, typer.Option("--source", autocompletion=completion.of(Source), help=SOURCES)] = "",
        whole: Annotated[bool, typer.Option("--whole", help="Leave out the parts of what is listed")] = False,
        sort: Annotated[str, typer.Option("--sort", autocompletion=completion.of(completion.orders), help=SORT)] = "",
        data: Data = None,
        site: SiteFile = None,
        json: AsJson = False,
        as_csv: AsCsv = False,
    ) -> None:
        """Every asset with its gaps."""
        from ironkeep.views import register

        with show.explained(json):
            rows = register.select(
                read(data, site, json), register.Wish(text, kind, gap, source, whole=whole, sort=sort)
            )
        told = [_row(row) for row in rows]
        if json:
            show.as_json(told)
        elif as_csv:
            _csv(told)
        else:
            show.table(
                ("asset", "kind", "place", "complete", "gaps"),
                [(r["asset"], r["kind"], r["location"], f"{r['complete_pct']:.0f} %", r["gaps"]) for r in told],
            )

    @app.command(name="show")
    def one(
        asset: Annotated[str, typer.Argument(autocompletion=completion.assets, help="The asset's id")],
        data: Data = None,
        site: SiteFile = None,
        json: AsJson = False,
    ) -> None:
        """One asset: every field, with every source beside it.

        Also what is open, and what depends on it.
        """
        from ironkeep.views import register

        with show.explained(json):
            book = read(data, site, json)
            found = register.nearest(book, asset)
            if found is None:
                raise Refused(f"no asset {asset!r}", where=asset, remedy="`ironkeep inventory list` names them")
        lines, open_now = register.lines(book, found), register.gap_words(book, found)
        feeds, fed_by = register.dependants(book, register.feeder(book, found))
        if json:
            show.as_json({"asset": found, "fields": [asdict(line) for line in lines], "gaps": dict(open_now),
                          "feeds": feeds, "fed_by": fed_by})  # fmt: skip
            return
        show.line(f"{found}; feeds {', '.join(feeds) or 'nothing'}; fed by {', '.join(fed_by) or 'nothing'}")
        for line in lines:
            given = f" (from {line.inherited_from})" if line.inherited_from else ""
            show.line(f"{line.field:18} {line.counts or 'not known'}{given}")
            for said in (*line.declared, *line.observed, *line.imported):
                if said.differs or len((*line.declared, *line.observed, *line.imported)) > 1:
                    show.line(f"{'':20}{said.value}, says {said.origin} {said.place}")
        for kind, words in open_now:
            show.line(f"open: {kind}: {words}")

    @app.command()
    def unknown(
        text: Annotated[str, typer.Argument(help="Words in its address, MAC, maker, or what it spoke to")] = "",
        way: Annotated[
            str, typer.Option("--way", autocompletion=completion.of(WAYS), help="writes, asks, seen or listed")
        ] = "",
        data: Data = None,
        site: SiteFile = None,
        json: AsJson = False,
        as_csv: AsCsv = False,
    ) -> None:
        """Devices seen or listed that the site file does not know."""
        from ironkeep.views import strangers

        with show.explained(json):
            found = [_stranger(each) for each in strangers.select(read(data, site, json).unknown, text, way)]
        if json:
            show.as_json(found)
        elif as_csv:
            _csv(found)
        else:
            heads = ("device", "addresses", "name", "maker", "seen_in", "speaks", "asked", "wrote_to", "heard")
            show.table(heads, [tuple(each[head] for head in heads) for each in found])


def _dated(app: typer.Typer, read: Read) -> None:
    @app.command(name="dates")
    def calendar(data: Data = None, site: SiteFile = None, json: AsJson = False, as_csv: AsCsv = False) -> None:
        """Ends of life and support, calibrations, inspections: next first."""
        from ironkeep.views import dates

        with show.explained(json):
            found = dates.calendar(read(data, site, json))
        told = [{"on": due.on.isoformat(), "days": due.days, "asset": due.asset, "parts": due.parts, "what": due.what,
                 "plan": due.plan} for due in found.due]  # fmt: skip
        if json:
            show.as_json({"due": told, "undated": [asdict(each) for each in found.undated],
                          "patch_windows": dict(found.windows)})  # fmt: skip
        elif as_csv:
            _csv(told)
        else:
            show.table(("on", "in days", "asset", "what"), [tuple(str(d[k]) for k in ("on", "days", "asset", "what"))
                                                            for d in told])  # fmt: skip
            for each in found.undated:
                counts = [len(each.not_announced), len(each.said_unknown), len(each.not_said)]
                if any(counts):
                    words = "{} not announced by the maker, {} said to be unknown, of {} no source says".format(*counts)
                    show.line(f"{each.what}: {words}")


def _kept(app: typer.Typer, read: Read, wiring: Wiring) -> None:
    @app.command(name="archive")
    def ages(data: Data = None, site: SiteFile = None, json: AsJson = False) -> None:
        """Where battery data live and how long: vendor and ours.

        What no contract says is not known. Our own ages are measured on the record: what was sealed and not yet
        expired, of raw samples and of one-minute values.
        """
        from ironkeep.views import archive

        folder = data or wiring.default_data()
        with show.explained(json):
            book = read(data, site, json)
            held = archive.Archive()
            try:
                held.fold(wiring.facts(folder).find(FactQuery(kinds=archive.KINDS, limit=SEALS_MAX)))
            except Refused:
                show.aside("ironkeep: no site was run here: nothing is kept by us yet")
            spans = held.spans()
            turn = card.newest(wiring, folder, "which asset is in which group is not known; ours stands by group")
            found = archive.kept(book, turn, spans)
        told = [{"asset": each.asset, "vendor": each.vendor, "cloud": each.cloud, "declared": each.declared,
                 "groups": each.groups, "raw": _age(each.raw), "minutes": _age(each.minutes)}
                for each in found]  # fmt: skip
        ours = {group: {tier: _age(span) for tier, span in tiers.items()} for group, tiers in spans.items()}
        if json:
            show.as_json({"kept": told, "ours": ours})
            return
        rows = [(each.asset, each.vendor or "not known", each.cloud or "not known", each.declared or "not known",
                 _range(each.raw), _range(each.minutes)) for each in found]  # fmt: skip
        show.table(("asset", "vendor", "cloud", "kept by contract", "ours, raw", "ours, by minute"), rows)
        if not turn.frames:
            show.line()
            show.table(
                ("group", "ours, raw", "ours, by minute"),
                [(group, *(_range(tiers.get(tier)) for tier in archive.TIERS)) for group, tiers in spans.items()],
            )


def _age(span: archive.Span | None) -> dict[str, Any] | None:
    return None if span is None else {"first": rfc3339(span.first_us), "last": rfc3339(span.last_us),
                                      "segments": span.segments, "seq": span.seq}  # fmt: skip


def _range(span: archive.Span | None) -> str:
    """From day to day, and the fact that sealed the oldest."""
    if span is None:
        return "nothing sealed"
    return f"{rfc3339(span.first_us)[:10]} to {rfc3339(span.last_us)[:10]} (fact {span.seq})"


def _ready(app: typer.Typer, read: Read, wiring: Wiring) -> None:
    @app.command(name="readiness")
    def checklist(data: Data = None, site: SiteFile = None, json: AsJson = False) -> None:
        """The quarter's checklist: nine items, each with its proof.

        Done, not done or not known, with why and the next step.
        """
        from ironkeep.views import readiness

        with show.explained(json):
            book = read(data, site, json)
            found = readiness.readiness(book, _facts(wiring, data or wiring.default_data()))
        if json:
            show.as_json([_item(each) for each in found])
            return
        counts = ", ".join(f"{sum(each.state is state for each in found)} {state}" for state in Readiness)
        show.line(f"{book.site.name}: {counts}")
        for each in found:
            show.line()
            show.line(f"{each.number}. {each.duty.title}: {str(each.state).upper()}")
            show.line(f"   {each.why}")
            for text in each.seen:
                show.line(f"   seen: {text}")
            for proof in each.proofs:
                where = f"fact {proof.seq}" if proof.seq is not None else proof.path
                show.line(f"   proof: {proof.text} ({where})")
            show.line(f"   next: {each.next_step}" + (f" ({each.duty.effort})" if each.state != Readiness.DONE else ""))


def _facts(wiring: Wiring, folder: Path) -> list[Fact]:
    """What the checklist rests on beside the register; nothing where no site was run."""
    from ironkeep.views import readiness

    try:
        reader = wiring.facts(folder)
    except Refused:
        return []
    found: list[Fact] = []
    for kinds, limit in ((readiness.WORDS, WORDS_MAX), (readiness.ENDED, WORDS_MAX), (readiness.DECLARED, 1)):
        found += reader.find(FactQuery(kinds=kinds, limit=limit, newest_first=True))
    return sorted(found, key=lambda fact: fact.seq)


def _item(each: readiness.Standing) -> dict[str, Any]:
    proofs = [asdict(proof) for proof in each.proofs]
    return {"number": each.number, "item": each.duty.item, "title": each.duty.title, "state": each.state,
            "why": each.why, "seen": each.seen, "by_word": each.by_word, "proofs": proofs,
            "next_step": each.next_step, "effort": each.duty.effort, "rows": each.duty.rows}  # fmt: skip


def _gap(gap: gaps.Gap) -> dict[str, Any]:
    return {
        "rank": gap.rank,
        "gap": str(gap.kind),
        "when": gap.when,
        "count": gap.count,
        "places": gap.places,
        "assets": " ".join(gap.assets),
        "words": gap.words,
        "why": gap.advice.why,
        "event": gap.advice.event,
        "source": gap.advice.source,
        "events": " ".join(gap.advice.events),
        "next_step": gap.advice.next_step,
        "effort": gap.advice.effort,
    }


def _row(row: register.Row) -> dict[str, Any]:
    return {
        "asset": row.id,
        "name": row.name,
        "kind": str(row.kind),
        "location": row.location,
        "state": row.state,
        "sources": " ".join(sorted(row.sources)),
        "complete_pct": round(row.score.pct, 1),
        "gaps": "; ".join(row.gaps),
    }


def _stranger(each: strangers.Unknown) -> dict[str, str]:
    return {
        "device": each.key,
        "name": each.name,
        "maker": each.maker,
        "addresses": " ".join(each.addresses),
        "mac": each.mac,
        "serial": each.serial,
        "seen_in": " ".join(each.seen_in),
        "speaks": " ".join(each.protocols),
        "asked": " ".join(each.asked),
        "wrote_to": " ".join(each.written),
        "heard": rfc3339(each.heard_us, digits=0) if each.heard_us else "",
        "file_taken": rfc3339(each.taken_us, digits=0) if each.taken_us else "",
    }


def _csv(rows: Sequence[dict[str, Any]]) -> None:
    """The rows as CSV to standard output; nothing for no rows."""
    if rows:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
