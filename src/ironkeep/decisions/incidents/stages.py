"""The thermal stage that alarms show (S23-S25, S27). Absence of an alarm shows nothing: a stage is only raised here.

T1: one sensor, or cooling at fault, or gas detection blind. T2: rate of rise, spread to neighbours, or any off-gas; a
quiet temperature clears nothing. T3: smoke or the fire panel, or gas together with heat.
"""

from collections.abc import Collection

from ironkeep.model.incident import ThermalStage

GAS, SMOKE, HEAT, RISE, SPREAD, COOLING, BLIND, SENSOR = "gas smoke heat rise spread cooling blind sensor".split()
CONTACTOR = "contactor"
ROLES = frozenset({GAS, SMOKE, HEAT, RISE, SPREAD, COOLING, BLIND, SENSOR, CONTACTOR, ""})
HOT_PLACES_MIN = 2  # sensors at heat in different modules from which on it has spread


def stage_of(shown: Collection[tuple[str, str]]) -> tuple[ThermalStage, str]:
    """The stage that pairs of role and asset show, and why in words."""
    roles = {role for role, _ in shown}
    hot = {asset for role, asset in shown if role in (HEAT, SENSOR)}
    if SMOKE in roles:
        return ThermalStage.T3, "smoke or the fire panel"
    if GAS in roles and roles & {HEAT, RISE, SPREAD}:
        return ThermalStage.T3, "gas together with heat"
    if GAS in roles:
        return ThermalStage.T2, "off-gas; a quiet temperature clears nothing"
    if RISE in roles:
        return ThermalStage.T2, "temperature rises fast"
    if SPREAD in roles or len(hot) >= HOT_PLACES_MIN:
        return ThermalStage.T2, "heat spreads to neighbours"
    if roles & {HEAT, SENSOR, COOLING, BLIND}:
        return ThermalStage.T1, "one sensor or the cooling"
    return ThermalStage.NONE, ""
