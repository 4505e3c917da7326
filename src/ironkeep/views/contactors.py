"""What may be said of a string's contactor, by safety S20.

Open means: mirror contact open *and* voltage across the pole *and* no current. Anything else is unknown: zero current
alone hides a welded contactor, equal voltage on both sides proves nothing. Closed means: mirror contact closed, or
current flows. Read-back is not isolation (S17): it supports "stopped" and nothing above.
"""

from dataclasses import dataclass
from enum import StrEnum

from ironkeep.model.ids import AssetId
from ironkeep.model.quality import DISQUALIFYING
from ironkeep.views.scene import DOUBTFUL, Scene, Value

NO_CURRENT_A = 0.5  # below this a string's sensor cannot tell current from none
POLE_VOLTAGE_MIN_V = 2.0  # an open pole shows at least this


class ContactorState(StrEnum):
    """The three things that may be said."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Contactor:
    """State, the evidence in words, and the three readings it rests on."""

    state: ContactorState
    because: tuple[str, ...]
    aux: Value
    pole: Value
    current: Value
    command: Value


def contactor(scene: Scene, string: AssetId, now_us: int) -> Contactor:
    """The contactor of a string as S20 lets it be told."""
    aux = scene.value(string, "contactor_aux", now_us)
    pole = scene.value(string, "pole_voltage_v", now_us)
    current = scene.value(string, "current_a", now_us)
    command = scene.value(string, "contactor_command", now_us)
    state, because = judge(_number(aux), _number(pole), _number(current))
    if command.number is not None and state is not ContactorState.UNKNOWN:
        wanted = ContactorState.CLOSED if command.number else ContactorState.OPEN
        if wanted is not state:
            because = (*because, f"the BMS wants it {wanted}")
    return Contactor(state, because, aux, pole, current, command)


def judge(aux: float | None, pole_v: float | None, current_a: float | None) -> tuple[ContactorState, tuple[str, ...]]:
    """State and reasons from mirror contact (1 closed), voltage across the pole and current; None where not known.

    Source: safety S20.
    """
    flows = current_a is not None and abs(current_a) >= NO_CURRENT_A
    across = pole_v is not None and abs(pole_v) >= POLE_VOLTAGE_MIN_V
    said = []
    if aux is None:
        said.append("mirror contact not known")
    else:
        said.append("mirror contact closed" if aux else "mirror contact open")
    said.append("current not known" if current_a is None else "current flows" if flows else "no current")
    if pole_v is None:
        said.append("voltage across the pole not known")
    else:
        said.append("voltage across the pole" if across else "no voltage across the pole")
    if aux == 0 and across and current_a is not None and not flows:
        return ContactorState.OPEN, tuple(said)
    if aux and not across:
        return ContactorState.CLOSED, tuple(said)
    if flows and not across and aux is None:
        return ContactorState.CLOSED, tuple(said)
    return ContactorState.UNKNOWN, tuple(said)


def _number(value: Value) -> float | None:
    return None if value.quality & int(DISQUALIFYING | DOUBTFUL) else value.number
