"""Commands about what happened and its proof: facts, state, verify, export, key."""

import base64
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ironkeep.faces.cli import completion, progress, show
from ironkeep.faces.cli.running import AsJson, Data
from ironkeep.faces.cli.wiring import Wiring
from ironkeep.facts import checkpoint as checkpoint_text
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Refused
from ironkeep.model.time import age_text, parse_rfc3339, rfc3339
from ironkeep.ports.facts import FactQuery, FactReader

KIND = "AlarmRaised and so on; may be repeated"
BELOW = "This asset and everything below it"
PAGE = 5_000  # facts asked for at a time
BODY_WIDTH = 100  # characters of a body in the table


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add facts, state, verify, export and key."""

    @app.command()
    def facts(
        kind: Annotated[
            list[str] | None, typer.Option("--kind", autocompletion=completion.of(completion.fact_kinds), help=KIND)
        ] = None,
        asset: Annotated[str, typer.Option("--asset", autocompletion=completion.assets, help=BELOW)] = "",
        actor: Annotated[str, typer.Option("--actor", help="person:NAME, room:NAME, engine")] = "",
        since: Annotated[str, typer.Option("--since", help="2026-11-20T11:20:04Z, included")] = "",
        until: Annotated[str, typer.Option("--until", help="excluded")] = "",
        limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="At most this many")] = 50,
        newest: Annotated[bool, typer.Option("--newest", help="The newest first")] = False,
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """What happened: list and filter the facts of a site. With --json one fact a line."""
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            _require_kinds(kind or ())
            query = FactQuery(
                kinds=tuple(kind or ()),
                asset=asset,
                actor=actor,
                since_us=parse_rfc3339(since) if since else None,
                until_us=parse_rfc3339(until) if until else None,
                newest_first=newest,
            )
            if query.since_us is not None and query.until_us is not None and query.since_us >= query.until_us:
                raise Refused("no time lies between them", where=f"--since {since} --until {until}")
            rows, more = [], False
            for number, fact in enumerate(_found(wiring.facts(data or wiring.default_data()), query)):
                more = number == limit
                if more:
                    break
                if json:
                    show.as_json(fact)
                else:
                    rows.append(_row(fact))
                    tell("facts found", len(rows))
        if not json:
            show.table(("seq", "at", "kind", "actor", "body"), rows)
        if more:
            show.aside(f"these are the {'newest' if newest else 'oldest'} {limit} of more: --limit, --newest, --since")

    @app.command()
    def state(
        as_of: Annotated[str, typer.Option("--as-of", help="2026-11-20T11:20:04Z [default: now]")] = "",
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """The state of everything at a past moment, as the facts tell it.

        Alarms, incidents, trust, devices, passports, findings, and what the register could not answer for.
        """
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            at_us = parse_rfc3339(as_of) if as_of else wiring.now_us()
            folder = data or wiring.default_data()
            past = wiring.as_of(folder, at_us, tell)
            newest = next(wiring.facts(folder).read(past.facts - 1, past.facts), None)
        if json:
            show.as_json(past)
            return
        last = "" if newest is None else f", the newest of {rfc3339(newest.at)} ({age_text(at_us - newest.at)} before)"
        show.line(f"as of {rfc3339(at_us)}, after {past.facts} facts{last}; site {past.site or 'not declared'}")
        if at_us > wiring.now_us():
            show.line("this moment has not come yet: what follows is what the facts told until now")
        for alarm in past.alarms:
            show.line(
                f"alarm    {int(alarm.priority)} {alarm.state}  {alarm.asset}  {alarm.title} ({alarm.value_text})"
            )
        for case in past.incidents:
            show.line(f"incident {case.state}  {case.incident_class}  {case.title}; commander {case.commander}")
        for trust in past.trust:
            show.line(f"trust    {trust.state}  {trust.asset}  {'; '.join(r.text for r in trust.reasons)}")
        for device in past.devices:
            show.line(f"device   {device.state}  {device.device}  {device.firmware}")
        for finding in past.findings:
            show.line(f"finding  {finding.kind}  {finding.asset}  {finding.what}")
        register = past.register
        if register.why:
            show.line(f"register {register.why}")
        else:
            waiting = f"; cannot be read: {', '.join(register.waiting)}" if register.waiting else ""
            show.line(
                f"register {register.answered_pct:.0f} % of mandatory fields answered, {register.unknown} unknown"
                f" devices; imports: {', '.join(register.imports) or 'none'}{waiting}"
            )
        for gap in register.gaps:
            show.line(f"gap      {gap.when}  {gap.kind}  {gap.count}: {', '.join(gap.assets)}")

    @app.command()
    def verify(
        path: Annotated[Path, typer.Argument(help="A copy of spine.sqlite, a data folder, or an exported tile folder")],
        key: Annotated[
            str | None, typer.Option("--key", help="The log's verifier key, kept elsewhere: `ironkeep key`")
        ] = None,
        checkpoint: Annotated[
            Path | None, typer.Option("--checkpoint", help="One kept elsewhere: finds truncation")
        ] = None,
        segments: Annotated[bool, typer.Option("--segments", help="Also check the sealed telemetry")] = False,
        json: AsJson = False,
    ) -> None:
        """Is this evidence whole? Needs no running product. Exit 0 good, 1 bad (the first bad fact is named), 2
        unreadable.
        """
        history = (path if path.is_dir() else path.parent) / "history" if segments else None
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            if key is not None and not key.strip():
                raise Refused(
                    "it is empty", where="--key", remedy="give the line that `ironkeep key` printed, or its file"
                )
            found = wiring.verify(path, key=key or "", checkpoint=checkpoint, segments=history, tell=tell)
        if json:
            show.as_json(found)
        else:
            show.line("GOOD" if found.good else "BAD" if found.readable else "UNREADABLE")
            show.line(f"{found.facts} facts, root {found.root or 'none'}")
            for text in found.problems:
                show.line(f"problem: {text}")
            for text in found.notes:
                show.line(f"note: {text}")
        raise typer.Exit(show.GOOD if found.good else show.BAD if found.readable else show.UNREADABLE)

    @app.command()
    def export(
        folder: Annotated[Path, typer.Argument(help="A new or empty folder")], data: Data = None, json: AsJson = False
    ) -> None:
        """Write the record as tiles (C2SP) that other tools can audit.

        Prints the checkpoint: keep it elsewhere, `verify` finds truncation against it.
        """
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            text = wiring.export(data or wiring.default_data(), folder, tell)
            head, _ = checkpoint_text.parse_signed(text.encode())
        if json:
            root = base64.b64encode(head.root).decode()
            show.as_json({"folder": folder, "log": head.origin, "facts": head.size, "root": root, "checkpoint": text})
        else:
            show.line(text)

    @app.command()
    def key(data: Data = None, json: AsJson = False) -> None:
        """The verifier key of the site's log. Keep it, and a checkpoint now and then, away from this machine."""
        with show.explained(json):
            text = wiring.verifier_key(data or wiring.default_data())
        show.as_json({"key": text}) if json else show.line(text)


def _require_kinds(kinds: Sequence[str]) -> None:
    """Raises Refused for a kind that this version does not know."""
    known = completion.fact_kinds()
    for kind in kinds:
        if kind not in known:
            near = get_close_matches(kind, known, 1) or ["AlarmRaised"]
            raise Refused(f"there is no kind of fact {kind!r}", where="--kind", remedy=f"write it as {near[0]}")


def _found(reader: FactReader, query: FactQuery) -> Iterator[Fact]:
    """The facts that pass a filter, one after the other, however many: the store is asked for a page at a time."""
    while True:
        page = reader.find(msgspec.structs.replace(query, limit=PAGE))
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].seq
        if query.newest_first:
            query = msgspec.structs.replace(query, last_seq=last)
        else:
            query = msgspec.structs.replace(query, first_seq=last + 1)


def _row(fact: Fact) -> tuple[str, ...]:
    body = " ".join(f"{name}={value}" for name, value in fact.body.items() if value not in ("", [], None))
    short = body if len(body) <= BODY_WIDTH else body[: BODY_WIDTH - 1] + "…"
    return (str(fact.seq), rfc3339(fact.at, digits=3), fact.kind, fact.actor, short)
