"""Words that stand in cells where numbers stand elsewhere: for no value, and for the two positions of a switch.

Rules. A column holds a switch when every word in it belongs to one pair; the second of a pair is the position on. A
closed contactor is on: it conducts. A word that belongs to no pair makes no state, whatever stands beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MISSING_MARKS: tuple[str, ...] = (
    *("", "nan", "n/a", "na", "n.a.", "null", "none", "nil", "-", "--", "---", "#n/a", "#value!", "#div/0!", "#null!"),
)
MISSING_USUAL: tuple[str, ...] = (
    *MISSING_MARKS,
    *("nodata", "no data", "missing", "bad", "invalid", "unavailable", "unknown", "offline", "error", "?"),
)
MISSING: tuple[str, ...] = (
    *MISSING_USUAL,
    # states that historians write into the value (AVEVA PI's system digital states, OPC's words for no value)
    *("bad input", "i/o timeout", "comm fail", "no result", "no sample", "not connect", "out of serv", "pt created"),
    *("scan off", "scan timeout", "calc failed", "configure", "intf shut", "shutdown", "under range", "over range"),
    *("arch off-line", "bad_quality", "uncertain", "stale", "timeout", "comm loss", "not available", "#ref!", "#name?"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The words of both positions, in lower case, the usual one first."""

    off: tuple[str, ...]
    on: tuple[str, ...]

    def as_in(self, cells: Iterable[str]) -> "Pair":
        """The pair with the words of some cells before the others."""
        seen = {cell.strip().lower() for cell in cells}
        off, on = (tuple(sorted(words, key=lambda word: word not in seen)) for words in (self.off, self.on))
        return Pair(off, on)

    @property
    def is_truth(self) -> bool:
        """Does it say whether the head of the column is true, rather than a position?"""
        return "yes" in self.on or "true" in self.on


PAIRS = (
    Pair(("off", "aus", "apagado", "arrêt"), ("on", "ein", "an", "encendido", "marche")),
    Pair(("false", "f", "falsch", "falso", "faux"), ("true", "t", "wahr", "verdadero", "vrai")),
    Pair(("no", "n", "nein", "non"), ("yes", "y", "ja", "j", "oui", "si", "sí")),
    Pair(
        ("open", "opened", "offen", "auf", "geöffnet", "ouvert", "abierto"),
        ("closed", "close", "geschlossen", "zu", "fermé", "cerrado"),
    ),
    Pair(("stopped", "stop", "standby", "idle"), ("running", "run")),
    Pair(("inactive", "inaktiv", "not active"), ("active", "aktiv")),
    Pair(("disabled", "disable", "gesperrt"), ("enabled", "enable", "freigegeben")),
    Pair(("disconnected", "not connected", "getrennt"), ("connected", "verbunden")),
    Pair(("ok", "normal", "clear"), ("alarm", "alert", "active")),
    Pair(("low",), ("high",)),
)


def pair_of(cells: Iterable[str]) -> Pair | None:
    """The pair to which every word belongs that is no word for "no value"; None where there is none, or no word."""
    words = {cell.strip().lower() for cell in cells} - set(MISSING)
    return next((pair for pair in PAIRS if words and words <= {*pair.off, *pair.on}), None)
