"""The command line's root: every command, grouped; each group lives in a file of its own."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ironkeep import __version__
from ironkeep.faces.cli import (
    account,
    backup,
    card,
    certificate,
    discover,
    doctor,
    evidence,
    intake,
    inventory,
    passport,
    recording,
    running,
    show,
    site,
    syslog,
    twin,
)
from ironkeep.faces.cli.wiring import Wiring

HELP = """Watches battery sites, read-only, and proves what happened there.

\b
  ironkeep run                 the demo site, on this machine, to look around
  ironkeep run --site FILE     your own site: see docs/reference/site-file.md
  ironkeep discover HOST       what stands at one address, as a site file
  ironkeep status              does live data flow?
  ironkeep doctor              what is wrong with this machine, and what mends it
  ironkeep facts --newest      what happened last
  ironkeep verify PATH         is this evidence whole?

With --json every command says the same as JSON on standard output, an error too.
Exit codes: 0 good, 1 not good, 2 not understood or not readable, 3 no answer.
"""


class Root(TyperGroup):
    """Says what was typed wrongly as JSON, too, where JSON was asked for."""

    def invoke(self, ctx: Any) -> Any:
        """Run what was asked; typer itself says what was wrong in words."""
        json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except typer.TyperException as exc:
            if json:
                show.as_json(show.mistyped(exc))
            raise


def create_cli(wiring: Wiring) -> typer.Typer:
    """The whole command line over one wiring."""
    app = typer.Typer(
        cls=Root,
        context_settings={"obj": wiring},
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def root(
        version: Annotated[
            bool, typer.Option("--version", help="Say the version and end", is_eager=True, callback=_say_version)
        ] = False,
    ) -> None:
        pass

    running.add_to(app, wiring)
    evidence.add_to(app, wiring)
    intake.add_to(app, wiring)
    discover.add_to(app, wiring)
    doctor.add_to(app, wiring)
    recording.add_to(app, wiring)
    backup.add_to(app, wiring)
    inventory.add_to(app, wiring)
    card.add_to(app, wiring)
    app.add_typer(passport.group(wiring), name="passport")
    app.add_typer(site.group(wiring), name="site")
    app.add_typer(account.accounts(wiring), name="account")
    app.add_typer(account.tokens(wiring), name="token")
    app.add_typer(certificate.group(wiring), name="certificate")
    app.add_typer(syslog.group(wiring), name="syslog")
    app.add_typer(twin.group(wiring), name="twin")
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        show.line(f"ironkeep {__version__}")
        raise typer.Exit
