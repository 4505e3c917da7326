"""The safety rules that stand above everything else, and for each the tests that try to break it.

A test says which rules it tries to break: `@pytest.mark.safety("S42")`. A rule that nothing of the product could break
yet says why; whoever builds the part that could takes those words away and brings a test. `make reference` makes a page
of it.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from tools.house.tree import Module

MARK: Final = "pytest.mark.safety"


class Rule(NamedTuple):
    """One safety rule in a few words, and why nothing here could break it yet; empty where something could."""

    says: str
    idle: str = ""


RULES: Final[Mapping[str, Rule]] = {
    "S01": Rule("Stop charging and inhibit discharge are two orders"),
    "S02": Rule("Discharge of a bank that backs load is never inhibited automatically; unknown purpose counts as load"),
    "S03": Rule("Lost communication orders nothing electrical: it calls a person"),
    "S04": Rule("Automatic orders never take more than one string out of a bus"),
    "S05": Rule("The same cause on several banks: hold, order nothing, call a person"),
    "S06": Rule("Life safety before protection, load, grid, and the rest"),
    "S07": Rule("An emergency has a declarer and an end", "Nobody can declare an emergency here yet"),
    "S08": Rule("Directives that conflict go to a person", "No directive is taken in yet"),
    "S09": Rule("An emergency stop is a human act"),
    "S10": Rule("A case opens at once, under the shift lead until someone takes command"),
    "S11": Rule("Nothing says or hints that it is safe to do something"),
    "S12": Rule("A stale value is never shown as live; past its limit it is not known"),
    "S13": Rule(
        "The page for first responders, printed at the gate first", "The page is not built; cards carry parts of it"
    ),
    "S14": Rule("Stand-off comes from the site's own plan, else it is not set"),
    "S15": Rule("A standards row that nobody verified says so", "No standards row is exported yet"),
    "S16": Rule("Stopped, separated, locked and proven dead are four states, none inferred from another"),
    "S17": Rule("The read-back of a contactor is no isolation"),
    "S18": Rule("A permit needs every rack proven dead", "There are no permits here yet"),
    "S19": Rule("Modules stay live inside whatever is opened around them, and the card says so"),
    "S20": Rule("Open is the mirror contact, the voltage across the pole and no current, all three"),
    "S21": Rule("Speed counts for stopping alone, on the twin", "No drill is timed yet"),
    "S22": Rule("A skipped check fails a drill", "There are no drills here yet"),
    "S23": Rule("Stage 1: stop charge, keep out, look remotely"),
    "S24": Rule("Stage 2: clear the room, no entry, alert the fire service"),
    "S25": Rule("Stage 3: evacuate and call"),
    "S26": Rule("Missing data never lowers a stage; a named person does, on fresh readings"),
    "S27": Rule("Gas without heat is an emergency; a quiet temperature clears nothing"),
    "S28": Rule("Nothing here switches ventilation, suppression or detection"),
    "S29": Rule("Gas, or gas unknown with heat: no switching inside that enclosure"),
    "S30": Rule("An impairment has an owner, a fire watch and an end", "Impairments are not kept here yet"),
    "S31": Rule("A seal holds a step for 30 s at most", "No step waits for a seal yet"),
    "S32": Rule("What saves life or load never waits for evidence", "No step waits for evidence yet"),
    "S33": Rule("Wiping a suspect device takes a name, never a timer", "No device is wiped or rebooted from here"),
    "S34": Rule("Capturing evidence never raises the polling rate", "No evidence is captured on demand yet"),
    "S35": Rule("An overdue or undated instrument caps the trust of what it witnesses"),
    "S36": Rule("No opening above the current that the contactor can break"),
    "S37": Rule("No opening that overloads the strings that remain"),
    "S38": Rule("No closing beyond the voltage difference of the maker"),
    "S39": Rule("On bypass the screen says NO RIDE-THROUGH"),
    "S40": Rule("The sign of a current is unproven until tested against a meter"),
    "S41": Rule("The sounder is no fire alarm"),
    "S42": Rule("Life-safety alarms are never folded and never acknowledged in bulk"),
    "S43": Rule("Every alarm names its primary voice"),
    "S44": Rule("What asks nothing of an operator is a finding, not an alarm"),
    "S45": Rule("Few alarms are urgent"),
    "S46": Rule("A budget for false alarms"),
    "S47": Rule("Recalibration, balancing, tests, clock steps, reboots and maintenance stay quiet"),
    "S48": Rule("One connection, one request in flight, once a second, unless declared"),
    "S49": Rule("Nobody is ever thrown off a device by us"),
    "S50": Rule("Listening without a connection is always possible"),
    "S51": Rule("No heartbeat is ever written"),
    "S52": Rule("Before the command guard exists, orders go to the twin alone"),
    "S53": Rule("Active tests run on the twin alone"),
    "S54": Rule("LFP vents less gas than NMC, richer in hydrogen"),
    "S55": Rule("What can be written is not therefore a setting"),
    "S56": Rule("Only settings enter a passport"),
    "S57": Rule("Limits that move by themselves are no changed limits"),
    "S58": Rule("Models 80x carry no trip limits, and the passport says so"),
    "S59": Rule("Without a heartbeat the detector is reported unavailable"),
    "S60": Rule("Copied cell temperatures are one witness"),
}


def tried(tests: Iterable[Module]) -> dict[str, list[str]]:
    """The tests that try to break each rule, as `file::test`, by rule."""
    found: dict[str, list[str]] = {}
    for each in tests:
        for rule, name in _marks(each):
            found.setdefault(rule, []).append(f"{each.path}::{name}")
    return found


def _marks(module: Module) -> Iterator[tuple[str, str]]:
    if MARK not in module.source:
        return
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == MARK:
                    yield from ((str(ast.literal_eval(rule)), node.name) for rule in mark.args)


def breaches(tests: Iterable[Module]) -> list[str]:
    """Return each rule that no test tries to break and that says not why, and each mark of a rule that there is not."""
    found = tried(tests)
    lacking = [
        f"safety rule {rule}: no test tries to break it, and it does not say why nothing could"
        for rule, each in RULES.items()
        if not each.idle and rule not in found
    ]
    idle = [
        f"safety rule {rule}: {found[rule][0]} tries to break it, so that it is idle no longer"
        for rule, each in RULES.items()
        if each.idle and rule in found
    ]
    unknown = [
        f"{where}: there is no safety rule {rule}" for rule in found if rule not in RULES for where in found[rule]
    ]
    return lacking + idle + unknown


def page(tests: Iterable[Module]) -> str:
    """The table of rules and tests, in Markdown."""
    found = tried(tests)
    rows = ["| Rule | In short | Tests that try to break it |\n", "|---|---|---|\n"]
    for rule, each in RULES.items():
        shown = "<br>".join(f"`{_short(where)}`" for where in sorted(found.get(rule, ())))
        rows.append(f"| {rule} | {each.says} | {shown or f'*{each.idle}*'} |\n")
    return "".join(rows)


def _short(where: str) -> str:
    file, _, test = where.partition("::")
    return f"{file.removeprefix('tests/').removesuffix('.py')}: {test.removeprefix('test_').replace('_', ' ')}"
