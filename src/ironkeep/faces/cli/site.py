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
        """Read a site file and say what it declares, or everything that is wrong with it (exit 2)."""
        with show.explained():
            site = wiring.site(path)
        if json:
            show.as_json(site)
            return
        show.line(f"{site.id}: {site.name}, {len(site.assets)} assets, {len(site.devices)} devices")
        for device in site.devices:
            where = f"{device.host}:{device.port} unit {device.unit}"
            show.line(f"  {device.id}: {device.asset} by {device.protocol} at {where}, every {device.period_s:g} s")

    return app
