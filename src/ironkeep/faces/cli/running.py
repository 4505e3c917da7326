"""Commands that run a site and say how it fares."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ironkeep.faces.cli import show
from ironkeep.faces.cli.wiring import Listen, Up, Wiring
from ironkeep.model.errors import Unavailable

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder [default: $IRONKEEP_DATA or ./data]")]
Port = Annotated[
    int | None, typer.Option("--port", help="Where the console listens on 127.0.0.1, 0: a free one [default: 8470]")
]
Address = Annotated[
    str, typer.Option("--listen", help="ADDRESS:PORT for the console; beyond this machine over TLS alone")
]
Certificate = Annotated[
    Path | None, typer.Option("--tls-cert", help="Its certificate, PEM [default: that of `ironkeep certificate make`]")
]
Key = Annotated[Path | None, typer.Option("--tls-key", help="Its private key, PEM, mode 0600")]
Names = Annotated[
    list[str] | None, typer.Option("--name", help="What people type; repeat [default: what the certificate is for]")
]
Oldest = Annotated[str, typer.Option("--tls-oldest", help="1.3, or 1.2 for an old panel [default: 1.3]")]
SiteFile = Annotated[Path | None, typer.Option("--site", help="A site file [default: the one in force]")]
EventsAsJson = Annotated[bool, typer.Option("--json", help="A line of JSON for each thing that it says")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON instead of words")]

PORT_MAX = 65_535


class InWords:
    """What a program that stays says, in words; `say` writes a line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def up(self, up: Up) -> None:
        """It is up."""
        if up.recorded:
            self.say(f"RECORDED, not live: {up.recorded}, at {up.address}")
        else:
            self.say(f"Ironkeep is at {up.address}" + (f", but shows no live data yet: {up.why}" if up.why else ""))
        if up.link:
            self.say(f"Nobody has an account yet. Make the first one, once, at: {up.link}")
        if not up.recorded:
            self.say(f"Ctrl-C stops everything. The data stay in {up.data}")


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add run, status and the hidden process commands."""

    @app.command()
    def run(
        site: Annotated[Path | None, typer.Option("--site", help="Your site file; without it the demo plant")] = None,
        demo: Annotated[bool, typer.Option("--demo", help="The demo plant, said out loud")] = False,
        data: Data = None,
        port: Port = None,
        listen: Address = "",
        tls_cert: Certificate = None,
        tls_key: Key = None,
        name: Names = None,
        tls_oldest: Oldest = "",
        fresh: Annotated[bool, typer.Option("--fresh", help="Forget what this data folder knew")] = False,
        seed: Annotated[int, typer.Option("--seed", help="The demo plant's randomness")] = 1,
        pace: Annotated[float, typer.Option("--pace", help="The demo plant's speed, 1 is real time")] = 1.0,
        json: EventsAsJson = False,
    ) -> None:
        """Run a site: engine, console and, in the demo, the twin. Ctrl-C stops everything; the data stay."""
        with show.explained(json):
            if demo and site is not None:
                raise typer.BadParameter("--demo and --site exclude each other")
            folder = data or wiring.default_data()
            where = _listen(port, listen, tls_cert, tls_key, name, tls_oldest)
            voice = show.Events() if json else InWords(show.line)
            code = wiring.run(folder, site=site, listen=where, fresh=fresh, seed=seed, pace=pace, voice=voice)
        raise typer.Exit(code)

    @app.command()
    def status(data: Data = None, json: AsJson = False) -> None:
        """Say whether live data flows, and if not, why.

        Exit 0 yes, 1 no (with the reasons), 3 no engine answers.
        """
        with show.explained(json):
            try:
                health = asyncio.run(wiring.desk(data or wiring.default_data()).health())
            except Unavailable as exc:
                if not json:
                    raise
                show.as_json({"live": False, "reasons": [str(exc)], **show.error(exc)})
                raise typer.Exit(show.troubled(exc)) from exc
        if json:
            show.as_json(health)
        else:
            show.line("live data flow" if health.live else "NOT LIVE: " + "; ".join(health.reasons))
            show.line(f"devices {health.devices_up} of {health.devices} answer, {health.points} points")
            show.line(f"turn {health.turn}, p50 {health.turn_p50_ms} ms, p99 {health.turn_p99_ms} ms")
            show.line(f"facts {health.facts}, clock {health.clock}, version {health.version}")
            for text in health.found:
                show.line(f"at start: {text}")
            for room in health.rooms_failed:
                show.line(f"room failed: {room}")
        raise typer.Exit(show.GOOD if health.live else show.BAD)

    @app.command(hidden=True)
    def engine(data: Annotated[Path, typer.Option("--data")], site: Annotated[Path, typer.Option("--site")]) -> None:
        """Be the engine process of `run`."""
        with show.explained():
            code = wiring.engine(data, site)
        raise typer.Exit(code)

    @app.command(hidden=True)
    def console(
        data: Annotated[Path, typer.Option("--data")],
        site: Annotated[Path, typer.Option("--site")],
        port: Port = None,
        listen: Address = "",
        tls_cert: Certificate = None,
        tls_key: Key = None,
        name: Names = None,
        tls_oldest: Oldest = "",
    ) -> None:
        """Be the console process of `run`."""
        with show.explained():
            code = wiring.console(data, site, _listen(port, listen, tls_cert, tls_key, name, tls_oldest))
        raise typer.Exit(code)


def _listen(
    port: int | None, address: str, certificate: Path | None, key: Path | None, names: list[str] | None, oldest: str
) -> Listen:
    """What was asked of the console's address, as one. Raises BadParameter for what excludes itself."""
    if port is not None and address:
        raise typer.BadParameter("--port and --listen exclude each other: --listen names address and port")
    if port is not None and not 0 <= port <= PORT_MAX:
        raise typer.BadParameter(f"{port} is not a port: name one from 1024 to {PORT_MAX}, or 0 for a free one")
    if oldest not in ("", "1.2", "1.3"):
        raise typer.BadParameter("--tls-oldest is 1.2 or 1.3")
    files = [path.resolve() if path else None for path in (certificate, key)]
    return Listen(address, port, files[0], files[1], tuple(names or ()), oldest)
