"""Commands about recordings: analyse one, replay one. Neither reaches equipment."""

from pathlib import Path
from typing import Annotated

import typer

from ironkeep.faces.cli import progress, show
from ironkeep.faces.cli.running import AsJson, EventsAsJson, InWords
from ironkeep.faces.cli.wiring import Wiring

Recording = Annotated[Path, typer.Argument(help="A CSV or Parquet file")]
Map = Annotated[Path | None, typer.Option("--map", help="The mapping: columns, units, sign, time zone, asset")]


def add_to(app: typer.Typer, wiring: Wiring) -> None:
    """Add analyse and replay."""

    @app.command()
    def analyse(
        recording: Recording,
        mapping: Map = None,
        write_map: Annotated[
            Path | None, typer.Option("--write-map", help="Write the mapping here, to correct")
        ] = None,
        html: Annotated[Path | None, typer.Option("--html", help="Write the report as one page")] = None,
        json: AsJson = False,
    ) -> None:
        """What a recording tells: gaps, doubts, energy, efficiency.

        Without --map the columns are guessed; the guess is shown, and everything says that it rests on one. With
        --write-map a file that cannot be read yet still gives its guess. Exit 2 where the file is not understood.
        """
        from ironkeep.views import analysis_page, analysis_text

        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            if write_map is not None and mapping is None:
                show.written(write_map, wiring.recording_map(recording))
            found, text = wiring.analyse(recording, mapping, tell)
            if write_map is not None:
                show.written(write_map, text)
            if html is not None:
                show.written(html, analysis_page.page(found))
        if json:
            show.as_json(found)
        else:
            for line in analysis_text.lines(found):
                show.line(line)
        for path in (write_map, html):
            if path is not None:
                show.aside(f"written: {path}")

    @app.command()
    def replay(
        recording: Recording,
        mapping: Map = None,
        speed: Annotated[float, typer.Option("--speed", help="Times as fast as it was recorded")] = 60.0,
        data: Annotated[Path | None, typer.Option("--data", help="A folder of its own, emptied first")] = None,
        port: Annotated[int, typer.Option("--port", help="Where the console listens on 127.0.0.1")] = 8480,
        json: EventsAsJson = False,
    ) -> None:
        """Run engine and console on a recording, never shown as live.

        Every page is marked RECORDED. Ctrl-C ends.

        Without --data nothing is kept. A folder that holds the data of a site is refused.
        """
        with show.explained(json), progress.shown(wiring.now_us, json) as tell:
            voice = show.Events() if json else InWords(tell.line)
            code = wiring.replay(recording, mapping, data=data, port=port, speed=speed, voice=voice, tell=tell)
        raise typer.Exit(code)
