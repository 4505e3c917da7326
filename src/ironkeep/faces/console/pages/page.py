"""What a page is: a name, a level, an ordered list of regions, and the function that gathers what they show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.errors import Refused

Arguments = Mapping[str, str]
Gather = Callable[[Moment, Sources, Arguments], dict[str, Any]]
ALWAYS = ("pulse.html", "state.html")
"""Regions of every page: the clock and link of the header, and the band that says when something is wrong with us."""


@dataclass(frozen=True)
class Page:
    """One page. `regions` are files in `templates/regions/`; `strip.html` draws the element with id `r-strip`. `act` is
    what its stream shows: whoever may not do that by its address may not by the stream either.
    """

    name: str
    title: str
    level: int | None
    regions: tuple[str, ...]
    gather: Gather
    template: str = "base.html"
    refresh_s: int = 10  # with scripts off
    act: str = "see site"

    @property
    def all_regions(self) -> tuple[str, ...]:
        """The page's regions and those of every page."""
        return (*ALWAYS, *self.regions)


def element_id(region: str) -> str:
    """The id of the element that a region's file draws."""
    return f"r-{region.removesuffix('.html')}"


class Missing(Refused):
    """What the address names is not there."""
