"""Commands that carry a site away and bring it back: backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from ironkeep.faces.cli import progress, show
from ironkeep.faces.cli.running import AsJson, Data
from ironkeep.faces.cli.wiring import Wiring


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add backup and restore."""

    @app.command()
    def backup(
        target: Annotated[Path, typer.Argument(help="A new folder, best on another disk")],
        with_keys: Annotated[
            bool, typer.Option("--with-keys", help="Also the signing key: who holds it can sign a forged past")
        ] = False,
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Copy a site whole while it runs, and verify the copy. Without --with-keys keep its keys folder elsewhere."""
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            made = wiring.backup(data or wiring.default_data(), target, keys=with_keys, tell=tell)
        if json:
            show.as_json(made)
            return
        show.line(f"{made.facts} facts, root {made.root}, {made.files} files, {made.size} bytes")
        show.line("the copy verifies" + ("" if with_keys else "; it holds no signing key: keep the keys folder too"))

    @app.command()
    def restore(
        source: Annotated[Path, typer.Argument(help="A folder that `backup` made")],
        keys: Annotated[Path | None, typer.Option("--keys", help="The key folder, when the backup has none")] = None,
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Make a data folder of a backup, checked whole, or make nothing."""
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            made = wiring.restore(source, data or wiring.default_data(), keys=keys, tell=tell)
        if json:
            show.as_json(made)
            return
        show.line(f"{made.facts} facts, root {made.root}; made at {made.made_at} by version {made.version}")
        show.line("the restored record verifies")
