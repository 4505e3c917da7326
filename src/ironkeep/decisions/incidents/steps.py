"""The next step of a case, in words for people, from the safety rules. Never an order: Ironkeep sends none.

No text here says or hints that anything may be entered, touched or worked on (S11). None asks to switch ventilation,
suppression or detection (S28). Each names the rules that it follows.
"""

from typing import Final

from ironkeep.model.alarm import IncidentClass
from ironkeep.model.incident import ThermalStage

THERMAL: Final = {
    ThermalStage.NONE: "Keep people out and verify remotely, by a second instrument.",
    ThermalStage.T1: (
        "T1: keep people out. A person stops charging at the bank's own controls (2a). Verify remotely, by a second "
        "instrument (S23)."
    ),
    ThermalStage.T2: (
        "T2: clear the room, no entry, alert the fire service: people call. Leave air handling, suppression and "
        "detection as they are (S24, S28)."
    ),
    ThermalStage.T3: (
        "T3: evacuate and call the fire service. Doors stay shut. No switching inside the enclosure: separate upstream "
        "only (S25, S29)."
    ),
}
STEPS: Final = {
    IncidentClass.CHARGING: (
        "A person halts charging at the local controls (2a). Compare with an independent meter. Find and freeze the "
        "source of set-points."
    ),
    IncidentClass.DISCHARGE: (
        "Confirm the alternate source. No blind retry. Work out anew how long what remains will carry the load."
    ),
    IncidentClass.COMMUNICATIONS: (
        "Assume loss of view. Send a person to read the local panel by eye. Lost communications never causes an "
        "electrical order (S03)."
    ),
    IncidentClass.FIRMWARE: (
        "Freeze updates. No reboot and no reflash before image and settings are kept, unless a person names why (S33). "
        "Compare with the passport."
    ),
    IncidentClass.TAMPERING: "Keep people back. Photograph. Preserve the scene and the recordings of the cameras.",
    IncidentClass.GRID: (
        "Hold the last agreed set-point. Verify the dispatch by voice. A conflicting directive goes to a person at "
        "once (S08)."
    ),
}
GAS_UNKNOWN: Final = " Gas is not known there: treat it as present (S29)."
CONTACTOR: Final = " The contactor's own report is no isolation: take the string as live (S17, S20)."
SAME_CAUSE: Final = (
    "Same cause on several banks ({banks}): hold, order nothing, call a person. A bad feed or a bad update looks just "
    "like this (S05). "
)


def next_step(
    case: IncidentClass,
    stage: ThermalStage,
    banks: tuple[str, ...] = (),
    *,
    blind: bool = False,
    contactor: bool = False,
) -> str:
    """The step for a class and stage. `banks` are those that share the cause (fewer than two: none do); `blind` says
    that gas detection is out, `contactor` that a contactor's state is in doubt.
    """
    text = THERMAL[stage] if case is IncidentClass.THERMAL else STEPS[case]
    text += GAS_UNKNOWN if blind and stage is not ThermalStage.T3 else ""
    text += CONTACTOR if contactor else ""
    shared = SAME_CAUSE.format(banks=", ".join(banks)) if len(banks) > 1 else ""
    return shared + text
