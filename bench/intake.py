"""Reading what strangers bring: an inventory of 10,000 assets, a capture of 100 MB, two setting files of 10,000
settings.

The peer of the inventory is the standard library's csv reading the same bytes into dictionaries: what reading alone
costs. The capture's peer is stepping over its packet headers with struct.
"""

import csv
import io
import struct
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ironkeep.codecs import intake, inventory, pcap
from ironkeep.model.register import FIELDS, Form
from ironkeep.programs.passport import diff
from tests.codecs import wire
from tests.codecs.test_pcap import modbus_story

ASSETS = 10_000
CAPTURE_BYTES = 100_000_000
SETTINGS = 10_000
PIECE = 1 << 20


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    made = act()
    return time.perf_counter() - started, made


def _inventory() -> dict[str, Any]:
    known = {"kind": "module", "owner": "Kim", "maker": "Helion", "firmware": "3.9", "support_until": "2031-01-01"}
    rows = [
        ",".join(
            {**known, "asset": f"rack-{n}", "serial": f"S{n}", "address": f"10.0.{n >> 8}.{n & 255}"}.get(f, "")
            for f in FIELDS
        )
        for n in range(ASSETS)
    ]
    data = "\n".join([",".join(FIELDS), *rows]).encode()
    ours, taken = _timed(lambda: inventory.parse(data, "bench"))
    kept, _ = _timed(lambda: intake.canonical(intake.made(Form.CSV, "bench", "0" * 64, taken)))
    peer, _ = _timed(lambda: list(csv.DictReader(io.StringIO(data.decode()))))
    assert len(taken.records) == ASSETS
    whole = ours + kept
    return {
        "name": "import of 10,000 assets, file to canonical bytes",
        "ours": whole,
        "peer": peer,
        "ratio": peer / whole,
        "unit": "s",
        "target": "<= 30 s",
        "met": whole <= 30,
    }


def _walked(data: bytes) -> int:
    at, count, head = 24, 0, struct.Struct("<IIII")
    while at < len(data):
        at += 16 + head.unpack_from(data, at)[2]
        count += 1
    return count


def _capture() -> list[dict[str, Any]]:
    one = wire.pcap(modbus_story().frames)
    data = one[:24] + one[24:] * (CAPTURE_BYTES // (len(one) - 24))
    pieces = lambda: (data[n : n + PIECE] for n in range(0, len(data), PIECE))  # noqa: E731
    ours, taken = _timed(lambda: pcap.parse(pieces(), "bench"))
    peer, packets = _timed(lambda: _walked(data))
    assert taken.talks[0].packets == packets
    tracemalloc.start()
    pcap.parse((data[n : n + PIECE] for n in range(0, 8 * PIECE, PIECE)), "bench")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return [
        {
            "name": f"capture of 100 MB, {packets} packets",
            "ours": ours,
            "peer": peer,
            "ratio": peer / ours,
            "unit": "s",
        },
        {
            "name": "memory of a capture",
            "ours": peak / 2**20,
            "unit": "MiB",
            "target": "<= 64",
            "met": peak <= 64 << 20,
        },
    ]


def _settings() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder) / "before.csv", Path(folder) / "after.csv"
        rows = [f"rack{n // 25},CellOverVoltage_{n % 25}_mV,3650" for n in range(SETTINGS)]
        one.write_text("\n".join(["group,name,value", *rows]))
        rows[5000] = rows[5000].replace("3650", "3800")
        other.write_text("\n".join(["group,name,value", *rows]))
        ours, found = _timed(lambda: diff(one, other))
    assert len(found.changes) == 1
    return {
        "name": "comparison of 2 x 10,000 settings",
        "ours": ours,
        "unit": "s",
        "target": "<= 60 s",
        "met": ours <= 60,
    }


def rows() -> list[dict[str, Any]]:
    """The rows of this benchmark."""
    return [_inventory(), *_capture(), _settings()]
