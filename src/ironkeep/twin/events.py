"""What each verb of a scenario does to the plant.

Rules. One function a verb, named like it. Faults change the plant; lies change only what is served. Every change made
here is undone by `Plant.clear`.
"""

from collections.abc import Callable

import numpy as np

from ironkeep.physics.generator import start_with_misses
from ironkeep.twin.battery import Battery
from ironkeep.twin.codes import HvacState, Serving
from ironkeep.twin.equipment import Equipment
from ironkeep.twin.lies import Forgery
from ironkeep.twin.scenarios import Args, rows_of

HVAC_WORDS = {"running": None, "fault": HvacState.FAULT, "maintenance": HvacState.MAINTENANCE}
IMBALANCE_EVERY = 5  # every fifth cell stands higher


def _utility(plant: Equipment, args: Args) -> None:
    plant.supply.utility.level = float(args["level"])


def _generator_start(plant: Equipment, args: Args) -> None:
    generator = plant.supply.generator
    generator.scripted = start_with_misses(generator.rules, int(args["misses"]), float(args["fire_s"]))


def _generator_hunting(plant: Equipment, args: Args) -> None:
    plant.supply.generator.hunting_hz = float(args["swing_hz"])
    plant.supply.generator.hunting_period_s = float(args["period_s"])


def _generator_test(plant: Equipment, args: Args) -> None:
    plant.supply.generator.testing = args["on"]


def _hvac(plant: Equipment, args: Args) -> None:
    row = plant.site.row["hvac", args["asset"]]
    list(plant.climates.values())[row].forced = HVAC_WORDS[args["state"]]


def _aux(plant: Equipment, args: Args) -> None:
    plant.climates[args["asset"]].aux_on = args["on"]


def _gas(plant: Equipment, args: Args) -> None:
    climate = plant.climates[args["asset"]]
    climate.hydrogen_ppm_s = float(args.get("hydrogen_ppm_s", climate.hydrogen_ppm_s))
    climate.offgas_ppm_s = float(args.get("offgas_ppm_s", climate.offgas_ppm_s))


def _leak(plant: Equipment, args: Args) -> None:
    plant.climates[args["asset"]].leak = args["on"]


def _battery(plant: Equipment, asset: str) -> Battery:
    return plant.batteries[plant.site.row["bank", asset.partition(".")[0]]]


def _string_of(plant: Equipment, asset: str) -> tuple[Battery, int]:
    battery = _battery(plant, asset)
    first = plant.site.string_slice(battery.bank.id).start
    return battery, plant.site.row["string", asset] - first


def _heat(plant: Equipment, args: Args) -> None:
    battery = _battery(plant, args["asset"])
    row = plant.site.row["cell", args["asset"]] - plant.site.cell_slice(battery.bank.id).start
    battery.heat_w[row] = float(args["power_w"])


def _insulation(plant: Equipment, args: Args) -> None:
    _battery(plant, args["asset"]).insulation_ohm = float(args["value_ohm"])


def _contactor(plant: Equipment, args: Args) -> None:
    battery, string = _string_of(plant, args["asset"])
    battery.dropped[string] = args["fault"] == "drops"
    battery.welded[string] = args["fault"] == "welds"


def _string(plant: Equipment, args: Args) -> None:
    battery, string = _string_of(plant, args["asset"])
    if args["command"] == "open":
        battery.command[string] = False
    else:
        battery.refusals[string] = battery.close(string, args.get("checked", True))


def _charge(plant: Equipment, args: Args) -> None:
    battery, string = _string_of(plant, args["asset"])
    battery.set_string_charge(string, float(args["charge_pct"]) / 100.0)


def _imbalance(plant: Equipment, args: Args) -> None:
    cells = _battery(plant, args["asset"]).cells
    cells.charge[::IMBALANCE_EVERY] = np.minimum(
        1.0, cells.charge[::IMBALANCE_EVERY] + float(args["extra_pct"]) / 100.0
    )


def _recalibrate(plant: Equipment, args: Args) -> None:
    _battery(plant, args["asset"]).anchor()


def _testing(plant: Equipment, args: Args) -> None:
    _battery(plant, args["asset"]).testing = args["on"]


def _pcs(plant: Equipment, args: Args) -> None:
    plant.ask_override_w = float(args["power_w"])


def _pcs_schedule(plant: Equipment, args: Args) -> None:
    assert not args
    plant.ask_override_w = None


def _setting(plant: Equipment, args: Args) -> None:
    array = plant.truth[args["signal"]]
    array[rows_of(args["signal"].partition(".")[0], args["asset"], plant.site)] = float(args["value"])


def _stuck(plant: Equipment, args: Args) -> None:
    rows = np.array(rows_of(args["signal"].partition(".")[0], args["asset"], plant.site))
    plant.lies.stick(args["signal"], rows, plant.signals[args["signal"]], plant.elapsed_s)


def _forge(plant: Equipment, args: Args) -> None:
    rows = np.array(rows_of(args["signal"].partition(".")[0], args["asset"], plant.site))
    numbers = {key: float(args[key]) for key in ("value", "gain", "offset", "ramp_s", "limit") if key in args}
    path = args.get("path", "")
    plant.lies.forgeries.append(Forgery(args["signal"], rows, plant.elapsed_s, path=path, **numbers))


def _card_says(plant: Equipment, args: Args) -> None:
    plant.lies.words[args["asset"]] = args["words"]


def _chatter(plant: Equipment, args: Args) -> None:
    rows = np.array(rows_of(args["signal"].partition(".")[0], args["asset"], plant.site))
    lie = Forgery(args["signal"], rows, plant.elapsed_s, chatter_s=float(args["period_s"]))
    plant.lies.forgeries.append(lie)


def _record(plant: Equipment, args: Args) -> None:
    plant.lies.record(args["asset"], args.get("fresh", False))


def _replay(plant: Equipment, args: Args) -> None:
    plant.lies.replay(args["asset"])


def _serve(serving: Serving) -> Callable[[Equipment, Args], None]:
    def verb(plant: Equipment, args: Args) -> None:
        plant.lies.serving[args["asset"]] = serving

    return verb


def _clock(plant: Equipment, args: Args) -> None:
    plant.cards.clock_s[plant.site.row["device", args["asset"]]] += float(args["step_s"])


def _reboot(plant: Equipment, args: Args) -> None:
    plant.cards.reboot(plant.site.row["device", args["asset"]], float(args["dark_s"]))
    plant.lies.serving[args["asset"]] = Serving.DROP


EVENTS: dict[str, Callable[[Equipment, Args], None]] = {
    "utility": _utility,
    "generator-start": _generator_start,
    "generator-hunting": _generator_hunting,
    "generator-test": _generator_test,
    "hvac": _hvac,
    "aux": _aux,
    "heat": _heat,
    "gas": _gas,
    "leak": _leak,
    "insulation": _insulation,
    "contactor": _contactor,
    "string": _string,
    "charge": _charge,
    "imbalance": _imbalance,
    "recalibrate": _recalibrate,
    "testing": _testing,
    "pcs": _pcs,
    "pcs-schedule": _pcs_schedule,
    "setting": _setting,
    "stuck": _stuck,
    "forge": _forge,
    "card-says": _card_says,
    "chatter": _chatter,
    "record": _record,
    "replay": _replay,
    "freeze": _serve(Serving.FREEZE),
    "drop": _serve(Serving.DROP),
    "answer": _serve(Serving.ANSWER),
    "clock": _clock,
    "reboot": _reboot,
}
