"""Numbers as people and exports write them, made comparable: exact, and in the canonical unit of what stands with them.

Rules. 1. A number is exact (a fraction), never rounded on the way: 1200 mV is 1.2 V, 0.05 pu is 5 %. 2. A comma that
could be either a decimal mark or a thousands separator is read as the rest of the file writes it; where the file does
not tell, the text is no number and stays as written. 3. Numbers in units that are not known (`codecs/units.py`) do not
compare.
"""

import re
import struct
from fractions import Fraction
from typing import Final

import msgspec

from ironkeep.codecs.units import unit_of

CHARACTERS_MAX: Final = 40  # of a number; a longer text is no number
EXPONENT_MAX: Final = 30  # powers of ten either way
_FLOAT_DIGITS: Final = 7  # significant digits that a 32-bit float holds for certain

_NUMBER: Final = re.compile(r"([-+]?)(\d[\d.,'\u2019 \u00a0\u202f]*|[.,]\d+)(?:[eE]([-+]?\d{1,3}))?")
_HEX: Final = re.compile(r"0[xX]([0-9A-Fa-f]{1,16})")
_GROUPED: Final = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ",.'\u2019 \u00a0\u202f"}
_WITH_UNIT: Final = re.compile(
    r"([-+]?(?:\d[\d.,'\u2019\u00a0\u202f]*|[.,]\d+)(?:[eE][-+]?\d{1,3})?)\s*([^\d\s].{0,15})"
)


class Quantity(msgspec.Struct, frozen=True):
    """A value as written, taken apart: the number (None: not one) and the unit that stands with it ("" none)."""

    number: Fraction | None
    unit: str = ""


def quantity_of(text: str, decimal_comma: bool | None = None) -> Quantity:
    """The number and unit of a written value. `decimal_comma` is how the file writes numbers, None where unknown."""
    plain = text.strip()
    if (number := number_of(plain, decimal_comma)) is not None:
        return Quantity(number)
    if found := _WITH_UNIT.fullmatch(plain):
        number = number_of(found[1], decimal_comma)
        unit = unit_of(found[2])
        if number is not None and unit.known and unit.name:
            return Quantity(number, found[2].strip())
    return Quantity(None)


def number_of(text: str, decimal_comma: bool | None = None) -> Fraction | None:
    """The exact number that a text writes, or None."""
    if len(text) > CHARACTERS_MAX:
        return None
    if found := _HEX.fullmatch(text):
        return Fraction(int(found[1], 16))
    if not (found := _NUMBER.fullmatch(text)):
        return None
    digits = _digits(found[2], decimal_comma)
    exponent = int(found[3] or 0)
    if digits is None or abs(exponent) > EXPONENT_MAX:
        return None
    number = Fraction(digits) * Fraction(10) ** exponent
    return -number if found[1] == "-" else number


def _digits(text: str, decimal_comma: bool | None) -> str | None:
    """The digits with a decimal point and no separators, or None where they can be read in two ways or in none."""
    for mark in "'\u2019 \u00a0\u202f":
        if mark in text:
            whole, point, rest = _cut(text)
            if not _GROUPED[mark].fullmatch(whole):
                return None
            text = whole.replace(mark, "") + point + rest
    commas, points = text.count(","), text.count(".")
    if commas and points:
        decimal, group = (",", ".") if text.rindex(",") > text.rindex(".") else (".", ",")
        whole, _, rest = text.rpartition(decimal)
        if text.count(decimal) > 1 or not _GROUPED[group].fullmatch(whole):
            return None
        return _point(whole.replace(group, ""), rest)
    if not commas and points <= 1:
        return _point(*text.split(".")) if points and not _likely_group(text, ".", decimal_comma) else _plain(text)
    if commas == 1 and not points:
        if decimal_comma is None and _GROUPED[","].fullmatch(text):
            return None
        if decimal_comma is False and _GROUPED[","].fullmatch(text):
            return text.replace(",", "")
        return _point(*text.split(","))
    mark = "," if commas else "."
    return text.replace(mark, "") if _GROUPED[mark].fullmatch(text) else None


def _likely_group(text: str, mark: str, decimal_comma: bool | None) -> bool:
    return decimal_comma is True and _GROUPED[mark].fullmatch(text) is not None


def _plain(text: str) -> str:
    return text.replace(".", "")


def _point(whole: str, rest: str) -> str:
    return f"{whole or '0'}.{rest or '0'}"


def _cut(text: str) -> tuple[str, str, str]:
    at = max(text.rfind("."), text.rfind(","))
    return (text, "", "") if at < 0 else (text[:at], text[at], text[at + 1 :])


def writes_decimal_comma(texts: list[str]) -> bool | None:
    """Does a file write 1,5 (True) or 1.5 (False)? None where no value of it tells."""
    comma = any(re.fullmatch(r"[-+]?\d+,(?:\d{1,2}|\d{4,})(?:\s*[^\d\s].{0,15})?", text) for text in texts)
    point = any(re.fullmatch(r"[-+]?\d+\.(?:\d{1,2}|\d{4,})(?:\s*[^\d\s].{0,15})?", text) for text in texts)
    return comma if comma != point else None


def alike(one: Fraction, other: Fraction) -> bool:
    """Are two numbers equal, or the same 32-bit float written with more digits than it holds (3.65, 3.6500000953)?"""
    if one == other:
        return True
    if max(_figures(one), _figures(other)) <= _FLOAT_DIGITS or (one.denominator == 1 and other.denominator == 1):
        return False
    try:
        return struct.pack("f", float(one)) == struct.pack("f", float(other))
    except OverflowError:
        return False


def _figures(number: Fraction) -> int:
    """Significant digits of a decimal fraction; many for one that no decimal writes."""
    text = decimal_text(number, 40)
    return len(text.lstrip("-").replace(".", "").strip("0"))


def decimal_text(number: Fraction, digits: int = 10) -> str:
    """The number with at most that many significant digits, without an exponent where that is short."""
    if not number:
        return "0"
    scale = 0
    size = abs(number)
    while size >= 10:
        size, scale = size / 10, scale + 1
    while size < 1:
        size, scale = size * 10, scale - 1
    whole = round(abs(number) * Fraction(10) ** (digits - 1 - scale))
    sign = "-" if number < 0 else ""
    text = str(whole)
    if len(text) > digits:
        text, scale = text[:-1], scale + 1
    if -6 <= scale < 0:
        return sign + _tidy("0." + "0" * (-scale - 1) + text)
    if 0 <= scale < 16:
        padded = text.ljust(scale + 1, "0")
        return sign + _tidy(padded[: scale + 1] + "." + padded[scale + 1 :])
    return f"{sign}{_tidy(text[0] + '.' + text[1:])}e{scale}"


_READ_AS: Final = (  # canonical unit, from how much on, shown as, divided by
    ("s", Fraction(172_800), "d", Fraction(86_400)),
    ("s", Fraction(7_200), "h", Fraction(3_600)),
    *((unit, Fraction(10_000_000), f"M{unit}", Fraction(10**6)) for unit in ("W", "Wh", "VA", "var", "ohm")),
    *((unit, Fraction(10_000), f"k{unit}", Fraction(1000)) for unit in ("W", "Wh", "VA", "var", "ohm")),
)
_SMALL: Final = {unit: f"m{unit}" for unit in ("V", "A", "Hz", "s")}
_SMALL_BELOW: Final = Fraction(1, 10)


def reading(number: Fraction, unit: str, digits: int = 10) -> str:
    """The number and its unit as people read them: 1250 kW, 15 mHz, 365 d; only prefixes that keep the digits short."""
    size = abs(number)
    if unit in _SMALL and 0 < size < _SMALL_BELOW:
        return f"{decimal_text(number * 1000, digits)} {_SMALL[unit]}"
    for known, least, name, over in _READ_AS:
        if unit == known and size >= least and len(_tidy(decimal_text(number / over, 20))) <= 8:
            return f"{decimal_text(number / over, digits)} {name}"
    return f"{decimal_text(number, digits)} {unit}".rstrip()


def _tidy(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
