"""Reading what strangers bring: an inventory of 10,000 assets, a capture of 100 MB, two setting files of 10,000
settings.

The peer of the inventory is the standard library's csv reading the same bytes into dictionaries: what reading alone
costs. The capture's peer is dpkt taking the packets of a tenth of it apart, ten times that. Both are measured in
seconds of the processor, since machines are shared.
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

import dpkt

from ironkeep.codecs import intake, inventory, pcap
from ironkeep.model.register import FIELDS, Form
from ironkeep.programs.passport import diff
from tests.codecs import wire
from tests.codecs.test_pcap import BMS, EMS, read_message, reply_message
from tests.codecs.wire import Stream

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


def _cpu(act: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    made = act()
    return time.process_time() - started, made


def _polled() -> list[bytes]:
    """Twenty devices asked in turn and fifty web sessions, mixed, as one mirror port shows them."""
    polls = [Stream((EMS[0], EMS[1], 40_000 + n), (BMS[0], f"10.20.4.{31 + n}", 502)) for n in range(20)]
    pages = [Stream((EMS[0], EMS[1], 50_000 + n), (BMS[0], "10.20.4.99", 443)) for n in range(50)]
    for stream in polls + pages:
        stream.open()
    for n in range(200):
        for stream in polls:
            stream.send(0, read_message(1, 50))
            stream.send(1, reply_message(1, 50))
        if n < 8:
            for stream in pages:
                stream.send(n % 2, bytes(600))
    longest = max(len(stream.frames) for stream in polls)
    return [s.frames[n] for n in range(longest) for s in polls + pages if n < len(s.frames)]


def _taken_apart(data: bytes) -> int:
    """Packets with a payload, as dpkt shows them."""
    count = 0
    for _, packet in dpkt.pcap.Reader(io.BytesIO(data)):
        count += len(dpkt.ethernet.Ethernet(packet).data.data.data) > 0
    return count


def _peer(data: bytes, one: bytes) -> tuple[float, str]:
    part = one[:24] + one[24:] * (len(data) // 10 // (len(one) - 24))
    return _cpu(lambda: _taken_apart(part))[0] * (len(data) - 24) / (len(part) - 24), "dpkt, from a tenth"


def _capture() -> list[dict[str, Any]]:
    one = wire.pcap(_polled())
    data = one[:24] + one[24:] * (CAPTURE_BYTES // (len(one) - 24))
    pieces = lambda: (data[n : n + PIECE] for n in range(0, len(data), PIECE))  # noqa: E731
    ours, taken = _cpu(lambda: pcap.parse(pieces(), "bench"))
    packets = _walked(data)
    assert sum(talk.packets for talk in taken.talks) == packets
    peer, peer_name = _peer(data, one)
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
            "unit": "s of processor",
            "peer_name": peer_name,
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
