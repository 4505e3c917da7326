"""A site file of one device, ready for `ironkeep site check`.

Rules. What the device says about itself stands as a remark: the register compares what papers say with what devices
say, and a copy of the one into the other would prove nothing. Text of a device is cleaned before it enters the file.
"""

import re
from typing import Final

HEAD: Final = """[site]
id = "my-site"
name = "My site"
"""
TEXT_LETTERS_MAX: Final = 80
_ID: Final = re.compile(r"[^a-z0-9]+")


def clean(text: str) -> str:
    """A text of a device as one printable line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:TEXT_LETTERS_MAX].strip()


def quoted(text: str) -> str:
    """A TOML string."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def identifier(text: str, otherwise: str) -> str:
    """A text as an id: lower case letters, digits and hyphens; `otherwise` where nothing is left."""
    found = _ID.sub("-", text.lower()).strip("-")[:40].strip("-")
    return found if found and found[0].isalpha() else otherwise


def table(name: str, keys: dict[str, str | int | float], remarks: tuple[str, ...] = ()) -> str:
    """One `[[name]]`, remarks before it; what a device said must be clean by then."""
    lines = [*(f"# {remark}" for remark in remarks), f"[[{name}]]"]
    lines += [f"{key} = {quoted(value) if isinstance(value, str) else value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"
