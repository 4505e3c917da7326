"""`ironkeep syslog`: what happened, to somebody else's collector; and what one of its lines is worth."""

import sys
from typing import Annotated

import typer

from ironkeep.faces.cli import show
from ironkeep.faces.cli.running import AsJson, Data, EventsAsJson
from ironkeep.faces.cli.wiring import Wiring


def group(wiring: Wiring) -> typer.Typer:
    """`ironkeep syslog ...`"""
    app = typer.Typer(help="Send what happened to a SIEM, and prove its lines.", no_args_is_help=True)

    @app.command()
    def serve(data: Data = None, json: EventsAsJson = False) -> None:
        """Send the record to the collector of DATA/syslog.toml.

        It is followed until Ctrl-C.
        `ironkeep run` starts this by itself where that file is.
        """
        with show.explained(json):
            raise typer.Exit(wiring.syslog(data or wiring.default_data(), json=json))

    @app.command()
    def prove(
        line: Annotated[
            str, typer.Argument(help="The line as the collector has it [default: lines of the input]")
        ] = "",
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Hold lines of a collector against the signed record."""
        with show.explained(json):
            for each in [line] if line else sys.stdin:
                proved = wiring.syslog_proof(data or wiring.default_data(), each)
                if json:
                    show.as_json({"line": each.rstrip("\n"), "proved": proved})
                else:
                    show.line(proved)

    return app
