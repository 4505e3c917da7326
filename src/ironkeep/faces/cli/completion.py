"""What a shell offers for the values of options and arguments: words of the product, and names that the data folder
knows. Offline, and silent where nothing is known: a completion never shows an error. The wiring comes with the context.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import typer

from ironkeep.faces.cli.wiring import Wiring
from ironkeep.model.errors import Trouble

SHELL: Final = "_IRONKEEP_COMPLETE"  # names the shell that asks
Offer = Callable[[typer.Context, str], list[str]]


def of(words: Iterable[str] | Callable[[], Iterable[str]]) -> Offer:
    """Offers these words, or those that are found when somebody asks."""

    def offer(_: typer.Context, incomplete: str) -> list[str]:
        return _fitting(words() if callable(words) else words, incomplete)

    return offer


def fact_kinds() -> Sequence[str]:
    """Every kind of fact."""
    import ironkeep.facts

    return sorted(ironkeep.facts.kinds())


def gap_kinds() -> Iterable[str]:
    """Every kind of gap."""
    from ironkeep.model.register import GapKind

    return list(GapKind)


def asset_kinds() -> Iterable[str]:
    """Every kind of asset."""
    from ironkeep.model.site import AssetKind

    return list(AssetKind)


def orders() -> Iterable[str]:
    """The orders in which assets are listed."""
    from ironkeep.views.register import ORDERS

    return ORDERS


def forms() -> Iterable[str]:
    """The forms of files that can be imported."""
    from ironkeep.model.register import Form

    return list(Form)


def assets(ctx: typer.Context, incomplete: str) -> list[str]:
    """The assets of the site file in force, or of the one that `--site` names."""
    return _known(lambda: ctx.obj.asset_ids(_folder(ctx), ctx.params.get("site")), incomplete)


def accounts(ctx: typer.Context, incomplete: str) -> list[str]:
    """The open accounts of the data folder."""

    def names() -> list[str]:
        with ctx.obj.office(_folder(ctx)) as office:
            return [account.name for account in office.accounts() if not account.closed_us]

    return _known(names, incomplete)


def scenarios(ctx: typer.Context, incomplete: str) -> list[str]:
    """What the demo's twin can play."""
    return _known(ctx.obj.scenario_names, incomplete)


def acts(ctx: typer.Context, incomplete: str) -> list[str]:
    """What the table of who may do what names."""
    return _known(ctx.obj.acts, incomplete)


def _folder(ctx: typer.Context) -> Path:
    wiring: Wiring = ctx.obj
    return ctx.params.get("data") or wiring.default_data()


def _known(names: Callable[[], Iterable[str]], incomplete: str) -> list[str]:
    try:
        return _fitting(names(), incomplete)
    except (Trouble, OSError):
        return []


def _fitting(words: Iterable[str], incomplete: str) -> list[str]:
    """The words that begin so; bash puts them on the line as they are, so that a blank in one is escaped for it."""
    found = [str(word) for word in words if word.startswith(incomplete)]
    bash = os.environ.get(SHELL) == "complete_bash"
    return [word.replace(" ", "\\ ") for word in found] if bash else found
