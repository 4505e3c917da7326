"""The card of a rack, which prints on A4 as it stands: no header, nothing that moves.

The same template makes the page of the console, under the header of every page, and the file of `ironkeep card`. The
QR holds the card's path and its digest; before them stands the address by which the console was reached, or the one
that was given, and none where it is only this machine itself.
"""

from typing import Any, Final

import segno

from ironkeep.faces.console.render import assets, environment
from ironkeep.faces.console.sources import VENDOR
from ironkeep.views.card import DIGEST_SHOWN, STATES, Card

TEMPLATE: Final = "card.html"
CSS: Final = ("console.css", "card.css")


def told(card: Card, address: str = "") -> dict[str, Any]:
    """What the template needs of a card; `address` is the console's own, where the QR should lead to it."""
    link = f"{address.rstrip('/')}{card.path}"
    drawn = segno.make(link, error="m", micro=False).svg_inline(
        border=2, omitsize=True, svgclass="qr", lineclass="qrline"
    )
    return {"card": card, "told": card.content, "qr": drawn, "link": link, "states": STATES, "shown": DIGEST_SHOWN}


def paper(card: Card, address: str, *, demo: bool) -> str:
    """The card as one HTML file that needs nothing beside it."""
    files = assets(VENDOR)
    style = "\n".join(files[name].data.decode() for name in CSS)
    template = environment(files).get_template(TEMPLATE)
    marks = {"style": style, "author": "", "demo": demo, "recorded": False, "session": None}
    return template.render(told(card, address) | marks)
