"""Commands about a site file."""

from pathlib import Path
from typing import Annotated

import typer

from ironkeep.faces.cli import show
from ironkeep.faces.cli.running import AsJson
from ironkeep.faces.cli.wiring import Wiring


def group(wiring: Wiring) -> typer.Typer:
    """`ironkeep site ...`"""
    app = typer.Typer(help="Site files: what stands where, and how it is reached.", no_args_is_help=True)

    @app.callback()
    def root() -> None:
        pass

    @app.command()
    def check(path: Annotated[Path, typer.Argument(help="The site file")], json: AsJson = False) -> None:
        """What a site file declares, or everything that is wrong with it.

        Exit 2: the file is not right. Reads nothing but the file: no equipment is asked.
        """
        from ironkeep.faces.cli.site_words import explained

        with show.explained(json):
            site = wiring.site(path)
        words = explained(site)
        if json:
            show.as_json({"site": site, "warnings": words.warnings, "gaps": words.gaps})
            return
        show.line(words.head)
        show.line(words.kinds)
        for title, lines in (
            ("What will be read:", words.connections),
            ("Warnings:", words.warnings),
            ("What nobody has said yet:", words.gaps),
        ):
            if lines:
                show.line()
                show.line(title)
            for line in lines:
                show.line(f"  {line}")

    return app
