"""Commands about the console's certificate: the site's own authority, for a network without any other."""

from pathlib import Path
from typing import Annotated

import typer

from ironkeep.faces.cli import show
from ironkeep.faces.cli.running import AsJson, Data
from ironkeep.faces.cli.wiring import Certified, Wiring
from ironkeep.model.time import rfc3339

NAMES = "What people will type: a name or an address of this machine; repeat"
WITHIN = "A domain or network for which the authority may sign later too; repeat"
ANEW = "Make the authority anew; every phone has to install it again"
PAPER = "Write the page to print: fingerprint, QR, steps for phones"


def group(wiring: Wiring) -> typer.Typer:
    """`ironkeep certificate ...`"""
    app = typer.Typer(help="The console over TLS: a certificate by the site's own authority.", no_args_is_help=True)

    @app.command()
    def make(
        name: Annotated[list[str], typer.Option("--name", help=NAMES)],
        within: Annotated[list[str] | None, typer.Option("--within", help=WITHIN)] = None,
        anew: Annotated[bool, typer.Option("--anew", help=ANEW)] = False,
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Make or renew the certificate of the console.

        A console that runs takes it within half a minute.
        """
        with show.explained(json):
            folder = data or wiring.default_data()
            made = wiring.certificate_made(folder, name, within or (), anew=anew)
        if json:
            show.as_json(made)
            return
        _say(made)
        if made.anew:
            show.aside("the authority is new: install it on each phone once, `ironkeep certificate show --paper FILE`")
        show.aside("start with: ironkeep run --site FILE --listen ADDRESS:8470")

    @app.command("show")
    def one(
        paper: Annotated[Path | None, typer.Option("--paper", help=PAPER)] = None,
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Names, end and fingerprints of the certificate and its authority."""
        with show.explained(json):
            found = wiring.certificate(data or wiring.default_data())
            if paper is not None:
                show.written(paper, wiring.certificate_paper(found))
        if json:
            show.as_json(found)
            return
        _say(found)
        if paper is not None:
            show.aside(f"written to {paper}: print it and hang it where phones are set up")

    return app


def _say(found: Certified) -> None:
    show.line(f"for          {', '.join(found.names)}")
    show.line(f"until        {rfc3339(found.ends_us, digits=0)}")
    show.line(f"certificate  {found.certificate}")
    show.line(f"  SHA-256    {found.fingerprint}")
    show.line(f"authority    {found.authority}")
    show.line(f"  SHA-256    {found.authority_fingerprint}")
