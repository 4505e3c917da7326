"""The page that is printed for whoever sets up phones: the authority's fingerprint, the way to it, the steps.

Paper is what makes the first visit of a phone safe from whoever stands between: the phone shows the fingerprint of what
it is about to trust, and the person compares it with the printed one.
"""

from typing import Final

import segno

from ironkeep.faces.cli.wiring import Certified
from ironkeep.faces.console.render import assets, environment
from ironkeep.faces.console.sources import VENDOR

TEMPLATE: Final = "authority.html"
PATH: Final = "/authority.crt"
CSS: Final = ("console.css", "card.css")


def paper(found: Certified) -> str:
    """The page as one HTML file that needs nothing beside it."""
    files = assets(VENDOR)
    name = next((n for n in found.names if n not in ("localhost", "127.0.0.1", "::1")), found.names[0])
    link = f"{found.address or f'https://{name}:8470'}{PATH}"
    drawn = segno.make(link, error="m", micro=False).svg_inline(
        border=2, omitsize=True, svgclass="qr", lineclass="qrline"
    )
    style = "\n".join(files[each].data.decode() for each in CSS)
    words = found.authority_fingerprint.split(":")
    rows = [" ".join(words[at : at + 8]) for at in range(0, len(words), 8)]
    told = {"found": found, "link": link, "qr": drawn, "style": style, "rows": rows}
    return environment(files).get_template(TEMPLATE).render(told)
