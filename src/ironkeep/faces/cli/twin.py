"""Commands for the demo's twin: equipment that does not exist, for looking and for drills. They never reach
equipment.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ironkeep.faces.cli import completion, show
from ironkeep.faces.cli.running import AsJson, Data
from ironkeep.faces.cli.wiring import Wiring
from ironkeep.ports.stage import StageState

SCENARIO = "A name from `ironkeep twin scenarios`"


def group(wiring: Wiring) -> typer.Typer:
    """`ironkeep twin ...`"""
    app = typer.Typer(help="The demo plant: play a scenario and watch what Ironkeep says.", no_args_is_help=True)

    @app.command()
    def scenarios(data: Data = None, json: AsJson = False) -> None:
        """What can be played."""
        with show.explained(json):
            found = asyncio.run(wiring.stage(data or wiring.default_data()).scenarios())
        if json:
            show.as_json(found)
        else:
            show.table(("name", "", "shows"), [(s.name, "quiet" if s.quiet else "", s.shows) for s in found])

    @app.command()
    def inject(
        scenario: Annotated[str, typer.Argument(autocompletion=completion.scenarios, help=SCENARIO)],
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Play one scenario on the running demo plant."""
        with show.explained(json):
            _say(asyncio.run(wiring.stage(data or wiring.default_data()).inject(scenario)), json)

    @app.command()
    def clear(data: Data = None, json: AsJson = False) -> None:
        """End all scenarios and bring the plant back to its quiet state."""
        with show.explained(json):
            _say(asyncio.run(wiring.stage(data or wiring.default_data()).clear()), json)

    @app.command()
    def state(data: Data = None, json: AsJson = False) -> None:
        """What is playing."""
        with show.explained(json):
            _say(asyncio.run(wiring.stage(data or wiring.default_data()).state()), json)

    @app.command(hidden=True)
    def serve(
        data: Annotated[Path, typer.Option("--data")],
        seed: Annotated[int, typer.Option("--seed")] = 1,
        pace: Annotated[float, typer.Option("--pace")] = 1.0,
    ) -> None:
        """Be the twin process of `run`."""
        with show.explained():
            code = wiring.twin(data, seed, pace)
        raise typer.Exit(code)

    return app


def _say(state: StageState, json: bool) -> None:
    if json:
        show.as_json(state)
        return
    playing = ", ".join(f"{name} since {since:.0f} s" for name, since in state.playing) or "nothing"
    show.line(f"playing: {playing}; plant time {state.plant_s:.0f} s, pace {state.pace:g}")
