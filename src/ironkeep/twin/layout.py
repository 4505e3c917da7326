"""What stands on the simulated site: assets, their nesting, and the order of every row.

Rules. Ids are dotted lower case. Rows are bank-major, then string, module, cell, and never change order while the
process lives. A module carries few thermistors; each cell shows the reading of one of them (S60).
Ratings are judgement for the twin, chosen so that each cabinet carries its half of the load for about an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SITE_ID = "harbor-dc1"

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Bank:
    """One battery bank: strings in parallel, modules and cells in series. Powers in W, currents in A."""

    id: str
    purpose: str  # "ups" backs the load, "grid" is tied to the utility
    room: str
    converter: str  # the UPS or PCS on its DC bus
    hvac: str
    strings: int
    modules: int  # per string
    cells: int  # per module
    thermistors: int  # per module
    cell_capacity_ah: float
    power_rated_w: float
    string_digits: int

    @property
    def cells_per_string(self) -> int:
        """Cells in series in one string."""
        return self.modules * self.cells

    @property
    def energy_rated_wh(self) -> float:
        """Nameplate energy at 3.2 V a cell."""
        return self.strings * self.cells_per_string * self.cell_capacity_ah * CELL_NOMINAL_V

    def string_id(self, index: int) -> str:
        """Id of the string at the zero-based index: `cab-a.s1`, `con-1.s01`."""
        return f"{self.id}.s{index + 1:0{self.string_digits}d}"


CELL_NOMINAL_V = 3.2

BANKS = (
    Bank("cab-a", "ups", "room-a", "ups-a", "hvac-a", 2, 10, 16, 8, 80.0, 200_000.0, 1),
    Bank("cab-b", "ups", "room-b", "ups-b", "hvac-b", 2, 10, 16, 8, 80.0, 200_000.0, 1),
    Bank("con-1", "grid", "room-1", "pcs-1", "hvac-1", 10, 20, 16, 4, 280.0, 1_250_000.0, 2),
)


@dataclass(frozen=True)
class Particulars:
    """The strings of a device's nameplate (SunSpec model 1)."""

    maker: str
    model: str
    serial: str
    firmware: str


@dataclass(frozen=True)
class Device:
    """One thing that answers on its own connection."""

    id: str
    group: str  # the signal group that holds its rows
    particulars: Particulars


def _device(id_: str, group: str, model: str, firmware: str) -> Device:
    return Device(id_, group, Particulars("Ironkeep Twin", model, f"TW-{id_.upper()}", firmware))


DEVICES = (
    _device("cab-a", "bank", "UPS-LFP-82", "3.4.1"),
    _device("cab-b", "bank", "UPS-LFP-82", "3.4.1"),
    _device("con-1", "bank", "GRID-LFP-2867", "2.9.0"),
    _device("ups-a", "ups", "DC-UPS-200", "7.1.2"),
    _device("ups-b", "ups", "DC-UPS-200", "7.1.2"),
    _device("pcs-1", "pcs", "PCS-1250", "5.0.3"),
    _device("hvac-a", "hvac", "CRAC-30", "1.8"),
    _device("hvac-b", "hvac", "CRAC-30", "1.8"),
    _device("hvac-1", "hvac", "CHILLER-60", "2.2"),
    _device("gen-1", "gen", "DIESEL-800", "4.6"),
    _device("ats-1", "ats", "ATS-1600", "2.0"),
    _device("meter-1", "meter", "REV-CLASS02", "1.1"),
    _device("meter-c", "meter", "FEED-CLASS05", "1.1"),
    _device("meter-a", "dcmeter", "DC-CLASS05", "1.0"),
    _device("meter-b", "dcmeter", "DC-CLASS05", "1.0"),
    _device("relay-1", "relay", "FEEDER-REL", "6.3"),
    _device("room-a", "room", "ENV-6", "1.4"),
    _device("room-b", "room", "ENV-6", "1.4"),
    _device("room-1", "room", "ENV-6", "1.4"),
    _device("it-1", "it", "PDU-2", "3.0"),
)


class Site:
    """All rows of the site and the maps between levels; frozen after construction, shared by plant and server."""

    def __init__(self, banks: tuple[Bank, ...] = BANKS, devices: tuple[Device, ...] = DEVICES) -> None:
        self.id = SITE_ID
        self.banks = banks
        self.devices = devices

    @cached_property
    def rows(self) -> dict[str, tuple[str, ...]]:
        """Asset ids of each signal group, in row order."""
        strings: list[str] = []
        modules: list[str] = []
        cells: list[str] = []
        for bank in self.banks:
            for s in range(bank.strings):
                strings.append(bank.string_id(s))
                for m in range(bank.modules):
                    modules.append(f"{strings[-1]}.m{m + 1:02d}")
                    cells.extend(f"{modules[-1]}.c{c + 1:02d}" for c in range(bank.cells))
        rows = {"site": (self.id,), "bank": tuple(b.id for b in self.banks)}
        rows |= {"string": tuple(strings), "module": tuple(modules), "cell": tuple(cells)}
        rows["device"] = tuple(d.id for d in self.devices)
        for device in self.devices:
            if device.group != "bank":
                rows[device.group] = (*rows.get(device.group, ()), device.id)
        return rows

    @cached_property
    def row(self) -> dict[tuple[str, str], int]:
        """Row number by (group, asset id)."""
        return {(group, id_): i for group, ids in self.rows.items() for i, id_ in enumerate(ids)}

    @cached_property
    def bank_of_string(self) -> IntArray:
        """Bank row of each string row."""
        return np.repeat(np.arange(len(self.banks)), [b.strings for b in self.banks])

    @cached_property
    def string_of_module(self) -> IntArray:
        """String row of each module row."""
        return np.repeat(np.arange(len(self.rows["string"])), [self.banks[b].modules for b in self.bank_of_string])

    @cached_property
    def module_of_cell(self) -> IntArray:
        """Module row of each cell row."""
        counts = [self.banks[self.bank_of_string[s]].cells for s in self.string_of_module]
        return np.repeat(np.arange(len(counts)), counts)

    @cached_property
    def string_of_cell(self) -> IntArray:
        """String row of each cell row."""
        return self.string_of_module[self.module_of_cell]

    @cached_property
    def bank_of_cell(self) -> IntArray:
        """Bank row of each cell row."""
        return self.bank_of_string[self.string_of_cell]

    @cached_property
    def witness_cell(self) -> IntArray:
        """For each cell row, the cell row whose thermistor it shows; equal to itself where a real thermistor sits."""
        out = []
        for start, count in zip(self._module_starts, np.bincount(self.module_of_cell), strict=True):
            sensors = self.banks[self.bank_of_cell[start]].thermistors
            span = count // sensors
            out.append(start + (np.arange(count) // span) * span)
        return np.concatenate(out)

    @cached_property
    def has_thermistor(self) -> NDArray[np.bool_]:
        """True where the cell's temperature is measured, False where it is copied from `witness_cell`."""
        return np.equal(self.witness_cell, np.arange(self.witness_cell.size))

    @cached_property
    def _module_starts(self) -> IntArray:
        return np.searchsorted(self.module_of_cell, np.arange(self.module_of_cell.max() + 1))

    def cell_slice(self, bank_id: str) -> slice:
        """Rows of a bank's cells; reshape them to (strings, modules, cells)."""
        return self._slice(self.bank_of_cell, bank_id)

    def string_slice(self, bank_id: str) -> slice:
        """Rows of a bank's strings."""
        return self._slice(self.bank_of_string, bank_id)

    def module_slice(self, bank_id: str) -> slice:
        """Rows of a bank's modules; reshape them to (strings, modules)."""
        return self._slice(self.bank_of_string[self.string_of_module], bank_id)

    def _slice(self, bank_of: IntArray, bank_id: str) -> slice:
        bank = self.row["bank", bank_id]
        return slice(int(np.searchsorted(bank_of, bank)), int(np.searchsorted(bank_of, bank + 1)))


SITE = Site()
