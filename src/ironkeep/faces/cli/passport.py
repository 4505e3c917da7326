"""`ironkeep passport diff`: what changed between two setting files, as words, JSON or one printable page."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from ironkeep import __version__
from ironkeep.faces.cli import show
from ironkeep.faces.cli.running import AsJson
from ironkeep.faces.cli.wiring import Wiring
from ironkeep.model.setting import Promise
from ironkeep.model.time import rfc3339
from ironkeep.views.settingdiff import PROMISES, Change, Effect, SettingDiff

PAGE = "settingdiff.html"
SQUARES_MAX = 2_000  # settings that the page draws one by one
SQUARES_A_ROW = 54
PICTURE = 864  # px, width of all squares of a row


def group(wiring: Wiring) -> typer.Typer:
    """`ironkeep passport ...`"""
    app = typer.Typer(help="Setting passports: what a device is set to, and what changed.", no_args_is_help=True)

    @app.callback()
    def root() -> None:
        pass

    @app.command()
    def diff(
        before: Annotated[Path, typer.Argument(help="The setting file from before")],
        after: Annotated[Path, typer.Argument(help="The setting file from after")],
        chart: Annotated[
            str, typer.Option("--map", help="Equipment map for a register dump: NAME or FILE.toml, NAME@BASE")
        ] = "",
        form: Annotated[
            str, typer.Option("--form", help="csv, json, ini, xml, key-value, registers, sunspec-json [default: told]")
        ] = "",
        html: Annotated[Path | None, typer.Option("--html", help="Write one printable page here")] = None,
        json: AsJson = False,
    ) -> None:
        """What changed between two setting files, and what hangs on it.

        Offline, worst first: what it means and which kind of promise it breaks. Exit 0 equal, 1 different, 2 not
        understood.
        """
        with show.explained(json):
            found = wiring.passport_diff(before, after, chart=chart, form=form)
            if html is not None:
                show.written(html, page(found, rfc3339(wiring.now_us(), digits=0)))
        if json:
            show.as_json(found)
        else:
            for line in words(found):
                show.line(line)
        if html is not None:
            show.aside(f"page written: {html}")
        raise typer.Exit(show.GOOD if found.same else show.BAD)

    return app


# ---------------------------------------------------------------------------------------------------------------- words


def headline(found: SettingDiff) -> str:
    """The finding in one line."""
    count = len(found.changes)
    total = found.equal + count
    if found.same:
        return f"All {total} settings are equal."
    return f"{count} of {total} settings {'differs' if count == 1 else 'differ'}."


def verdict(found: SettingDiff) -> str:
    """What the gravest change does, in one line; empty when nothing changed."""
    if found.same:
        return ""
    worst = found.changes[0]
    if not worst.known:
        return "We know none of the names that differ: judge them yourself."
    step = "changed" if worst.secret else _step(worst).replace("->", "→")
    return f"{worst.title}: {step}. {worst.consequence or worst.means}"


def words(found: SettingDiff) -> list[str]:
    """The comparison as lines of text."""
    lines = [f"before  {_file(found.before)}", f"after   {_file(found.after)}"]
    lines += [f"        {each.key}: {each.before} -> {each.after}" for each in found.apart if each.before != each.after]
    lines += ["", headline(found), *([verdict(found)] if not found.same else [])]
    for promise in Promise:
        some = [each for each in found.changes if each.promise is promise]
        if some:
            title = "NOT KNOWN TO US" if promise is Promise.OTHER else promise.value.upper()
            lines += ["", f"{title}  ({PROMISES[promise]})"]
        for each in some:
            lines += _change(each)
    return [*lines, "", *_rest(found)]


def _file(side: object) -> str:
    return f"{getattr(side, 'name', '')}  ({getattr(side, 'form', '')}, {getattr(side, 'settings', 0)} settings)"


def _change(change: Change) -> list[str]:
    lines = [f"  {change.title}: {_step(change)}"]
    if change.difference:
        lines[0] += f"  ({change.difference})"
    places = " / ".join(dict.fromkeys(each for each in (change.before_place, change.after_place) if each))
    lines.append(f"      {change.key}, {places}" + (f"; before: {change.named_before}" if change.named_before else ""))
    if change.consequence:
        mark = {Effect.WEAKER: "WEAKER: ", Effect.STRONGER: "stricter: ", Effect.UNKNOWN: ""}[change.effect]
        lines.append(f"      {mark}{change.consequence}")
    return lines


def _step(change: Change) -> str:
    if change.secret:
        return f"{change.kind} (a secret; its value is not shown)"
    return {
        "changed": f"{change.before} -> {change.after}",
        "added": f"added: {change.after}",
        "removed": f"removed; it was {change.before}",
    }[change.kind]


def _rest(found: SettingDiff) -> list[str]:
    """What was kept out, what is only written otherwise, what was assumed."""
    lines = []
    if found.rewritten:
        lines.append(f"{found.rewritten} values are written otherwise and mean the same.")
    kept = kept_out(found)
    if kept:
        counts = ", ".join(f"{count} {kind}" for kind, count in kept.items())
        differ = sum(each.differs for each in found.apart if each.kind != "identity")
        lines.append(f"Kept out, because they are no settings: {counts}; {differ} of them differ.")
    for side, label in ((found.before, "before"), (found.after, "after")):
        lines += [f"{label}: {remark}" for remark in side.remarks]
    return lines


def kept_out(found: SettingDiff) -> dict[str, int]:
    """How many entries of each class are no settings."""
    return dict(Counter(each.kind for each in found.apart if each.kind != "identity"))


# ----------------------------------------------------------------------------------------------------------------- page


def page(found: SettingDiff, made_at: str) -> str:
    """The comparison as one page without scripts that stands alone; `made_at` is shown on it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # no other command waits for it

    environment = Environment(
        loader=PackageLoader("ironkeep.faces.cli", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups = [(promise, [each for each in found.changes if each.promise is promise]) for promise in Promise]
    return environment.get_template(PAGE).render(
        found=found,
        headline=headline(found),
        verdict=verdict(found),
        groups=groups,
        promises=PROMISES,
        kept=kept_out(found),
        squares=squares(found),
        made_at=made_at,
        version=__version__,
        differ=sum(each.differs for each in found.apart if each.kind != "identity"),
    )


def squares(found: SettingDiff) -> dict[str, object]:
    """All settings as squares in the order of the file: where to draw each, and the picture's size in px."""
    total = found.equal + len(found.changes)
    if not 0 < total <= SQUARES_MAX:
        return {"drawn": False}
    a_row = SQUARES_A_ROW if total <= 8 * SQUARES_A_ROW else 2 * SQUARES_A_ROW
    step = PICTURE // a_row
    at = {change.number: change for change in found.changes}
    return {
        "drawn": True,
        "places": [((n % a_row) * step, (n // a_row) * step, at.get(n)) for n in range(total)],
        "side": step - step // 5,
        "width": step * min(total, a_row),
        "height": step * -(-total // a_row),
    }
