"""A master and a device as a mirror port shows them, made by hand from the standards. For tests alone."""

import struct
from collections.abc import Iterable

from ironkeep.adapters.equipment.passive.adapter import PassiveReader
from ironkeep.adapters.equipment.passive.tap import Tap
from ironkeep.codecs.modbus import Read, request, transaction_bytes
from ironkeep.model.site import Device
from ironkeep.model.time import SECOND_US, Now
from ironkeep.packs.equipment.library import knowledge
from tests.adapters.equipment.modbus.plant import common, image
from tests.codecs.wire import Stream

EMS = ("02:00:00:00:00:01", "10.20.4.10", 49_152)
OTHER = ("02:00:00:00:00:03", "10.20.4.66", 50_001)
BMS = ("02:00:00:00:00:02", "10.20.4.31", 502)
TAP = "/run/ironkeep-tap/span"
START_US = 1_790_000_000_000_000
HEADING = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
CHAIN = ("1@40002+66", "802@40070+62")


def battery(soc: int = 50, scale: int = 0) -> tuple[int, ...]:
    """Model 802: the state of charge and its scale factor, seven cycles, the rest zero."""
    words = [0] * 62
    words[9], words[54], words[13] = soc, scale, 7
    return (802, 62, *words)


def site(soc: int = 50, scale: int = 0) -> dict[int, int]:
    """The registers of the device."""
    return image(common(), battery(soc, scale))


def device(**given: object) -> Device:
    usual = {"id": "bms", "asset": "bms", "protocol": "modbus", "host": BMS[1], "port": BMS[2], "tap": TAP}
    return Device(**{**usual, **given})  # type: ignore[arg-type]


def record(frame: bytes, at_us: int) -> bytes:
    """A packet as a capturer writes it."""
    return struct.pack("<IIII", at_us // SECOND_US, at_us % SECOND_US, len(frame), len(frame)) + frame


class Wire:
    """Master and device talk, the capturer writes, the reader hears; time passes as the test says."""

    def __init__(self, *devices: Device, registers: dict[int, int] | None = None) -> None:
        self.clock_us = 1_000 * SECOND_US
        self.reader = PassiveReader(devices or (device(),), knowledge(), self.now)
        self.tap: Tap = next(iter(self.reader.taps.values()))
        self.registers = registers if registers is not None else site()
        self.transaction = 0
        self.talks: dict[object, Stream] = {}
        self.deaf = False
        self.hear(HEADING)

    def now(self) -> Now:
        return Now(START_US + self.clock_us, self.clock_us)

    def hear(self, data: bytes) -> None:
        self.tap.take(data, self.now())

    def capture(self, frames: Iterable[bytes]) -> None:
        """The capturer sees these packets, a millisecond apart."""
        for frame in frames:
            self.clock_us += 1000
            if not self.deaf:
                self.hear(record(frame, self.now().at_us))

    def stream(self, master=EMS) -> Stream:
        if master not in self.talks:
            self.talks[master] = Stream(master, BMS)
            self.talks[master].open()
            self.flush(master)
        return self.talks[master]

    def flush(self, master=EMS) -> None:
        """Let the capturer see what was sent since."""
        talk = self.talks[master]
        frames, talk.frames = talk.frames, []
        self.capture(frames)

    def ask(self, address: int, count: int, master=EMS, unit: int = 1) -> None:
        """The master reads registers, and the device answers."""
        self.transaction += 1
        self.send(0, transaction_bytes(self.transaction) + request(unit, Read(3, address, count)).wire, master)
        words = [self.registers.get(address + n) for n in range(count)]
        if None in words:
            self.reply(bytes([0x83, 2]), master, unit)
        else:
            self.reply(bytes([3, 2 * count]) + struct.pack(f">{count}H", *words), master, unit)

    def reply(self, pdu: bytes, master=EMS, unit: int = 1, transaction: int | None = None) -> None:
        number = self.transaction if transaction is None else transaction
        self.send(1, struct.pack(">HHHB", number, 0, 1 + len(pdu), unit) + pdu, master)

    def write(self, pdu: bytes, master=EMS, unit: int = 1, *, answer: bytes | None = b"") -> None:
        """The master sends any request; the device answers the same, `answer`, or nothing."""
        self.transaction += 1
        self.send(0, struct.pack(">HHHB", self.transaction, 0, 1 + len(pdu), unit) + pdu, master)
        if answer is not None:
            self.reply(answer or pdu[:5], master, unit)

    def send(self, side: int, data: bytes, master=EMS) -> None:
        self.stream(master).send(side, data)
        self.flush(master)

    def walk(self) -> None:
        """The master finds the models, as masters do when they start."""
        for address, count in ((40_000, 2), (40_002, 2), (40_070, 2), (40_134, 2)):
            self.ask(address, count)

    def turn(self, seconds: float = 1.0) -> None:
        """Time passes and the engine looks."""
        self.clock_us += int(seconds * SECOND_US)
        self.reader.frames(self.now().at_us)

    def poll(self, times: int = 2, *, blocks=((40_002, 68), (40_070, 64))) -> None:
        """The master reads every model once a second."""
        for _ in range(times):
            for address, count in blocks:
                self.ask(address, count)
            self.turn()

    def shown(self, point: str, asset: str = "bms") -> tuple[float | None, int]:
        """Value and quality of a point; (None, -1) where it is no column."""
        for frame in self.reader.frames(self.now().at_us):
            row, column = frame.layout.row_index.get(asset), frame.column(point)
            if row is not None and column is not None:
                names = [spec.name for spec in (*frame.layout.analog, *frame.layout.integer)]
                value = float(column[row])
                return None if value != value else value, int(frame.quality[row, names.index(point)])
        return None, -1

    @property
    def link(self):
        return self.reader.links()[0]
