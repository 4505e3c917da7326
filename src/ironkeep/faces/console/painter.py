"""Drawing: a page, or the regions of a page that changed. What was drawn for one stream serves every other.

A region is drawn once for a turn, a fold, a length of the record and a second, however many of a role look at it. Who
commands a case is drawn for apart: nobody is offered the command that he holds.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment

from ironkeep.faces.console.notices import Notice, Notices
from ironkeep.faces.console.pages.accounts import waiting
from ironkeep.faces.console.pages.page import Page, element_id
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment, Watch
from ironkeep.model.access import Waiting
from ironkeep.model.errors import Trouble
from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import Session
from ironkeep.views import board
from ironkeep.views.alarm_now import now_text
from ironkeep.views.naming import Names

DRAWN_MAX = 128
PLAIN = Page("plain", "", None, (), lambda moment, sources, arguments: {}, refresh_s=0)
"""A page of which only the header is live: its content is drawn once."""


class Drawn(NamedTuple):
    """What a page's templates were told, and its regions by element id."""

    told: dict[str, Any]
    regions: dict[str, str]


class Painter:
    """Draws from the watch."""

    def __init__(self, env: Environment, watch: Watch, sources: Sources, notices: Notices) -> None:
        self._env, self._watch, self._sources, self._notices = env, watch, sources, notices
        self._drawn: dict[tuple[object, ...], Drawn] = {}
        self._called = Names(sources.site)

    def regions(self, page: Page, arguments: Mapping[str, str], session: Session) -> dict[str, str]:
        """Every region of the page by element id. Raises what the page's gather raises."""
        return self._draw(page, arguments, session).regions

    def _draw(self, page: Page, arguments: Mapping[str, str], session: Session) -> Drawn:
        moment, role = self._watch.moment(), session.role
        second = moment.now.at_us // SECOND_US
        commands = moment.stories.commanded(session.actor)
        key = (page.name, tuple(sorted(arguments.items())), role, commands, self._watch.version, self._length(), second)
        if (found := self._drawn.get(key)) is not None:
            return found
        told = self._context(page, moment, arguments, role) | {"commands": commands}
        templates = {name: self._env.get_template(f"regions/{name}") for name in page.all_regions}
        regions = {element_id(name): template.render(told) for name, template in templates.items()}
        if len(self._drawn) >= DRAWN_MAX:
            self._drawn.clear()
        self._drawn[key] = made = Drawn(told, regions)
        return made

    def _length(self) -> int:
        """How many facts there are: what somebody just put on the record is on the next page, not a second later."""
        try:
            return self._sources.facts.size()
        except Trouble:  # pages that need no fact are drawn all the same
            return -1

    def page(
        self, page: Page, arguments: Mapping[str, str], session: Session, path: str, notice: Notice | None = None
    ) -> str:
        """The whole page, with the notice given or the one that waits. Raises what the page's gather raises."""
        told = self._shell(page, arguments, session, path)
        return self._env.get_template(page.template).render(told | {"notice": notice or self._notices.take(session)})

    def plain(
        self,
        template: str,
        *,
        session: Session | None = None,
        path: str = "/",
        notice: Notice | None = None,
        **told: Any,
    ) -> str:
        """A page whose content does not move. Whoever is logged in sees the header of every page, and that is live."""
        moment = self._watch.moment()
        marks = {"demo": moment.site.simulated or moment.scene.simulated, "recorded": moment.scene.recorded}
        about: dict[str, Any] = {
            "site": moment.site,
            "now": moment.now,
            "session": session,
            **self._words(moment),
        }
        if session is not None:
            about |= self._shell(PLAIN, {}, session, path)
            notice = notice or self._notices.take(session)
        about["notice"] = notice
        return self._env.get_template(template).render(about | told | marks)

    def _shell(self, page: Page, arguments: Mapping[str, str], session: Session, path: str) -> dict[str, Any]:
        """What the frame of a page needs: header, regions, foot."""
        drawn = self._draw(page, arguments, session)
        told = drawn.told | {"regions": drawn.regions}
        told |= {"session": session, "path": path, "live_url": live_url(page, arguments)}
        try:
            told["checkpoint_line"] = self._sources.facts.checkpoint().decode(errors="replace").split("\n")[:3]
        except Trouble:  # the printed foot may lack it; the page may not
            told["checkpoint_line"] = []
        return told

    def _context(self, page: Page, moment: Moment, arguments: Mapping[str, str], role: str) -> dict[str, Any]:
        waiting = [a.priority for a in moment.board.standing.values() if board.waits(a)]
        base = {
            "loudest": int(min(waiting, default=0)),
            "waits_count": len(waiting),
            "page": page,
            "site": moment.site,
            "scene": moment.scene,
            "moment": moment,
            "now": moment.now,
            "now_us": moment.now.at_us,
            "may_act": self._sources.access.allows(role, "acknowledge alarm"),
            "may": lambda act: self._sources.access.allows(role, act),
            "asked": self._asked(role),
            "role": role,
            "demo": moment.site.simulated or moment.scene.simulated,
            "recorded": moment.scene.recorded,
            "arguments": arguments,
            **self._words(moment),
        }
        return base | page.gather(moment, self._sources, arguments)

    def _words(self, moment: Moment) -> dict[str, Any]:
        """How templates call an asset and a point, say the text of a fact with names in the place of ids, and tell what
        an alarm's value is now.
        """
        scene, now_us, looks = moment.scene, moment.now.at_us, self._sources.looks
        return {
            "called": self._called,
            "point_label": lambda point, asset="": scene.label(point, asset) or scene.label(point) or point,
            "said": lambda text, about="": self._called.said(text, scene.label, about),
            "now_of": lambda alarm: now_text(looks, scene, alarm, now_us),
        }

    def _asked(self, role: str) -> list[Waiting]:
        """What waits for a second person and this role could confirm: it is void soon, so every page says it."""
        if not self._sources.access.allows(role, "confirm request"):
            return []
        try:
            return [each for each in waiting(self._sources) if self._sources.access.confirms(role, each.request_kind)]
        except Trouble:  # the record cannot be read, and the band above says so
            return []


def changed(old: dict[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each region whose text is not what `old` remembers; `old` is brought up to date."""
    for name, text in new.items():
        mark = hashlib.sha256(text.encode()).hexdigest()
        if old.get(name) != mark:
            old[name] = mark
            yield name, text


def partials(regions: Mapping[str, str] | Iterator[tuple[str, str]]) -> str:
    """Regions as htmx takes them: each morphs the element of its id."""
    pairs = regions.items() if isinstance(regions, Mapping) else regions
    return "\n".join(
        f'<hx-partial hx-target="#{name}" hx-swap="outerMorph">{text}</hx-partial>' for name, text in pairs
    )


def live_url(page: Page, arguments: Mapping[str, str]) -> str:
    """The address of the page's stream."""
    tail = urlencode(sorted(arguments.items()))
    return f"/live/{page.name}{'?' if tail else ''}{tail}"
