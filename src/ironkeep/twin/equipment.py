"""All that stands on the simulated site, and what of it the wire says; how it moves in time is the plant's.

Rules. Everything random comes from the seed. `truth` is what is, `signals` what the wire says.
"""

from collections import ChainMap
from collections.abc import Mapping

import numpy as np

from ironkeep.twin.battery import Battery
from ironkeep.twin.cards import Cards
from ironkeep.twin.codes import Serving
from ironkeep.twin.layout import SITE, Site
from ironkeep.twin.lies import Lies
from ironkeep.twin.power import Inverter, Ups
from ironkeep.twin.relay import Relay
from ironkeep.twin.rooms import Climate, climates, hall
from ironkeep.twin.sensing import Sensors
from ironkeep.twin.settings import write_settings
from ironkeep.twin.signals import SIGNALS, Array, Block
from ironkeep.twin.supply import Supply

METER_START_WH = ((1_904_331_000.0, 212_400.0), (184_050_000.0, 214_910_000.0))
DC_METER_START_WH = ((861_000.0, 902_000.0), (855_000.0, 897_000.0))


class Equipment:
    """The equipment. `signals` and `truth` map a signal's name to its live array; see `signals.py` for the contract."""

    def __init__(self, seed: int, site: Site = SITE, run: int = 0) -> None:
        """A site in its quiet state. The same seed, run and calls give the same values. Another `run` is the same
        equipment with other noise: a site that was started again never says the same twice.
        """
        root = np.random.Generator(np.random.PCG64(seed))  # noqa: TID251 - the twin builds it from its seed
        spread, power, sense, cards = root.spawn(4)
        noise = np.random.Generator(np.random.PCG64([seed, run])) if run else sense  # noqa: TID251 - as above
        self.site, self.draws = site, power
        self.elapsed_s = 0.0
        self.batteries = [Battery(bank, spread) for bank in site.banks]
        self.upses = [Ups(b) for b in self.batteries if b.bank.purpose == "ups"]
        self.inverter = Inverter(next(b for b in self.batteries if b.bank.purpose == "grid"))
        self.supply, self.relay = Supply(power), Relay()
        self.climates, self.hall = climates(), hall()
        self.cards = Cards(len(site.devices), cards)
        self.sensors, self.lies = Sensors(site, sense, noise), Lies(site)
        self.ask_override_w: float | None = None
        self.load_noise = 0.0
        self.busbar_w = self.import_w = 0.0
        self.meter_wh, self.dc_wh = np.array(METER_START_WH), np.array(DC_METER_START_WH)
        self._blocks = Block(site), Block(site), Block(site)  # truth, measured, served
        self._truth, self._signals = self._blocks[0].arrays, self._blocks[2].arrays
        write_settings(self._truth, site)
        self._rules = {group: _settings_of(group) for group in ("ups", "pcs", "ats", "relay")}

    @property
    def signals(self) -> Mapping[str, Array]:
        """What the wire says now: live arrays, updated in place by `step`."""
        return self._signals

    @property
    def truth(self) -> Mapping[str, Array]:
        """What is: the same names without noise, rounding or lies (a cell's own temperature, the true charge)."""
        return self._truth

    @property
    def served(self) -> Mapping[str, Serving]:
        """What each device's network side does now."""
        return self.lies.serving

    @property
    def carded(self) -> Mapping[str, Array]:
        """What the network cards of the UPSes say now: the signals, but for lies that are told on one path alone."""
        return ChainMap(self.lies.carded, self._signals)

    @property
    def words(self) -> Mapping[str, str]:
        """Status words that the card of a UPS adds, by UPS."""
        return self.lies.words

    def rules(self, group: str, row: int = 0) -> dict[str, float]:
        """Settings of a device as they stand now, by the last part of their name."""
        return {short: float(self._truth[name].flat[row]) for short, name in self._rules[group].items()}

    def room_of(self, battery: Battery) -> Climate:
        """The room in which a battery stands."""
        return self.climates[battery.bank.room]


def _settings_of(group: str) -> dict[str, str]:
    """Scalar settings of a group: last part of the name to the whole name."""
    prefix = f"{group}."
    scalars = [s for s in SIGNALS.values() if s.group == group and s.kind == "setting" and not s.columns]
    return {s.name.removeprefix(prefix): s.name for s in scalars}
