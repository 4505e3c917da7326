"""What the head of a column says: which point, of which asset, in which unit, with which sign.

Rules. Words decide, in the order of the table; the first row whose words all stand in the head counts. A unit in
brackets, or as the last word, is told; a unit that does not fit the point is not taken. A head that no row fits is left
alone, by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ironkeep.codecs.quantity import Unit, unit
from ironkeep.model.recording import Positive

CELLS_MAX = 999  # numbered cells that a name can hold
STATE_NAME_MAX = 50  # letters


@dataclass(frozen=True, slots=True)
class Told:
    """What a head says. `point` is empty where nothing is understood; `quantity` is that of the point."""

    point: str
    quantity: str = ""
    unit: Unit | None = None
    asset: str = ""
    positive: Positive | None = None


_VOLT = "voltage|volt|volts|vtg|spannung|tension|tensión|u|v|vdc|vbat|vpack|udc|vbatt"
_AMP = "current|curr|cur|amp|amps|ampere|strom|courant|corriente|i|idc|a|ibat|ipack|ibatt"
_WATT = "power|leistung|puissance|potencia|p|pdc|pbat|watt|watts|w|kw"
_TEMP = "temperature|temp|temps|tmp|temperatur|température|temperatura|t|tcell"
_ENERGY = "energy|energie|énergie|energía|wh|kwh|mwh"
_OUT = "discharge|discharged|discharging|entlade|entladen|entladene|out|export|exported"
_IN = "charge|charged|charging|lade|laden|geladene|in|import|imported"
_CELL = "cell|cells|zelle|zell|zellen|cellule|celda"
_HIGH, _LOW, _MEAN = "max|maximum|high|highest|hi|hottest", "min|minimum|low|lowest|lo|coldest", "avg|average|mean"

# (words that must all be there, each an alternative; point; quantity). First fit counts.
_ROWS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("soh|state of health|health",), "soh_pct", "share"),
    (("soc|state of charge|ladezustand|ladestand|ladegrad|charge level|battery level|bsoc|usoc",), "soc_pct", "share"),
    (("insulation|isolation|iso|riso",), "insulation_ohm", "resistance"),
    (("frequency|freq|hz",), "frequency_hz", "frequency"),
    (
        (
            "energy|energie|énergie|energía|wh|kwh|mwh",
            "discharge|discharged|discharging|entlade|entladen|entladene|out|export|exported",
        ),
        "energy_discharged_wh",
        "energy",
    ),
    (
        ("energy|energie|énergie|energía|wh|kwh|mwh", "charge|charged|charging|lade|laden|geladene|in|import|imported"),
        "energy_charged_wh",
        "energy",
    ),
    ((_CELL, _VOLT, _HIGH), "cell_voltage_max_v", "voltage"),
    ((_CELL, _VOLT, _LOW), "cell_voltage_min_v", "voltage"),
    ((_CELL, _VOLT, _MEAN), "cell_voltage_avg_v", "voltage"),
    (("ambient|outside|room|inlet|umgebung|umgebungs|raum|ambiante|ambiente", _TEMP), "ambient_c", "temperature"),
    ((_TEMP, _HIGH), "cell_temperature_max_c", "temperature"),
    ((_TEMP, _LOW), "cell_temperature_min_c", "temperature"),
    ((_TEMP, _MEAN), "cell_temperature_avg_c", "temperature"),
    ((_VOLT,), "voltage_v", "voltage"),
    ((_AMP,), "current_a", "current"),
    ((_WATT,), "power_w", "power"),
    ((_TEMP,), "temperature_c", "temperature"),
)
_NUMBERED: tuple[tuple[tuple[str, ...], str, str], ...] = (
    ((_CELL, _VOLT), "cell_voltage_{:02d}_v", "voltage"),
    ((_CELL, _TEMP), "cell_temperature_{:02d}_c", "temperature"),
    (("temperature|temp|t",), "cell_temperature_{:02d}_c", "temperature"),
)
_COMPOUND = re.compile(
    r"\b(batterie|akku|zell|zellen|modul|strang|gesamt|entlade|lade|umgebungs|raum)"
    r"(spannung|strom|leistung|temperatur|energie)\b"
)
_OTHER = re.compile(  # not what flows at the battery's own terminals
    r"\b(ac|grid|netz|réseau|phase|l[123](?:n|l?[123])?|line|[uvi]?(?:an|bn|cn|ab|bc|ca)|[uv](?:12|23|31)|reactive|apparent|"
    r"setpoint|set|target|limit|allowed|request|pv|solar|mppt|panel|wind|generator|genset|load|loads|last|home|house|haus|"
    r"consumption|verbrauch|feed in|einspeisung|bezug|ev|wallbox|meter)\b"
)
_TIME = re.compile(r"\b(timestamp|time|datetime|date|zeit|zeitstempel|datum|ts|epoch|utc|horodatage|fecha)\b")
_CLOCK = re.compile(r"^(time|uhrzeit|heure|hora|clock|time of day)$")
_BRACKET = re.compile(r"[\[({]\s*([^\[\](){}]*?)\s*[\])}]\s*$")
_TAIL = re.compile(r"[ _/,-]+in[ _]([^ _]+)$|[ _/,-]([^ _/,-]+)$")
_ASSET = re.compile(
    r"\b(rack|string|bank|battery|bat|batt|pack|bms|container|unit|module|inverter|cluster|cabinet|cab|ess|str|bess|core|"
    r"cube|stack|tower|block|array|segment|enclosure|pcs) ?(\d{1,4}|[a-h])\b"
)
_DEVICE = re.compile(r"^(.*?)\s*\[(\d{1,4})\]\s*(\S.*)$")  # Battery Monitor [256] Voltage
_WHOLE = frozenset(
    "battery bat batt batterie akku speicher storage pack bank dc bus link bess ess powerwall total gesamt".split()
)
_CHARGE = frozenset(("charge", "level", "ladung", "charged"))
_BY_UNIT = {"voltage": "voltage_v", "current": "current_a", "power": "power_w", "share": "soc_pct"}
_NUMBER = re.compile(r"\b(?:cell|zelle|sensor|ntc|probe|t|temp|temperature|c|v|u|no|nr)? ?(\d{1,3})\b")
_STATE_WORDS = frozenset("state status is flag bool boolean feedback of the zustand stellung meldung état".split())
_OPEN_WORDS = frozenset(("open", "opened", "offen", "ouvert", "abierto"))
_POSITION_WORDS = _OPEN_WORDS | frozenset("closed close geschlossen fermé cerrado position main pack dc on off".split())
_SWITCHES = {
    **dict.fromkeys(("contactors", "schütz", "hauptschütz", "schuetz", "contacteur"), "contactor"),
    **dict.fromkeys(("breaker", "cb", "leistungsschalter", "disjoncteur", "circuitbreaker"), "breaker"),
    **dict.fromkeys(("pos", "plus"), "positive"),
    **dict.fromkeys(("neg", "minus"), "negative"),
    "lüfter": "fan",
    "tür": "door",
    "alarme": "alarm",
    "störung": "fault",
}
_ENTITY = re.compile(r"^(binary_sensor|sensor|switch|input_boolean|input_number|number)[.]")
_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e"})


def words(head: str) -> str:
    """The head in lower-case words with one space between: `PackVoltage_[V]` gives `pack voltage`, `Zellspannung` gives
    `zell spannung`.
    """
    text = re.sub(r"S[oO][CH]", lambda found: f" {found[0].lower()} ", _BRACKET.sub("", head))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = re.sub(r"(?<=[A-Za-z]{2})(?=\d)", " ", text)
    text = re.sub(r"[^0-9A-Za-z%°ÄÖÜäöüßéèêàçñóíáú]+", " ", text).lower()
    return " ".join(_COMPOUND.sub(r"\1 \2", text).split())


def is_time(head: str) -> bool:
    """Does the head name a time?"""
    return bool(_TIME.search(words(head)))


def is_clock(head: str) -> bool:
    """Does the head name a time of day, as the second of two columns?"""
    return bool(_CLOCK.match(words(head)))


def is_of_battery(head: str) -> bool:
    """Does the head say that it is the battery's own side, where another column may say the same of something else?"""
    return not {"dc", "battery", "bat", "batt", "batterie", "akku", "pack", "bank"}.isdisjoint(words(head).split())


def read(head: str, told: str = "") -> Told:
    """What the head of a column says; `told` is a unit that stands elsewhere, for heads without one."""
    found = _unit_of(head) or unit(told.strip().strip("[](){}"))
    name, rest = _asset(head)
    if _OTHER.search(rest):
        return Told("")
    number = _NUMBER.search(rest)
    if number and 0 < int(number[1]) <= CELLS_MAX:
        for needs, point, quantity in _NUMBERED:
            if _fits(rest.replace(number[1], " "), needs):
                return Told(point.format(int(number[1])), quantity, _if_fits(found, quantity), name)
    elif number:
        return Told("")
    for needs, point, quantity in _ROWS:
        if _fits(rest, needs):
            return Told(point, quantity, _if_fits(found, quantity), name, _positive(rest, quantity))
    whole = _WHOLE | _CHARGE if found is not None and found.quantity == "share" else _WHOLE
    if found is not None and found.quantity in _BY_UNIT and rest and whole.issuperset(rest.split()):
        return Told(_BY_UNIT[found.quantity], found.quantity, found, name, _positive(rest, found.quantity))
    return Told("", asset=name)


def bare(head: str) -> str:
    """The head without the kind of entity that Home Assistant puts before it."""
    return _ENTITY.sub("", head)


def _asset(head: str) -> tuple[str, str]:
    """The asset that a head names, by every part of its path (`rack-1-module-3`), and the other words."""
    device = _DEVICE.match(head)
    text = words(device[3] if device else head)
    names = ["-".join((*words(device[1]).split(), device[2]))] if device else []
    names += [f"{part[1]}-{part[2]}" for part in _ASSET.finditer(text)]
    return "-".join(names), " ".join(_ASSET.sub(" ", text).split())


def state(head: str) -> tuple[str, str, bool]:
    """Asset and point of a column of two positions, and whether it is a switch in the way of the current whose head
    says "open": `Rack 1 Main Contactor Open` gives `rack-1`, `contactor_state`, True.
    """
    asset, text = _asset(bare(head))
    rest = text.split()
    plain = [_SWITCHES.get(word, word) for word in rest if word not in _STATE_WORDS]
    in_the_way = not {"contactor", "breaker"}.isdisjoint(plain)
    if in_the_way:
        plain = [word for word in plain if word not in _POSITION_WORDS]
    name = re.sub(r"[^a-z0-9]+", "_", "_".join(plain).translate(_PLAIN))[:STATE_NAME_MAX].strip("_")
    point = f"{name}_state" if name[:1].isalpha() else "_".join(filter(None, ("device", name, "state")))
    says_open = in_the_way and not _OPEN_WORDS.isdisjoint(rest)
    return asset, point, says_open


def _fits(text: str, needs: tuple[str, ...]) -> bool:
    return all(re.search(rf"\b(?:{each})\b", text) for each in needs)


def _unit_of(head: str) -> Unit | None:
    bracket = _BRACKET.search(head)
    if bracket:
        return unit(bracket[1])
    if head.rstrip().endswith("%"):
        return unit("%")
    tail = _TAIL.search(head.strip())
    return unit(tail[1] or tail[2]) if tail else None


def _if_fits(found: Unit | None, quantity: str) -> Unit | None:
    return found if found is not None and found.quantity == quantity else None


def _positive(text: str, quantity: str) -> Positive | None:
    """What the head itself says of the sign; None where the quantity has none."""
    if quantity not in ("current", "power"):
        return None
    if re.search(r"\b(discharge|discharging|entladen|entladung|entlade)\b", text):
        return Positive.DISCHARGE if not re.search(r"\bcharge\b", text) else Positive.UNKNOWN
    if re.search(r"\b(charge|charging|laden|ladung|lade)\b", text):
        return Positive.CHARGE
    return Positive.UNKNOWN
