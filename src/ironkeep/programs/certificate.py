"""Making and showing the site's own certificate, from the command line."""

from collections.abc import Sequence

from ironkeep.faces.cli.wiring import Certified
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.authority import Made
from ironkeep.programs.tls.listening import address_of
from ironkeep.programs.tls.pair import Pair, fingerprint, names_of, pair


def made(folder: DataFolder, names: Sequence[str], within: Sequence[str], *, anew: bool) -> Certified:
    """A certificate for these names by the site's own authority. Raises Refused, Unavailable."""
    folder.prepare()
    return _told(folder, authority.make(folder.tls, names, within, clock.now().at_us, anew=anew))


def held(folder: DataFolder) -> Certified:
    """The certificate that the data folder holds. Raises Refused where there is none or it is not fit."""
    root = authority.certificate_of(folder.tls / authority.AUTHORITY)
    found = pair(folder.tls / authority.CERTIFICATE, folder.tls / authority.KEY, clock.now().at_us)
    return _told(folder, Made(found, folder.tls / authority.AUTHORITY, fingerprint(root), False))


def _told(folder: DataFolder, found: Made) -> Certified:
    address = address_of(folder)
    own: Pair = found.pair
    return Certified(
        certificate=str(own.certificate),
        names=names_of(own.leaf),
        ends_us=own.ends_us,
        fingerprint=own.fingerprint,
        authority=str(found.authority),
        authority_fingerprint=found.authority_fingerprint,
        address=address if address.startswith("https:") else "",
        anew=found.anew,
    )
