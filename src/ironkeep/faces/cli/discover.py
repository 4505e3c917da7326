"""`ironkeep discover`: what stands at one address, as words and as a site file."""

from pathlib import Path
from typing import Annotated

import typer

from ironkeep.faces.cli import completion, progress, show
from ironkeep.faces.cli.running import AsJson
from ironkeep.faces.cli.wiring import Papers, Wiring

PROTOCOL = "modbus or nut [default: nut at port 3493, else modbus]"
REQUESTS = 400  # a rack of some hundred modules behind one unit


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add discover."""

    @app.command()
    def discover(
        device: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The one device to ask")],
        protocol: Annotated[
            str, typer.Option("--protocol", autocompletion=completion.of(("modbus", "nut")), help=PROTOCOL)
        ] = "",
        unit: Annotated[int, typer.Option("--unit", help="The Modbus unit")] = 1,
        requests: Annotated[int, typer.Option("--requests", help="Never send more requests than this")] = REQUESTS,
        ca: Annotated[
            Path | None,
            typer.Option("--ca", help="Ask over TLS or not at all; who may vouch for it, as PEM"),
        ] = None,
        name: Annotated[str, typer.Option("--name", help="What its certificate calls it [default: HOST]")] = "",
        certificate: Annotated[
            Path | None, typer.Option("--certificate", help="Modbus over TLS: our own certificate, which it asks for")
        ] = None,
        key: Annotated[Path | None, typer.Option("--key", help="Modbus over TLS: the key of our certificate")] = None,
        out: Annotated[Path | None, typer.Option("--out", help="Write the site file here [default: print it]")] = None,
        json: AsJson = False,
    ) -> None:
        """Ask one device what it is, read-only, and write its site file.

        It never scans: no networks, no ranges, no lists. Ask before you connect to a plant that runs: some
        controllers close the oldest connection for a newcomer.
        """
        show.aside(f"asking {device}, read-only, at most {requests} requests")
        papers = Papers(ca, name, certificate, key)
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            found = wiring.discover(
                device, protocol=protocol, unit=unit, requests=requests, papers=papers, out=out, tell=tell
            )
        if json:
            show.as_json(found)
            return
        show.aside(f"{found.protocol} at {found.address}, {found.requests} requests")
        for text in found.found:
            show.aside(f"  {text}")
        if found.missing:
            show.aside("missing, or to be known:")
        for text in found.missing:
            show.aside(f"  - {text}")
        if out is None:
            show.line(found.entry)
        else:
            show.aside(f"written: {out}; look at it, then: ironkeep site check {out}")
