"""Settings in a tree: JSON objects within objects, XML elements within elements.

Rules. 1. The path is the names from the outside in. An object or element that names itself (`name`, `id`, `key`, ...)
is called by that name, so that the order of a list does not matter. 2. An object with a name and a value is one entry;
its unit goes with it; what an XML file says about a value beside it (its type, its bounds) is no setting. 3. Numbers
keep the digits they are written with. 4. XML with a document type, entities or references to other files is refused;
nothing is ever fetched. 5. Depth and number of nodes are bounded while reading.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser, ParseError  # type: ignore[import-untyped]

from ironkeep.codecs.settings.entries import DEPTH_MAX, ENTRIES_MAX, Entry
from ironkeep.model.errors import Refused

IDENTITY: Final = ("name", "id", "key", "parameter", "tag", "Name", "ID", "Id", "Key", "Parameter", "Tag")
VALUE: Final = ("value", "Value", "val", "setting", "current", "currentValue")
UNIT: Final = ("unit", "units", "Unit", "Units", "uom")
TITLE: Final = ("description", "label", "title", "Description", "Label")
ABOUT: Final = frozenset(
    "type datatype min max minimum maximum minvalue maxvalue default step decimals format silent access readonly "
    "writable enabled visible".split()
)
"""Attributes of an XML element that speak about the value in its text, and are none themselves."""
NODES_MAX: Final = 2 * ENTRIES_MAX
_DEEP: Final = f"nested deeper than {DEPTH_MAX}"


class Number(str):
    """A JSON number with the digits it was written with."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """A JSON object as written: a name may stand twice."""

    __slots__ = ()


def json_value(text: str, where: str) -> Any:
    """The JSON value of a text: objects as Pairs, numbers as Number. Raises Refused naming line and column."""
    try:
        return json.loads(
            text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=Number, strict=False
        )
    except json.JSONDecodeError as exc:
        place = f"{where}: line {exc.lineno}, column {exc.colno}"
        raise Refused(f"not JSON: {exc.msg}", where=place, remedy="export it again, whole") from exc
    except RecursionError as exc:
        raise Refused(_DEEP, where=where, remedy="export settings alone") from exc


def json_entries(value: Any, where: str) -> Iterator[Entry]:
    """The entries of a JSON value. Raises Refused when it is nested too deep."""
    return _json(value, (), where)


def _json(value: Any, path: tuple[str, ...], where: str) -> Iterator[Entry]:
    if len(path) > DEPTH_MAX:
        raise Refused(_DEEP, where=f"{where}: {'/'.join(path[:4])}/...", remedy="export settings alone")
    if isinstance(value, Pairs):
        yield from _object(value, path, where)
    elif isinstance(value, list):
        if value and not any(isinstance(each, list) for each in value) and not any(map(_is_object, value)):
            for number, each in enumerate(value, 1):
                yield Entry((*path[:-1], f"{path[-1] if path else ''}[{number}]"), _scalar(each), "/" + "/".join(path))
            return
        names = [_own_name(each) for each in value]
        alone = Counter(names)
        for number, each in enumerate(value, 1):
            name = names[number - 1]
            inner = name if name and alone[name] == 1 else str(number)
            yield from _json(each, (*path, inner), where)
    else:
        yield Entry(path or ("value",), _scalar(value), "/" + "/".join(path))


def _object(pairs: Pairs, path: tuple[str, ...], where: str) -> Iterator[Entry]:
    known = dict(pairs)
    key = next((each for each in VALUE if each in known and not isinstance(known[each], list)), "")
    if key and path and all(not isinstance(each, list) for each in known.values()):
        place = "/" + "/".join(path)
        yield Entry(path, _scalar(known[key]), place, unit=_first(known, UNIT), title=_first(known, TITLE))
        return
    own = _own_name(pairs)
    for name, inner in pairs:
        if own and path and path[-1] == own and name in IDENTITY and not isinstance(inner, list):
            continue
        yield from _json(inner, (*path, name), where)


def _is_object(value: Any) -> bool:
    return isinstance(value, Pairs)


def _own_name(value: Any) -> str:
    if not isinstance(value, Pairs):
        return ""
    known = dict(value)
    return next((str(known[each]) for each in IDENTITY if isinstance(known.get(each), str) and known[each]), "")


def _first(known: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((_scalar(known[each]) for each in keys if each in known), "")


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


# ------------------------------------------------------------------------------------------------------------------ XML


class _Node:
    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes, self.text = name, attributes, ""
        self.children: list[_Node] = []


class _Tree:
    """What the parser tells is kept as nodes, within bounds."""

    def __init__(self, where: str) -> None:
        self.where, self.count = where, 0
        self.stack: list[_Node] = []
        self.top: _Node | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.stack) > DEPTH_MAX:
            raise Refused(_DEEP, where=self.where, remedy="export settings alone")
        if self.count > NODES_MAX:
            raise Refused(f"more than {NODES_MAX} elements", where=self.where, remedy="split the file")
        node = _Node(_plain(tag), {_plain(name): text for name, text in attributes.items()})
        if self.stack:
            self.stack[-1].children.append(node)
        self.top = self.top or node
        self.stack.append(node)

    def end(self, _tag: str) -> None:
        self.stack.pop()

    def data(self, text: str) -> None:
        self.stack[-1].text += text

    def close(self) -> _Node | None:
        return self.top


def xml_entries(data: bytes, where: str) -> Iterator[Entry]:
    """The entries of an XML file. Raises Refused for a document type, entities, and what is not XML."""
    try:
        parser = DefusedXMLParser(target=_Tree(where), forbid_dtd=True, forbid_entities=True, forbid_external=True)
        parser.feed(data)
        top = parser.close()
    except DefusedXmlException as exc:
        raise Refused(
            "a document type, an entity or a reference to another file",
            where=where,
            remedy="take the <!DOCTYPE ...> out; a setting file needs none",
        ) from exc
    except ParseError as exc:
        line, column = getattr(exc, "position", (0, 0))
        raise Refused(
            "not XML", where=f"{where}: line {line}, column {column + 1}", remedy="export it again, whole"
        ) from exc
    except (ValueError, LookupError) as exc:
        raise Refused("its encoding is not known", where=where, remedy="save it as UTF-8") from exc
    assert isinstance(top, _Node)
    return _xml(top, ())


def _xml(node: _Node, path: tuple[str, ...]) -> Iterator[Entry]:
    place = "/" + "/".join((*path, node.name)) if not path or path[-1] != node.name else "/" + "/".join(path)
    known = node.attributes
    value = next((known[each] for each in VALUE if each in known), None)
    unit, title = _first(known, UNIT), _first(known, TITLE)
    fields = {child.name.casefold(): child.text.strip() for child in node.children if not child.children}
    if value is None and node.children and len(fields) == len(node.children):
        name = next((fields[each.casefold()] for each in IDENTITY if fields.get(each.casefold())), "")
        told = next((fields[each.casefold()] for each in VALUE if each.casefold() in fields), None)
        if name and told is not None:  # <parameter><name>..</name><value>..</value></parameter>
            yield Entry((*path[:-1], name), told, place, unit=_first(fields, UNIT), title=_first(fields, TITLE))
            return
    if value is None and not node.children:
        value = node.text.strip()
        if not value and any(name not in (*IDENTITY, *UNIT, *TITLE) for name in known):
            value = None
    if value is not None:
        yield Entry(path or (node.name,), value, place, unit=unit, title=title)
    own, inner = _called(node), _inner_name(node)
    about = ABOUT if node.text.strip() and not node.children else frozenset()
    for name, text in known.items():
        of_value = name in (*VALUE, *UNIT, *TITLE) or name.casefold() in about
        if not of_value and not (name in IDENTITY and (own == text or inner is not None)):
            yield Entry((*path, name), text, f"{place}@{name}")
    children = [child for child in node.children if child is not inner]
    names = [_called(child) or child.name for child in children]
    times = Counter(names)
    seen: Counter[str] = Counter()
    for child, name in zip(children, names, strict=True):
        seen[name] += 1
        yield from _xml(child, (*path, name if times[name] == 1 else f"{name}[{seen[name]}]"))


def _called(node: _Node) -> str:
    """What an element is called: by a child that says so beside others, else by an attribute."""
    inner = _inner_name(node)
    if inner is not None:
        return inner.text.strip()
    return next((node.attributes[each] for each in IDENTITY if node.attributes.get(each)), "")


def _inner_name(node: _Node) -> _Node | None:
    """The child that says what an element is called, where the element has parts besides."""
    if not any(child.children for child in node.children):
        return None
    names = [each for each in node.children if each.name.casefold() == "name" and not each.children]
    return names[0] if len(names) == 1 and names[0].text.strip() else None


def _plain(name: str) -> str:
    """The name without its namespace."""
    return name.rpartition("}")[2]
