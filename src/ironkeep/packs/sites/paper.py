"""What an asset's papers may say in a site file: the keys of [[asset]] that no reading can give.

Rules. All may be left out: what is not said is a gap that the inventory shows, never a default. A date is a date; "not
announced" is said of support alone. No key holds a secret: of log-ins only is said how they are kept.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from ironkeep.model.register import NOT_ANNOUNCED, UNKNOWN, span_of
from ironkeep.model.site import Chemistry, Credentials, Interface, LifeStage
from ironkeep.packs.sites import values

_MAC = re.compile(r"^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$")
_SAYS_SECRET = re.compile(r"(?i)\b(?:password|passwd|passphrase|pin|secret|token)\s*[:=]\s*\S")


def words(value: Any) -> str:
    """A line of text for people that says something and shows no secret."""
    line = values.text(value)
    if not line.strip():
        raise values.Wrong("the text is empty", "leave the key out where nothing is known")
    if _SAYS_SECRET.search(line):
        raise values.Wrong("the text seems to hold a password or the like", "say where it is kept, never what it is")
    return line


def _day(value: Any, also: tuple[str, ...]) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        if value in also:
            return value
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    told = " or ".join(f'"{word}"' for word in also)
    raise values.Wrong(f"{values.shown(value)} is not a date", f"as in 2031-06-30, or {told}")


def day(value: Any) -> str:
    """A day as YYYY-MM-DD, with or without quotes, or "unknown"."""
    return _day(value, (UNKNOWN,))


def support_day(value: Any) -> str:
    """As `day`, or "not announced"."""
    return _day(value, (NOT_ANNOUNCED, UNKNOWN))


def mac(value: Any) -> str:
    """A hardware address: six pairs of lower-case hex digits with colons."""
    word = values.text(value)
    if not _MAC.match(word):
        raise values.Wrong(f"{values.shown(value)} is not a hardware address", 'as in "02:00:5e:10:00:1f"')
    return word


def span(value: Any) -> str:
    """Two temperatures in °C, the lower first: "10 to 35"."""
    word = values.text(value)
    if span_of(word) is None:
        raise values.Wrong(f"{values.shown(value)} is no span of temperatures", 'the lower first, as in "10 to 35"')
    return word


CHECKS: Final[Mapping[str, values.Check]] = {
    "owner": words,
    "contact": words,
    "vendor": words,
    "vendor_contact": words,
    "maker": words,
    "model": words,
    "serial": words,
    "firmware": words,
    "hardware": words,
    "address": values.host,
    "mac": mac,
    "chemistry": values.one_of(Chemistry),
    "isolation": values.texts,
    "depends_on": values.texts,
    "cloud": words,
    "interfaces": values.many_of(Interface),
    "credentials": values.one_of(Credentials),
    "state": values.one_of(LifeStage),
    "installed_on": day,
    "design_life_until": day,
    "support_until": support_day,
    "migration": words,
    "calibrated_until": day,
    "inspected_until": day,
    "patch_window": words,
    "retention": words,
    "room_temperature_c": span,
}
OF_ONE: Final = ("serial", "address", "mac")
"""What two assets cannot share, so that a line with a range of ids cannot say it."""
