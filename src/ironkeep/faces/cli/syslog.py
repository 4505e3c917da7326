"""`ironkeep syslog`: what happened, to somebody else's collector; and what one of its lines is worth."""

import sys
from typing import Annotated

import typer

from ironkeep.faces.cli import show
from ironkeep.faces.cli.running import Data
from ironkeep.faces.cli.wiring import Wiring


def group(wiring: Wiring) -> typer.Typer:
    """`ironkeep syslog ...`"""
    app = typer.Typer(help="Send what happened to a SIEM, and prove its lines.", no_args_is_help=True)

    @app.command()
    def serve(data: Data = None) -> None:
        """Follow the record and send it to the collector that DATA/syslog.toml names, until Ctrl-C.

        `ironkeep run` starts this by itself where that file is.
        """
        with show.explained():
            raise typer.Exit(wiring.syslog(data or wiring.default_data()))

    @app.command()
    def prove(
        line: Annotated[
            str, typer.Argument(help="The line as the collector has it [default: lines of the input]")
        ] = "",
        data: Data = None,
    ) -> None:
        """Hold lines of a collector against the record and its signed checkpoint."""
        with show.explained():
            for each in [line] if line else sys.stdin:
                show.line(wiring.syslog_proof(data or wiring.default_data(), each))

    return app
