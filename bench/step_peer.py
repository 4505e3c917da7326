"""The peer of the cell step: one battery stepped in plain Python floats, as simses 2.x publishes it.

`ScalarCell` does the arithmetic of a step of simses 2.1 (its battery and its room) in our own words: three tables and
one plane read by bisection, the power quadratic, the clamps on current, voltage and charge, losses with the entropy
term, the results kept in slots, one temperature step. It leaves out what simses does beside the arithmetic (methods
and properties that scale a cell to a pack), so that it is lighter than simses itself.

Run as a program by an interpreter that has simses, this file times simses itself: a line with a count in, a line with
processor seconds a step out. It needs nothing of the product.
"""

import math
import sys
import time
from bisect import bisect_right

PERIOD = 50.0  # steps a radian of the power's swing


def on_line(x: float, axis: list[float], values: list[float]) -> float:
    """Return the value at `x` on a rising axis, linear between samples. Raises ValueError outside."""
    if x < axis[0] or x > axis[-1]:
        raise ValueError(f"{x} is outside")
    if x == axis[-1]:
        return values[-1]
    i = bisect_right(axis, x) - 1
    low = axis[i]
    return values[i] + (values[i + 1] - values[i]) * (x - low) / (axis[i + 1] - low)


def on_plane(x: float, y: float, across: list[float], up: list[float], values: list[list[float]]) -> float:
    """Return the value at `x` and `y`, linear both ways. Raises ValueError outside."""
    if x < across[0] or x > across[-1] or y < up[0] or y > up[-1]:
        raise ValueError(f"{x}, {y} is outside")
    i = bisect_right(across, x) - 1 if x < across[-1] else len(across) - 2
    j = bisect_right(up, y) - 1 if y < up[-1] else len(up) - 2
    u = (x - across[i]) / (across[i + 1] - across[i])
    v = (y - up[j]) / (up[j + 1] - up[j])
    here, there = values[i], values[i + 1]
    near, far = 1.0 - u, 1.0 - v
    return near * far * here[j] + u * far * there[j] + near * v * here[j + 1] + u * v * there[j + 1]


class ScalarCell:
    """One cell of 80 Ah; power and current positive on charge, as the peer has it."""

    __slots__ = (
        "across charge charge_max_a current_a current_max_a discharge discharge_max_a entropy entropy_v_k heat_w "
        "hysteresis hysteresis_v is_charge loss_w ocv ocv_v ohm power_asked_w power_w soc soc_axis temperature_c up "
        "voltage_v"
    ).split()

    def __init__(self, ocv_v: list[float], hysteresis_v: list[float], entropy_v_k: list[float]) -> None:
        """Tables over a uniform axis of charge; resistance is flat over charge and falls with warmth."""
        count = len(ocv_v) - 1
        self.soc_axis = [k / count for k in range(count + 1)]
        self.ocv, self.hysteresis, self.entropy = ocv_v, hysteresis_v, entropy_v_k
        self.across, self.up = [k / 20.0 for k in range(21)], [0.0, 10.0, 25.0, 40.0, 60.0]
        self.charge = [[4e-4 * k for k in (1.6, 1.3, 1.0, 0.8, 0.7)] for _ in self.across]
        self.discharge = [[5e-4 * k for k in (1.6, 1.3, 1.0, 0.8, 0.7)] for _ in self.across]
        self.soc, self.temperature_c, self.current_max_a = 0.7, 25.0, 240.0

    def step(self, power_w: float, dt_s: float) -> None:
        """Advance by `dt_s` (s) at a power (W), clamped where current, voltage or charge say so."""
        soc, warm = self.soc, self.temperature_c
        charging = power_w > 0.0
        ocv = self.ocv_v = on_line(soc, self.soc_axis, self.ocv)
        width = self.hysteresis_v = on_line(soc, self.soc_axis, self.hysteresis)
        ohm = self.ohm = on_plane(soc, warm, self.across, self.up, self.charge if charging else self.discharge)
        entropy = self.entropy_v_k = on_line(soc, self.soc_axis, self.entropy)
        emf, capacity_ah = ocv + width, 80.0
        current = -(emf - math.sqrt(emf**2 + 4 * ohm * power_w)) / (2 * ohm) if power_w else 0.0
        hours = dt_s / 3600.0
        top = min(self.current_max_a, (3.65 - emf) / ohm, (1.0 - soc) * capacity_ah / hours)
        bottom = max(-self.current_max_a, (2.0 - emf) / ohm, (0.0 - soc) * capacity_ah / hours)
        if current > 0.0:
            current = min(current, top)
        elif current < 0.0:
            current = max(current, bottom)
        self.soc = max(0.0, min(soc + current * dt_s / capacity_ah / 3600.0, 1.0))
        volts = emf + ohm * current
        loss = (volts - ocv) * current
        heat = loss + entropy * (warm + 273.15) * current
        self.voltage_v, self.current_a, self.power_w, self.power_asked_w = volts, current, volts * current, power_w
        self.loss_w, self.heat_w = loss, heat
        self.is_charge = charging if current == 0.0 else current > 0.0
        self.charge_max_a, self.discharge_max_a = top, bottom
        self.temperature_c = warm + (heat / 1600.0 + (25.0 - warm) / (2.5 * 1600.0)) * dt_s

    def seconds(self, count: int) -> float:
        """Processor seconds of one step, over `count` steps of a swinging power."""
        began = time.process_time()
        for k in range(count):
            self.step(200.0 * math.sin(k / PERIOD), 1.0)
        return (time.process_time() - began) / count


def serve() -> None:
    """Time simses itself: one cell and its room, a swing of the same rate."""
    from simses.battery import Battery  # type: ignore[import-not-found]
    from simses.model.cell.sony_lfp import SonyLFP  # type: ignore[import-not-found]
    from simses.thermal.ambient import AmbientThermalModel  # type: ignore[import-not-found]

    cell = Battery(SonyLFP(), (1, 1), {"start_soc": 0.7, "start_T": 25.0})
    room = AmbientThermalModel(25.0, [cell])
    for line in sys.stdin:
        count = int(line)
        began = time.process_time()
        for k in range(count):
            cell.step(7.5 * math.sin(k / PERIOD), 1.0)
            room.step(1.0)
        print((time.process_time() - began) / count, flush=True)


if __name__ == "__main__":
    serve()
