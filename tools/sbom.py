"""The bill of materials of a release: CycloneDX 1.6 as JSON, from the locks, the wheels and the packages' own metadata.

It names the product, every library a site needs to run, every browser file, each with version, licence and the SHA-256
of what is shipped, and which library needs which. The same inputs give the same bytes.
"""

import base64
import hashlib
import importlib.metadata
import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.notice import LINUX, licence_of

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "ironkeep")
SPEC = "1.6"
PRODUCT = "ironkeep"


def needed(name: str) -> list[str]:
    """Return what an installed package needs on Linux by itself, as canonical names, in order."""
    found = []
    for text in importlib.metadata.requires(name) or []:
        wish = Requirement(text)
        if wish.marker is None or wish.marker.evaluate({**LINUX, "extra": ""}):
            found.append(canonicalize_name(wish.name))
    return sorted(set(found))


def closure(name: str = PRODUCT) -> list[str]:
    """Return every package that `name` needs to run, itself not among them, in order of name."""
    todo, seen = needed(name), set[str]()
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            todo += needed(each)
    return sorted(seen)


def sbom(version: str, product: Path, wheels: Iterable[Path], vendor: Path, at: str) -> bytes:
    """Return the bill. `product` is our own wheel, `vendor` the console's folder of browser files (may be missing)."""
    by_name = {canonicalize_name(path.name.split("-")[0]): path for path in wheels}
    names = closure()
    libraries = [library(name, by_name[name]) for name in names]
    browser = browser_files(vendor)
    ours = {
        "type": "application",
        "bom-ref": f"pkg:pypi/{PRODUCT}@{version}",
        "name": PRODUCT,
        "version": version,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "hashes": [hashed(product.read_bytes())],
        "purl": f"pkg:pypi/{PRODUCT}@{version}",
    }
    refs = {name: each["bom-ref"] for name, each in zip(names, libraries, strict=True)}
    depends = [
        {
            "ref": ours["bom-ref"],
            "dependsOn": [refs[name] for name in needed(PRODUCT)] + [b["bom-ref"] for b in browser],
        }
    ]
    depends += [{"ref": refs[name], "dependsOn": [refs[each] for each in needed(name)]} for name in names]
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"timestamp": at, "component": ours},
        "components": [*libraries, *browser],
        "dependencies": depends,
    }
    text = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(NAMESPACE, text)}"
    return json.dumps(bill, indent=1, sort_keys=True).encode() + b"\n"


def library(name: str, wheel: Path) -> dict[str, Any]:
    """Return the component of one library."""
    version = importlib.metadata.version(name)
    licence = licence_of(name)
    simple = " " not in licence
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "licenses": [{"license": {"id": licence}} if simple else {"expression": licence}],
        "hashes": [hashed(wheel.read_bytes())],
        "purl": f"pkg:pypi/{name}@{version}",
    }


def browser_files(vendor: Path) -> list[dict[str, Any]]:
    """Return a component for each browser package carried in the wheel; none when node was absent."""
    manifest = vendor / "manifest.json"
    if not manifest.exists():
        return []
    found: dict[str, dict[str, Any]] = {}
    for row in json.loads(manifest.read_text()):
        purl = f"pkg:npm/{row['name']}@{row['version']}"
        each = found.setdefault(
            purl,
            {
                "type": "library",
                "bom-ref": purl,
                "name": row["name"],
                "version": row["version"],
                "licenses": [{"license": {"id": row["licence"]}}],
                "purl": purl,
                "components": [],
            },
        )
        digest = base64.b64decode(row["sha384"].removeprefix("sha384-")).hex()
        each["components"].append(
            {"type": "file", "name": row["file"], "hashes": [{"alg": "SHA-384", "content": digest}]}
        )
    return list(found.values())


def hashed(data: bytes) -> dict[str, str]:
    """Return the CycloneDX form of a SHA-256."""
    return {"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}
