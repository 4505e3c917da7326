"""One event behind many statuses: what several devices do together has a cause outside of them.

Who moved first is told by the polls. Within two of them nobody can tell, and the one that supplies most of the others,
with none of them in between, is named.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from ironkeep.decisions.telemetry.chatter import Mover
from ironkeep.decisions.telemetry.reasons import Suspicion
from ironkeep.model.finding import FindingKind
from ironkeep.model.ids import AssetId
from ironkeep.model.site import Site
from ironkeep.model.time import SECOND_US

SAME_TIME_US: Final = 2 * SECOND_US  # two polls at 1 Hz: closer together nobody knows who was first
NAMED: Final = 3  # of those that followed


def first(movers: Sequence[Mover], site: Site) -> Mover:
    """The mover that began; of those that began together the one that supplies most of the others."""
    oldest = min(mover.began_us for mover in movers)
    began = [mover for mover in movers if mover.began_us - oldest <= SAME_TIME_US]
    assets = {mover.asset for mover in movers}
    return max(began, key=lambda mover: len(supplied(site, mover.asset, assets)))


def supplied(site: Site, asset: str, among: AbstractSet[str]) -> set[str]:
    """Which of some assets this one feeds, directly or through assets that are not among them."""
    seen, ahead = {asset}, [asset]
    while ahead:
        declared = site.asset(AssetId(ahead.pop()))
        fresh = set(map(str, declared.feeds)) - seen if declared else set()
        seen |= fresh
        ahead += fresh - among
    return (seen & among) - {asset}


def suspicion(movers: Sequence[Mover], begun: Mover) -> Suspicion:
    """The finding of an event that begins with one of its movers."""
    devices = len({mover.device for mover in movers})
    rest = [f"{mover.asset} {mover.point}" for mover in movers if mover != begun]
    more = f" and {len(rest) - NAMED} more" if len(rest) > NAMED else ""
    what = (
        f"{len(movers)} statuses of {devices} devices change to and fro together: one event, not so many contacts. "
        f"{begun.asset} {begun.point} first, with {', '.join(rest[:NAMED])}{more}"
    )
    step = (
        f"operations: find out what happened to {begun.asset} and to its supply; "
        f"a contact needs work only if it goes on alone"
    )
    return Suspicion(FindingKind.CHATTERING, what, "likely", next_step=step)
