"""Writes docs/reference/{facts,ports,settings,commands,who-may-do-what,setting-meanings,safety-rules}.md and the manual
page ironkeep.1 from the source, so that they cannot be out of date.

What people read there is what the author wrote where the thing stands: docstrings, field comments, help texts. A thing
without words is a breach: `undocumented` names it. `make reference` writes the pages; a test writes them again.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import typer.main

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from ironkeep.model.access import ROLES, Act, Role, Table  # noqa: E402
from ironkeep.model.setting import Meaning, Promise  # noqa: E402
from ironkeep.packs.access.read import shipped  # noqa: E402
from ironkeep.packs.settings.read import shipped as lexicon  # noqa: E402
from tools.house import safety, toothless  # noqa: E402
from tools.house.tree import PRODUCT, Module, modules  # noqa: E402

PAGES = ROOT / "docs/reference"
SETTINGS = ("model.site", "programs.settings")
GIVEN = ("help", "install_completion", "show_completion")  # options that typer adds to every command line
BAR = "\\|"  # a bar in a table's cell
MADE = "<!-- Written by `make reference` from the source. Change the words there. -->"

RULES = (
    "What the software never does or says, above every other word here. Each rule has tests that try to break it, or "
    "says why nothing could break it yet. A test names its rules by `@pytest.mark.safety`; a rule without either fails "
    "`make check` (`tools/house/safety.py`)."
)


class Field(NamedTuple):
    """One field of a struct, as its source says it."""

    name: str
    type: str
    default: str
    comment: str


class Thing(NamedTuple):
    """One class of the source that people need to know: a fact, a port or a group of settings."""

    name: str
    where: str
    says: str
    fields: tuple[Field, ...]
    methods: tuple[tuple[str, str], ...]


def things(module: Module) -> Iterator[Thing]:
    """Yield the public classes of a module that have fields or methods."""
    lines = module.source.splitlines()
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            fields = tuple(_fields(node, lines))
            methods = tuple(_methods(node))
            yield Thing(node.name, module.path, ast.get_docstring(node) or "", fields, methods)


def _fields(node: ast.ClassDef, lines: list[str]) -> Iterator[Field]:
    for item in node.body:
        if (
            isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and "ClassVar" not in ast.unparse(item.annotation)
        ):
            tail = lines[(item.end_lineno or item.lineno) - 1][item.end_col_offset :].partition("#")[2].strip()
            default = ast.unparse(item.value) if item.value else "must be given"
            yield Field(item.target.id, ast.unparse(item.annotation), default, tail)


def _methods(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for item in node.body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith("_"):
            later = "async " if isinstance(item, ast.AsyncFunctionDef) else ""
            arguments = ast.unparse(item.args).removeprefix("self, ").removeprefix("self")
            returns = f" -> {ast.unparse(item.returns)}" if item.returns else ""
            yield f"{later}{item.name}({arguments}){returns}", ast.get_docstring(item) or ""


def facts(every: Iterable[Module]) -> list[Thing]:
    """Return the kinds of facts: the classes of `facts` that are a `Body`."""
    found = []
    for each in every:
        if each.floor == "facts":
            bodies = {
                node.name
                for node in each.tree.body
                if isinstance(node, ast.ClassDef)
                and any(ast.unparse(base).split(".")[-1] == "Body" for base in node.bases)
            }
            found += [thing for thing in things(each) if thing.name in bodies]
    return found


def ports(every: Iterable[Module]) -> list[Thing]:
    """Return the ports: the classes of `ports` that are a `Protocol`."""
    found = []
    for each in every:
        if each.floor == "ports":
            protocols = {
                node.name
                for node in each.tree.body
                if isinstance(node, ast.ClassDef)
                and any(ast.unparse(base).startswith("Protocol") for base in node.bases)
            }
            found += [thing for thing in things(each) if thing.name in protocols]
    return found


def settings(every: Iterable[Module]) -> list[Thing]:
    """Return what an owner can set: the site's declaration, each adapter's config, each decision room's policy."""
    found = []
    for each in every:
        last = each.name.rsplit(".", 1)[-1]
        if (
            each.name.removeprefix(PRODUCT + ".") in SETTINGS
            or (each.floor == "adapters" and last == "config")
            or (each.floor == "decisions" and last == "policy")
        ):
            found += [thing for thing in things(each) if thing.fields]
    return found


def commands(command: Any, path: tuple[str, ...] = (PRODUCT,)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command below a click command with its path, groups included, hidden ones left out."""
    yield path, command
    for name, below in sorted(getattr(command, "commands", {}).items()):
        if not below.hidden:
            yield from commands(below, (*path, name))


def undocumented(every: Sequence[Module], command: Any | None = None) -> list[str]:
    """Return each fact, port, method of a port, group of settings, command and option that has no words."""
    found = [
        f"{each.where}: {each.name} has no docstring"
        for each in (*facts(every), *ports(every), *settings(every))
        if not each.says
    ]
    found += [
        f"{each.where}: {each.name}.{signature.split('(')[0]} has no docstring"
        for each in ports(every)
        for signature, says in each.methods
        if not says
    ]
    for path, each in commands(command) if command else ():
        if not each.help:
            found.append(f"{' '.join(path)} has no help")
        found += [
            f"{' '.join(path)} {option.opts[0]} has no help"
            for option in each.params
            if option.param_type_name == "option" and not option.help and not option.hidden
        ]
    return found


def unused_facts(every: Sequence[Module]) -> list[str]:
    """Return each kind of fact that nothing outside its own module names: it never happens and nothing reads it."""
    names = {each.name: each.where for each in facts(every)}
    used = set()
    for each in every:
        if each.floor != "facts":
            for node in each.nodes:
                word = getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "value", None)
                if isinstance(word, str) and word in names:
                    used.add(word)
                if isinstance(node, ast.ImportFrom):
                    used |= {alias.name for alias in node.names} & names.keys()
    return [
        f"{where}: {name} never happens and nothing reads it; use it or delete it"
        for name, where in names.items()
        if name not in used
    ]


def unused_settings(every: Sequence[Module]) -> list[str]:
    """Return each setting whose name nothing outside the file that declares it reads."""
    found = []
    read: frozenset[str] = frozenset().union(*(each.attributes for each in every))
    for thing in settings(every):
        own = next(each for each in every if each.path == thing.where)
        if _reads_itself(own, thing.name):
            continue
        found += [
            f"{thing.where}: nothing reads {thing.name}.{field.name}; use it or delete it"
            for field in thing.fields
            if field.name not in read
        ]
    return found


def _reads_itself(module: Module, name: str) -> bool:
    """Whether a class goes through its own fields by name, so that none of them is idle."""
    classes = (node for node in module.nodes if isinstance(node, ast.ClassDef) and node.name == name)
    inside = (node for found in classes for node in ast.walk(found) if isinstance(node, ast.Attribute))
    return any(node.attr == "__struct_fields__" for node in inside)


# ---------------------------------------------------------------------------------------------------------------- pages


def _table(fields: tuple[Field, ...], with_default: bool) -> str:
    if not fields:
        return ""
    with_words = any(each.comment for each in fields)
    rows = [["Field", "Type", "Default", "Means"], ["---"] * 4]
    rows += [[f"`{each.name}`", f"`{each.type}`", f"`{each.default}`", each.comment] for each in fields]
    keep = [True, True, with_default, with_words]
    return "".join(
        f"| {' | '.join(cell.replace('|', BAR) for cell, kept in zip(row, keep, strict=True) if kept)} |\n"
        for row in rows
    )


def _page(title: str, lead: str, groups: Iterable[tuple[str, str, Iterable[Thing]]], with_default: bool) -> str:
    parts = [f"# {title}", MADE, lead]
    for head, says, members in groups:
        parts += [f"## {head}", says]
        for each in members:
            methods = "".join(f"- `{signature}`: {' '.join(words.split())}\n" for signature, words in each.methods)
            parts += [f"### {each.name}", each.says, _table(each.fields, with_default), methods]
    return _joined(parts)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _grouped(found: list[Thing], every: Sequence[Module]) -> Iterator[tuple[str, str, list[Thing]]]:
    by_path = {each.path: each for each in every}
    for path in dict.fromkeys(thing.where for thing in found):
        module = by_path[path]
        name = module.name.removeprefix(PRODUCT + ".").partition(".")[2] or module.name
        yield (
            name.replace(".", " / "),
            ast.get_docstring(module.tree) or "",
            [each for each in found if each.where == path],
        )


def pages(every: Sequence[Module], command: Any | None) -> dict[str, str]:
    """Return the text of each page by its file name."""
    happens = "What can happen, one section a subject. A fact is written once and never changed."
    needs = "What Ironkeep needs from outside. Each adapter implements one of these."
    sets = "What an owner can set, file by file of the source. All of it is TOML, read once at start."
    made = {
        "facts.md": _page("Facts", happens, _grouped(facts(every), every), False),
        "ports.md": _page("Ports", needs, _grouped(ports(every), every), False),
        "settings.md": _page("Settings", sets, _grouped(settings(every), every), True),
    }
    if command is not None:
        parts = [part for path, each in commands(command) for part in _command(path, each)]
        made["commands.md"] = _joined(["# Commands", MADE, *parts])
        made["ironkeep.1"] = manual(command)
    made["who-may-do-what.md"] = who_may(shipped())
    made["setting-meanings.md"] = meanings(lexicon().meanings)
    made["safety-rules.md"] = _joined(["# Safety rules", MADE, RULES, safety.page(toothless.sources())])
    return made


def meanings(known: Iterable[Meaning]) -> str:
    """Return the page of what settings mean: a table a promise, the gravest first."""
    every = sorted(known, key=lambda each: (each.rank, each.name))
    lead = (
        "What `ironkeep passport diff` knows of settings, from `src/ironkeep/packs/settings/`. How a name of a file is "
        "matched with one of them: [Setting files](setting-files.md). A setting that is not here is compared, and said "
        "to be of no meaning that we know. *Weaker* is the change that weakens the promise."
    )
    parts = [f"# Meanings of settings: {len(every)}", MADE, lead]
    for promise in Promise:
        rows = [_meaning_row(each) for each in every if each.promise is promise]
        if rows:
            head = "| Setting | Name | Unit | Weaker | What it means | Source |\n|---|---|---|---|---|---|\n"
            parts += [f"## {promise.capitalize()}", head + "".join(rows)]
    return _joined(parts)


def _meaning_row(each: Meaning) -> str:
    cells = (each.title, f"`{each.name}`", each.unit, each.weaker, each.means, each.source)
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |\n"


def who_may(table: Table) -> str:
    """Return the page of the table of acts: one row an act, one column a role."""
    head = ("Act", *(str(role) for role in (*ROLES, Role.SERVICE, Role.MACHINE)), "Two people", "Reached by")
    rows = [head, ("---",) * len(head), *(_act_row(act) for act in table.acts)]
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    why = "".join(f"- **{act.name}**: {act.why}.\n" for act in table.acts if act.why)
    lead = (
        "The table that the guard of the console and the desk of the engine both read, from "
        "`src/ironkeep/packs/access/roles.toml`. What is not here is refused to everybody. `service` is a program "
        "with a token, within its scopes; `machine` is the command line of the user who owns the data folder; "
        "`confirms` is only ever the second of two people. Every "
        "cell is a test (`tests/faces/test_who_may.py`)."
    )
    return _joined(["# Who may do what", MADE, lead, lines, "## Where a row may surprise", why])


def _act_row(act: Act) -> tuple[str, ...]:
    open_to_all = Role.ANYONE in act.roles
    marks = [
        "anyone" if open_to_all else "yes" if role in act.roles else "confirms" if role in act.confirm else ""
        for role in (*ROLES, Role.SERVICE, Role.MACHINE)
    ]
    two = "always" if act.four_eyes else f"for {', '.join(act.four_eyes_for)}" if act.four_eyes_for else ""
    ways = ", ".join(f"`{way}`" for way in act.ways) or "the desk"
    return (act.name, *marks, two, ways)


# --------------------------------------------------------------------------------------------------------- the manual


def manual(command: Any) -> str:
    """Return the manual page of the whole command line, in the man macros of roff."""
    summary = _roff((command.help or "").strip().splitlines()[0])
    parts = ['.\\" Written by `make reference` from the source.', '.TH IRONKEEP 1 "" "Ironkeep" "User Commands"']
    parts += [".SH NAME", f"ironkeep \\- {summary[:1].lower()}{summary[1:].rstrip('.')}"]
    parts += [".SH SYNOPSIS", ".B ironkeep", "[\\fIcommand\\fR] [\\fIoptions\\fR]", ".SH COMMANDS"]
    for path, each in commands(command):
        if getattr(each, "commands", None) is None:
            parts += list(_manual_command(path, each))
    parts += [".SH EXIT STATUS"]
    for code, says in EXITS:
        parts += [".TP", f".B {code}", _roff(says)]
    parts += [".SH ENVIRONMENT", ".TP", ".B IRONKEEP_DATA", _roff("The site's data folder where --data is not given.")]
    parts += [".SH SEE ALSO", _roff("The pages of the documentation: tutorial, how-to, reference, explanation.")]
    return "\n".join(parts) + "\n"


EXITS = (
    (0, "Done and good."),
    (1, "Done and not good: not live, evidence bad, a difference found."),
    (2, "Not understood or not readable: your input."),
    (3, "The other side does not answer."),
)


def _manual_command(path: tuple[str, ...], command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    named = " ".join(f"\\fI{_roff(each.name.upper())}\\fR" for each in arguments)
    yield ".SS " + " ".join(path[1:])
    yield f".B {_roff(' '.join(path))}"
    yield f"{named} [\\fIoptions\\fR]".strip()
    yield ".PP"
    yield _roff(" ".join((command.help or "").split()))
    for each in command.params:
        if each.name in GIVEN or getattr(each, "hidden", False):
            continue
        option = each.param_type_name == "option"
        yield ".TP"
        yield f".B {_roff(', '.join(each.opts) if option else each.name.upper())}"
        yield _roff(" ".join((getattr(each, "help", None) or "").split())) or "\\&"


def _roff(text: str) -> str:
    """Return text as roff takes it: no line of it begins a request, a hyphen stays a hyphen."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def _command(path: tuple[str, ...], command: Any) -> Iterator[str]:
    yield f"## {' '.join(path)}"
    yield _fenced(command.help or "") if len(path) == 1 else command.help or ""
    rows = ["| Argument | Means |", "|---|---|"]
    for each in command.params:
        if each.name in GIVEN or getattr(each, "hidden", False):
            continue
        option = each.param_type_name == "option"
        name = ", ".join(f"`{word}`" for word in each.opts) if option else f"`{each.name.upper()}`"
        rows.append(f"| {name} | {' '.join((getattr(each, 'help', None) or '').split()).replace('|', BAR)} |")
    if len(rows) > 2:
        yield "\n".join(rows)


def _fenced(text: str) -> str:
    return f"```\n{text.strip()}\n```"


def product_command() -> Any | None:
    """Return the click command behind `ironkeep`, wired to nothing: its words are read and none of it is run."""
    from ironkeep.faces.cli.app import create_cli

    return typer.main.get_command(create_cli(cast("Any", None)))


def write() -> None:
    """Write the pages."""
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, text in pages(modules(), product_command()).items():
        (PAGES / name).write_text(text)


if __name__ == "__main__":
    write()
