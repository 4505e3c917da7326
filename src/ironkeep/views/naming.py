"""What people call an asset: the name that the one-line diagram and the doors carry, not the id of the files.

A part that nobody named is called by the nearest named asset above it and the rest of its id. Where nothing above it
has a name, the id is all there is. A device that is no asset of its own is called by the asset behind it, with its id.

Rooms write ids into the texts of facts: an id stays what it is when somebody renames a thing, and a search finds it.
Whoever shows such a text to people lets `said` put the names in. Numbers of safety rules stay in the record.
"""

import re
from collections.abc import Callable

from ironkeep.model.ids import AssetId, parent
from ironkeep.model.site import Site

_TOKEN = re.compile(r"(?<![\w/.-])[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)+(?![\w/-])")
"""What could be an id within a text: parts that a hyphen, a dot or a low line joins, and nothing of a longer path."""
_RULES = re.compile(r" \(S\d\d(?:, S\d\d)*\)")


def _no_label(point: str) -> str:
    return ""


class Names:
    """The names of one site's assets, looked up without walking the site for each."""

    def __init__(self, site: Site) -> None:
        own = {asset.id: asset.name for asset in site.assets if asset.name}
        self._names = {AssetId(site.id): site.name, **own} if site.name else own  # what is said of the whole site
        declared = {str(asset.id) for asset in site.assets}
        self._behind = {str(each.id): each.asset for each in site.devices if str(each.id) not in declared}

    def __call__(self, asset: str) -> str:
        """What people call the asset: "Battery container", "Battery container, s03.m02"; else its id."""
        above: AssetId | None = AssetId(asset)
        while above is not None:
            if name := self._names.get(above):
                rest = asset[len(above) + 1 :]
                return f"{name}, {rest}" if rest else name
            above = parent(above)
        return asset

    def said(self, text: str, label: Callable[[str], str] = _no_label, about: str = "") -> str:
        """The text of a fact as people read it: names for ids, labels for points, no numbers of rules. `label` gives
        what a point is called, empty where nobody knows. A device behind an asset that was named before, in the text
        or ahead of it (`about`, or what that is part of), is called by its id alone: nothing is named twice.
        """
        named = {self(about), self(about.partition(".")[0])}
        return _TOKEN.sub(lambda found: self._word(found[0], label, named), _RULES.sub("", text))

    def _word(self, token: str, label: Callable[[str], str], named: set[str]) -> str:
        if (behind := self._behind.get(token)) is not None:
            name, known = self(behind), {behind, *named}
            named.add(name)
            return token if name in known else f"{name} ({token})"
        if (name := self(token)) != token:
            named.add(name)
            return name
        called = label(token)
        if " " in called:
            return f"“{called}”"
        return called.lower() if called[1:].islower() else called or token
