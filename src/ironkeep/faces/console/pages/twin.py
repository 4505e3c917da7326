"""The twin's controls, in the demo only: what it can play, what it plays, and the way back to quiet."""

import asyncio
from dataclasses import dataclass
from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Page
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.errors import Trouble
from ironkeep.ports.stage import Scenario, StageState

ASK_AGAIN_S = 1.0


@dataclass
class Playbill:
    """What the stage last said; `trouble` where it did not answer."""

    scenarios: tuple[Scenario, ...] = ()
    state: StageState | None = None
    trouble: Trouble | None = None


async def ask(sources: Sources, bill: Playbill) -> None:
    """Bring the playbill up to date."""
    if sources.stage is None:
        return
    try:
        if not bill.scenarios:
            bill.scenarios = await sources.stage.scenarios()
        bill.state = await sources.stage.state()
        bill.trouble = None
    except Trouble as trouble:
        bill.trouble = trouble


async def keep(sources: Sources, bill: Playbill) -> None:
    """Keep the playbill up to date until cancelled."""
    while True:
        await ask(sources, bill)
        await asyncio.sleep(ASK_AGAIN_S)


def page(bill: Playbill) -> Page:
    """The page over a playbill."""

    def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        playing = {} if bill.state is None else dict(bill.state.playing)
        return {
            "bill": bill,
            "playing": playing,
            "loud": [s for s in bill.scenarios if not s.quiet],
            "quiet": [s for s in bill.scenarios if s.quiet],
        }

    return Page("twin", "Twin", None, ("stage.html",), gather)
