"""The plant's UPSes as an upsd speaks for them: a server of Network UPS Tools on a loopback port.

Rules. It answers what may be read and refuses what would change anything, counting each refusal. All variables of one
answer are of the same moment: they change only in `show`. A UPS whose own device does not answer is stale, as a driver
would say of it. Which variable says which signal comes from the same data as everywhere else (packs/nut).
Source: RFC 9271.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ironkeep import __version__
from ironkeep.codecs.lexicon import STATUS
from ironkeep.codecs.nut import LINE_BYTES_MAX, line, quoted, words_of
from ironkeep.model.errors import Unavailable
from ironkeep.model.point import PointKind
from ironkeep.packs.nut.read import shipped
from ironkeep.twin.codes import Serving, UpsMode
from ironkeep.twin.layout import SITE, Site
from ironkeep.twin.serve.naming import signals_by_point
from ironkeep.twin.signals import SIGNALS, Array

HOST: Final = "127.0.0.1"
LISTENER: Final = "nut"  # its name among the ports of the demo
CARD_MODEL, CARD_FIRMWARE = "NUT-CARD", "1.2"  # a card with a plate of its own, not the UPS's
CONNECTIONS_MAX: Final = 32
LOW_BATTERY_PCT: Final = 20.0
FLOWING_A: Final = 2.0  # battery current from which a card says that it charges or discharges
STILL_A: Final = 1.0  # and below which it no longer says so: float current, and its noise, are neither
OVERLOAD_PCT: Final = 100.0
_CHANGES: Final = frozenset({"SET", "INSTCMD", "FSD", "LOGIN", "ATTACH", "MASTER", "PRIMARY"})
_WORDS: Final = {
    UpsMode.OFF: "OFF",
    UpsMode.ONLINE: "OL",
    UpsMode.BATTERY: "OB",
    UpsMode.STATIC_BYPASS: "OL BYPASS",
    UpsMode.MAINTENANCE_BYPASS: "OL BYPASS",
}


@dataclass
class Counts:
    """What the server has seen since it started."""

    lists: int = 0
    refused: int = 0  # attempts to change something, log-ins as a dependant among them
    astray: int = 0  # names that are not there, words that nobody knows
    connections: int = 0


class NutListener:
    """An upsd for the UPSes of a site."""

    def __init__(self, site: Site = SITE) -> None:
        """Speak for every UPS of the site; nothing is known of them until `show`."""
        self._rows = {asset: row for row, asset in enumerate(site.rows["ups"])}
        self._served_by = {asset: asset.partition(".")[0] for asset in self._rows}
        self._about = {device.id: device.particulars for device in site.devices}
        self._signals = _signals_by_variable()
        self._values: dict[str, dict[str, str]] = {asset: {} for asset in self._rows}
        self.counts = Counts()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> int:
        """Listen on a loopback port (0: any free one); returns it. Raises Unavailable when it cannot."""
        try:
            self._server = await asyncio.start_server(self._serve, HOST, port, limit=LINE_BYTES_MAX)
        except OSError as exc:
            raise Unavailable(
                f"{LISTENER} cannot listen on port {port}", where=HOST, remedy="let it choose a free one (port 0)"
            ) from exc
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Hang up on everyone and stop listening."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._open):
                writer.transport.abort()
            self._server = None

    def show(
        self, signals: Mapping[str, Array], served: Mapping[str, Serving], words: Mapping[str, str] | None = None
    ) -> None:
        """Take the values of this moment, and the status words that a card adds; a UPS that drops has no values."""
        for asset, row in self._rows.items():
            dark = served[self._served_by[asset]] is Serving.DROP
            self._values[asset] = {} if dark else self._variables(asset, row, signals)
            if words and asset in words and not dark:
                self._values[asset][STATUS] += f" {words[asset]}"

    def values(self, asset: str) -> Mapping[str, str]:
        """Every variable of a UPS as it is now; empty while it is stale."""
        return self._values[asset]

    def _variables(self, asset: str, row: int, signals: Mapping[str, Array]) -> dict[str, str]:
        about = self._about[self._served_by[asset]]
        values = {
            "device.mfr": about.maker,
            "device.model": CARD_MODEL,
            "device.serial": f"{about.serial}-NUT",
            "device.type": "ups",
            "driver.name": "ironkeep-twin",
            "driver.version": __version__,
            "ups.firmware": CARD_FIRMWARE,
            STATUS: _status(row, signals, self._values[asset].get(STATUS, "").split()),
        }
        for variable, (name, column) in self._signals.items():
            array = signals[name]
            value = float(array[row] if column is None else array[row, column])
            if not math.isnan(value):
                values[variable] = _decimal(value, SIGNALS[name].resolution)
        return values

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it says good-bye, hangs up or talks nonsense."""
        if len(self._open) >= CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._open.add(writer)
        self.counts.connections += 1
        try:
            while raw := await reader.readuntil(b"\n"):
                words = words_of(raw.rstrip(b"\r\n")) or ()
                writer.write(self._answer(words))
                await writer.drain()
                if words[:1] == ("LOGOUT",):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            pass  # the plant ends; Python 3.11 would print it as a failure
        finally:
            self._open.discard(writer)
            writer.close()

    def _answer(self, words: tuple[str, ...]) -> bytes:
        verb, rest = (words[0], words[1:]) if words else ("", ())
        if verb in _CHANGES:
            self.counts.refused += 1
            return _error("ACCESS-DENIED")
        plain: dict[str, Callable[[], bytes]] = {
            "VER": lambda: f"Ironkeep twin {__version__}, as an upsd\n".encode(),
            "NETVER": lambda: b"1.3\n",
            "PROTVER": lambda: b"1.3\n",
            "HELP": lambda: b"Commands: HELP VER PROTVER GET LIST USERNAME PASSWORD LOGOUT\n",
            "LOGOUT": lambda: b"OK Goodbye\n",
            "STARTTLS": lambda: _error("FEATURE-NOT-CONFIGURED"),
        }
        if verb in plain and not rest:
            return plain[verb]()
        if verb in ("USERNAME", "PASSWORD") and len(rest) == 1:
            return b"OK\n"
        if verb == "LIST":
            return self._list(rest)
        if verb == "GET":
            return self._get(rest)
        self.counts.astray += 1
        return _error("UNKNOWN-COMMAND")

    def _list(self, rest: tuple[str, ...]) -> bytes:
        self.counts.lists += 1
        if rest == ("UPS",):
            return _listing(("UPS",), {asset: f"twin of {asset}" for asset in self._values})
        if len(rest) != 2 or rest[0] not in ("VAR", "RW", "CMD", "CLIENT"):
            self.counts.astray += 1
            return _error("INVALID-ARGUMENT")
        kind, ups = rest
        if refusal := self._missing(ups):
            return refusal
        return _listing(rest, self._values[ups] if kind == "VAR" else {})

    def _get(self, rest: tuple[str, ...]) -> bytes:
        if len(rest) == 2 and rest[0] == "UPSDESC" and rest[1] in self._values:
            return line("UPSDESC", rest[1], value=f"twin of {rest[1]}")
        if len(rest) != 3 or rest[0] != "VAR":
            self.counts.astray += 1
            return _error("INVALID-ARGUMENT")
        _, ups, name = rest
        if refusal := self._missing(ups):
            return refusal
        if name not in self._values[ups]:
            self.counts.astray += 1
            return _error("VAR-NOT-SUPPORTED")
        return line("VAR", ups, name, value=self._values[ups][name])

    def _missing(self, ups: str) -> bytes | None:
        if ups not in self._values:
            self.counts.astray += 1
            return _error("UNKNOWN-UPS")
        return None if self._values[ups] else _error("DATA-STALE")


def _error(code: str) -> bytes:
    return f"ERR {code}\n".encode()


def _listing(names: tuple[str, ...], values: Mapping[str, str]) -> bytes:
    what = " ".join(names)
    rows = [f"{what} {name} {quoted(value)}\n" for name, value in values.items()]
    return f"BEGIN LIST {what}\n{''.join(rows)}END LIST {what}\n".encode()


def _signals_by_variable() -> dict[str, tuple[str, int | None]]:
    """Signal and column of each variable that says one."""
    by_point = signals_by_point("ups")
    found: dict[str, tuple[str, int | None]] = {}
    for variable in shipped().variables:
        text = by_point.get(variable.spec.name)
        if text is None or variable.spec.kind is not PointKind.ANALOG:
            continue
        name, _, column = text.partition("/")
        found[variable.name] = (name, SIGNALS[name].columns.index(column) if column else None)
    return found


def _status(row: int, signals: Mapping[str, Array], before: Sequence[str]) -> str:
    """The status words of a UPS, which said those of `before`."""
    words = [_WORDS[UpsMode(int(signals["ups.mode"][row]))]]
    current_a, charge_pct = float(signals["ups.battery_current_a"][row]), float(signals["ups.battery_charge_pct"][row])
    word = "DISCHRG" if current_a > 0.0 else "CHRG"
    if abs(current_a) > (STILL_A if word in before else FLOWING_A):
        words.append(word)
    if charge_pct < LOW_BATTERY_PCT:
        words.append("LB")
    if float(signals["ups.load_pct"][row]) > OVERLOAD_PCT:
        words.append("OVER")
    return " ".join(words)


def _decimal(value: float, step: float) -> str:
    """The value with as many digits as its resolution has."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 3
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
