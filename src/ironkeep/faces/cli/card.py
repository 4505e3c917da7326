"""`ironkeep card`: the isolation card of a rack as one page to print."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ironkeep.faces.cli import completion, progress, show
from ironkeep.faces.cli.running import AsJson, Data, SiteFile
from ironkeep.faces.cli.wiring import Wiring
from ironkeep.model.errors import Refused, Unavailable

if TYPE_CHECKING:
    from ironkeep.ports.desk import Desk
    from ironkeep.views import scene

ASSET = "A rack, a bank, or anything else in the site file"
TURN_WAIT_S = 3.0  # for the newest turn of an engine, before the card is drawn without values


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add card."""

    @app.command()
    def card(
        asset: Annotated[str, typer.Argument(autocompletion=completion.assets, help=ASSET)],
        out: Annotated[Path, typer.Option("--out", help="The file to write [default: card-ASSET.html]")] = Path(),
        address: Annotated[
            str, typer.Option("--address", help="Of your console, for the QR; else its path alone")
        ] = "",
        data: Data = None,
        site: SiteFile = None,
        json: AsJson = False,
    ) -> None:
        """Write the isolation card of a rack as one page to print. Values are of now where an engine runs."""
        from ironkeep.faces.console.pages.card import paper
        from ironkeep.views import card as card_view
        from ironkeep.views import register

        folder = data or wiring.default_data()
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            book = wiring.book(folder, site, tell)
            found = register.nearest(book, asset)
            if found is None:
                raise Refused(f"no asset {asset!r}", where=asset, remedy="`ironkeep inventory list` names them")
            turn = newest(wiring, folder, 'values read "not known"')
            made = card_view.card(book, found, turn, wiring.now_us())
            target = out if out.name else Path(f"card-{found}.html")
            show.written(target, paper(made, address, demo=book.site.simulated))
        if json:
            show.as_json({"asset": found, "file": target, "digest": made.digest, "values": bool(turn.frames)})
        else:
            show.line(f"{target}: card {made.digest[: card_view.DIGEST_SHOWN]} of {found}")


def newest(wiring: Wiring, folder: Path, without: str) -> scene.Scene:
    """The newest turn; an empty one where no engine answers, and then it is said what that means."""
    from ironkeep.views import scene

    try:
        return asyncio.run(_turn(wiring.desk(folder)))
    except (Unavailable, TimeoutError):
        show.aside(f"ironkeep: no engine answers: {without}")
        return scene.EMPTY


async def _turn(desk: Desk) -> scene.Scene:
    """The newest turn of the engine. Raises Unavailable or TimeoutError when none comes."""
    from ironkeep.views import scene

    async with asyncio.timeout(TURN_WAIT_S):
        async for live in desk.follow():
            return scene.assemble(live, {layout.digest: layout for layout in live.layouts})
    return scene.EMPTY
