"""`ironkeep import` and `ironkeep imports`: files about what stands where, taken into the register or looked at."""

from __future__ import annotations

import asyncio
import getpass
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ironkeep.faces.cli import completion, progress, show
from ironkeep.faces.cli.running import AsJson, Data
from ironkeep.faces.cli.wiring import Wiring
from ironkeep.model.errors import Refused
from ironkeep.model.ids import RequestId, derive
from ironkeep.model.request import Outcome, Request, RequestKind
from ironkeep.model.time import rfc3339
from ironkeep.ports.facts import FactQuery

if TYPE_CHECKING:
    from ironkeep.model.register import Import
    from ironkeep.views.imports import Given

FORM = "csv, netbox, nut, sunspec, arp, dhcp, pcap, zeek [default: told]"
SHOWN_MAX = 20  # records and conversations that a dry run prints; --json prints all
IMPORTS_MAX = 100_000  # facts about imports that a list looks at


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add import and imports."""

    @app.command("import")
    def import_(
        files: Annotated[list[Path] | None, typer.Argument(help="Inventory, NetBox, ARP, DHCP, capture, log")] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be taken; keep nothing")] = False,
        form: Annotated[str, typer.Option("--form", autocompletion=completion.of(completion.forms), help=FORM)] = "",
        withdraw: Annotated[str, typer.Option("--withdraw", help="Take an import back: its id")] = "",
        why: Annotated[str, typer.Option("--why", help="Why it is taken back")] = "",
        template: Annotated[bool, typer.Option("--template", help="Write an empty inventory table")] = False,
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Take files about what stands where into the register, or back.

        Each file is taken whole or not at all. With --dry-run no running site is needed. Exit 2: a file was not
        understood, or refused.
        """
        with show.explained(json):
            if template:
                text = wiring.inventory_template()
                show.as_json({"template": text}) if json else show.line(text.rstrip())
            elif withdraw:
                _withdraw(wiring, data or wiring.default_data(), withdraw, why, json)
            elif not files:
                raise Refused("no file named", where="import", remedy="name one, or --template, or --withdraw ID")
            else:
                folder = None if dry_run else data or wiring.default_data()
                raise typer.Exit(max(_import(wiring, folder, file, form, json) for file in files))

    @app.command()
    def imports(data: Data = None, json: AsJson = False) -> None:
        """The imports that stand, and those that were taken back."""
        with show.explained(json):
            rows = _imports(wiring, data or wiring.default_data())
        if json:
            show.as_json(rows)
        elif not rows:
            show.line("no import was taken")
        else:
            head = ("id", "taken", "form", "records", "talks", "name", "withdrawn")
            show.table(head, [tuple(str(row[key]) for key in head) for row in rows])


def _import(wiring: Wiring, folder: Path | None, file: Path, form: str, json: bool) -> int:
    """Take one file, or show it where no folder is named; the exit code. One that is refused does not stop others."""
    try:
        with progress.shown(wiring.now_us, json) as tell:
            held = wiring.import_understood(file, form, tell)
        if folder is None:
            show.as_json(held) if json else _shown(held)
            return show.GOOD
        digest = wiring.import_kept(folder, held)
    except Refused as exc:
        if json:
            show.as_json({"file": file.name, **show.error(exc)})
        return show.troubled(exc)
    said = {
        "form": held.form.value,
        "name": held.name,
        "file_sha256": held.sha256,
        "records": len(held.records),
        "talks": len(held.talks),
    }
    outcome = _ask(wiring, folder, RequestKind.TAKE_IMPORT, digest, said)
    if json:
        show.as_json({"file": file.name, **said, "outcome": outcome})
    elif outcome.accepted:
        show.line(f"{held.name}: taken as {held.form.value}, {_counts(held)}")
        _remarks(held)
    if not outcome.accepted:
        show.aside(f"ironkeep: {held.name}: {outcome.reason}. Remedy: {outcome.remedy}")
    return show.GOOD if outcome.accepted else show.UNREADABLE


def _withdraw(wiring: Wiring, folder: Path, taken: str, why: str, json: bool) -> None:
    outcome = _ask(wiring, folder, RequestKind.WITHDRAW_IMPORT, taken, {"why": why})
    if not outcome.accepted:
        raise Refused(outcome.reason, where=taken, remedy=outcome.remedy)
    if json:
        show.as_json(outcome)
    else:
        show.line(f"{taken}: taken back; what it said stays on the record and counts for nothing")


def _ask(wiring: Wiring, folder: Path, kind: RequestKind, subject: str, body: dict[str, Any]) -> Outcome:
    """Put a request to the engine under the name of this machine's user."""
    actor = f"machine:{getpass.getuser()}"
    made = RequestId(derive("request", wiring.now_us(), kind, actor, subject, secrets.token_hex(16)))
    asked = Request(id=made, kind=kind, actor=actor, subject=subject, body=body)
    return asyncio.run(wiring.desk(folder).ask(asked))


def _imports(wiring: Wiring, folder: Path) -> list[dict[str, Any]]:
    """Every import that was taken, oldest first, with when and why it was taken back."""
    from ironkeep.views.imports import KINDS, given

    found = given(wiring.facts(folder).find(FactQuery(kinds=KINDS, limit=IMPORTS_MAX)))
    return [_given(each) for each in found]


def _given(each: Given) -> dict[str, Any]:
    gone = f"{rfc3339(each.withdrawn_us, digits=0)}: {each.why}" if each.withdrawn_us is not None else ""
    return {"id": each.taken, "taken": rfc3339(each.at_us, digits=0), "by": each.by, "form": each.form,
            "name": each.name, "records": each.records, "talks": each.talks, "digest": each.digest,
            "file_sha256": each.file_sha256, "withdrawn": gone}  # fmt: skip


def _counts(held: Import) -> str:
    return f"{len(held.records)} records" + (f", {len(held.talks)} conversations" if held.talks else "")


def _shown(held: Import) -> None:
    """What would be taken, in words."""
    show.line(f"{held.name}: would be taken as {held.form.value}, {_counts(held)}")
    for record in held.records[:SHOWN_MAX]:
        show.line(f"  {record.place}: " + "; ".join(f"{key} {text}" for key, text in record.fields.items()))
    if len(held.records) > SHOWN_MAX:
        show.line(f"  and {len(held.records) - SHOWN_MAX} records more (--json prints all)")
    ranked = sorted(held.talks, key=lambda talk: (-talk.writes, -talk.reads, -talk.packets))
    for talk in ranked[:SHOWN_MAX]:
        counts = (
            f"{talk.reads} reads, {talk.writes} writes, {talk.others} others; " if talk.reads or talk.writes else ""
        )
        show.line(
            f"  {talk.asker} asks {talk.answerer} port {talk.port}, {talk.protocol}: {counts}{talk.packets} packets"
        )
    if len(ranked) > SHOWN_MAX:
        show.line(f"  and {len(ranked) - SHOWN_MAX} conversations more")
    _remarks(held)


def _remarks(held: Import) -> None:
    for text in held.mended:
        show.line(f"  mended: {text}")
    for text in held.left_out:
        show.line(f"  left out: {text}")
