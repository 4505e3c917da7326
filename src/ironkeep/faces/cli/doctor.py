"""`ironkeep doctor`: is this machine and this data folder fit, and what would mend what is not?"""

from typing import Annotated

import typer

from ironkeep.faces.cli import progress, show
from ironkeep.faces.cli.running import AsJson, Data
from ironkeep.faces.cli.wiring import Gravity, Wiring

CONSOLE_PORT = 8470


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add doctor."""

    @app.command()
    def doctor(
        data: Data = None,
        port: Annotated[int, typer.Option("--port", help="Where the console listens, or would")] = CONSOLE_PORT,
        json: AsJson = False,
    ) -> None:
        """What is wrong with this machine and the data folder, worst first.

        Each with its place and what would mend it. Changes nothing, asks no equipment. Exit 0 nothing bad, 1
        something bad.
        """
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            found = wiring.examine(data or wiring.default_data(), port, tell)
        bad = sum(ailment.gravity is Gravity.BAD for ailment in found)
        if json:
            show.as_json({"good": not bad, "found": found})
        else:
            for ailment in found:
                show.line(f"{ailment.gravity.value:<5} {ailment.where}: {ailment.what}")
                if ailment.remedy:
                    show.line(f"      {ailment.remedy}")
            warned = sum(ailment.gravity is Gravity.WARN for ailment in found)
            show.line(f"{bad} bad, {warned} to look at, {len(found) - bad - warned} good")
        raise typer.Exit(show.BAD if bad else show.GOOD)
