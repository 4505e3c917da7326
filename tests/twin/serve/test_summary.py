"""What a management system works out from its cells."""

import numpy as np

from ironkeep.twin.layout import SITE
from ironkeep.twin.serve.summary import Summary
from ironkeep.twin.signals import Block as Signals


def worked_out(**cells: tuple[str, float]) -> dict[str, np.ndarray]:
    signals = Signals().arrays
    signals["cell.voltage_v"][:] = 3.3
    signals["cell.temperature_c"][:] = 25.0
    for name, (cell, value) in cells.items():
        signals[{"volts": "cell.voltage_v", "heat": "cell.temperature_c"}[name]][SITE.row["cell", cell]] = value
    summary = Summary(SITE)
    summary.update(signals)
    return summary.values


def test_the_highest_cell_is_found_with_its_module_and_string_counted_from_one() -> None:
    values = worked_out(volts=("con-1.s03.m07.c11", 3.5))
    module, string, bank = (
        SITE.row["module", "con-1.s03.m07"],
        SITE.row["string", "con-1.s03"],
        SITE.row["bank", "con-1"],
    )
    assert values["module.cell_voltage_max_v"][module] == 3.5
    assert values["module.cell_voltage_max_cell"][module] == 11
    assert values["string.cell_voltage_max_module"][string] == 7
    assert (values["bank.cell_voltage_max_string"][bank], values["bank.cell_voltage_max_module"][bank]) == (3, 7)
    assert values["bank.cell_voltage_max_v"][SITE.row["bank", "cab-a"]] == 3.3


def test_the_mean_of_a_module_is_the_mean_of_its_cells() -> None:
    values = worked_out(heat=("cab-b.s2.m10.c16", 41.0))
    assert np.isclose(values["module.cell_temperature_mean_c"][SITE.row["module", "cab-b.s2.m10"]], 26.0)


def test_a_dead_sensor_is_neither_highest_nor_lowest_nor_part_of_the_mean() -> None:
    values = worked_out(heat=("cab-a.s1.m01.c01", np.nan))
    row = SITE.row["module", "cab-a.s1.m01"]
    for name in ("max", "min", "mean"):
        assert values[f"module.cell_temperature_{name}_c"][row] == 25.0


def test_a_module_whose_sensors_are_all_dead_has_no_extreme() -> None:
    signals = Signals().arrays
    signals["cell.temperature_c"][:16] = np.nan
    summary = Summary(SITE)
    summary.update(signals)
    assert np.isnan(summary.values["module.cell_temperature_max_c"][0])
    assert np.isnan(summary.values["module.cell_temperature_mean_c"][0])
    assert summary.values["string.cell_temperature_max_c"][0] == 0.0
