"""Whose turn it is, on virtual time: units that cost what they are said to cost."""

from dataclasses import dataclass

from ironkeep.adapters.equipment.modbus.turns import Turns

PERIOD_US = 1_000_000
READS = 5  # of one poll


@dataclass(eq=False)
class Unit:
    """A unit that always answers, each read after `cost_us`."""

    cost_us: int
    period_us: int = PERIOD_US
    due_us: int = 0
    spent_us: int = 0
    asked_us: int = 0
    left: int = 0
    polls: int = 0
    slow: bool = False

    @property
    def suspect(self) -> bool:
        return self.slow

    @property
    def slow_alone(self) -> bool:
        return self.slow

    @property
    def midway(self) -> bool:
        return self.left > 0

    def ready(self, now_us: int) -> bool:
        return self.left > 0 or now_us >= self.due_us

    def wake_us(self, now_us: int) -> int:
        return now_us if self.left else max(self.due_us, now_us)

    def read(self, now_us: int) -> None:
        if not self.left:
            self.left, self.spent_us, self.due_us = READS, 0, max(self.due_us + PERIOD_US, now_us + PERIOD_US // 2)
        self.left -= 1

    def answered(self) -> None:
        if not self.left:
            self.polls += 1
            self.slow = self.spent_us > PERIOD_US // 2


def lived(units: list[Unit], seconds: int) -> list[int]:
    """How often each was polled when one request after the other is asked."""
    turns, now_us = Turns(units), 0  # type: ignore[arg-type]
    while now_us < seconds * PERIOD_US:
        unit = turns.next(now_us)
        if unit is None:
            now_us = max(turns.wake_us(now_us, now_us + PERIOD_US), now_us + 1)
            continue
        unit.read(now_us)
        now_us += unit.cost_us
        turns.spend(unit, unit.cost_us, now_us)
        unit.answered()
    return [unit.polls for unit in units]


def test_a_unit_that_is_slow_and_answers_is_polled_on_a_connection_that_is_never_idle() -> None:
    well = [Unit(80_000), Unit(80_000), Unit(80_000)]  # 0.4 s a poll each: more than the connection has
    slow = [Unit(120_000), Unit(150_000)]
    polled = lived([*well, *slow], 60)
    assert min(polled) >= 10, polled  # where they had to wait for idleness: 1
    assert max(polled[:3]) - min(polled[:3]) <= 1, "the well ones go on alike"


def test_one_slow_unit_costs_the_well_ones_nothing_where_there_is_room() -> None:
    polled = lived([Unit(20_000), Unit(20_000), Unit(150_000)], 60)
    assert min(polled[:2]) >= 58, polled
    assert polled[2] >= 20, polled
