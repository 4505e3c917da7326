"""The console over TLS: is its certificate fit, when does it end, and does the console serve by it?"""

from collections.abc import Iterator
from typing import Final

from ironkeep.faces.cli.wiring import Ailment, Gravity
from ironkeep.model.errors import Trouble
from ironkeep.model.time import rfc3339
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.ask import Foreign, ask
from ironkeep.programs.tls.listening import Listening, last_known
from ironkeep.programs.tls.pair import days_left

BAD_DAYS: Final = 7
WARN_DAYS: Final = authority.RENEW_DAYS
ANSWER_S: Final = 5.0
RENEW: Final = "bring a new one; `ironkeep certificate make` renews the site's own, the console takes it by itself"


def served_over_tls(folder: DataFolder) -> bool:
    """Did the console last start over TLS?"""
    return folder.address.exists() and folder.address.read_text().startswith("https:")


def look(folder: DataFolder, *, held: bool) -> Iterator[Ailment]:
    """Certificate and console of a site that is served over TLS."""
    now_us = clock.now().at_us
    try:
        where = last_known(folder, now_us)
    except Trouble as trouble:
        yield Ailment(Gravity.BAD, f"the console's certificate: {trouble.what}", trouble.where, trouble.remedy)
        return
    pair = where.pair
    assert pair is not None, "it is served over TLS"
    left, ends = days_left(pair, now_us), rfc3339(pair.ends_us, digits=0)
    gravity = Gravity.BAD if left < BAD_DAYS else Gravity.WARN if left < WARN_DAYS else Gravity.GOOD
    what = f"the console's certificate ends in {left} days, at {ends}"
    yield Ailment(gravity, what, str(pair.certificate), "" if gravity is Gravity.GOOD else RENEW)
    yield from _console(where, held=held)


def _console(where: Listening, *, held: bool) -> Iterator[Ailment]:
    try:
        status, words = ask(where, "/healthz", ANSWER_S)
    except Foreign:
        what = "the console still serves by another certificate than the one on disk"
        yield Ailment(Gravity.WARN, what, where.address, "wait half a minute, or send it SIGHUP; else see its log")
        return
    except OSError as exc:
        gravity = Gravity.BAD if held else Gravity.GOOD
        yield Ailment(gravity, f"the console does not answer: {exc}", where.address, "start it" if held else "")
        return
    if status == 200:
        yield Ailment(Gravity.GOOD, "the console answers over TLS, live data flow", where.address)
    else:
        yield Ailment(Gravity.WARN, f"the console answers: {words}", where.address, "see what is said of the engine")
