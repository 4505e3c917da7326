"""The bill of materials of a release: CycloneDX 1.6 as JSON, from the locks, the wheels and the packages' own metadata.

It names the product, every library a site needs to run, every browser file, each with version, licence and the digest
of each file shipped (a library compiled for one Python has a wheel for each), and which library needs which. The same
inputs give the same bytes.
"""

import base64
import importlib.metadata
import json
import uuid
from pathlib import Path
from typing import Any

from tools.notice import licence_of
from tools.wheelhouse import INSTALLER, PRODUCT, PYTHONS, Wheels, digest, needed

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "ironkeep")
SPEC = "1.6"


def sbom(version: str, product: Path, wheels: Wheels, vendor: Path, at: str) -> bytes:
    """Return the bill. `product` is our own wheel, `wheels` those of each library, `vendor` the console's folder of
    browser files (may be missing).
    """
    libraries = {name: library(name, paths) for name, paths in wheels.items() if name != INSTALLER}
    browser = browser_files(vendor)
    ours = {
        "type": "application",
        "bom-ref": f"pkg:pypi/{PRODUCT}@{version}",
        "name": PRODUCT,
        "version": version,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "hashes": [sha256(product)],
        "purl": f"pkg:pypi/{PRODUCT}@{version}",
    }
    refs = {name: each["bom-ref"] for name, each in libraries.items()}
    depends = [
        {
            "ref": ours["bom-ref"],
            "dependsOn": [refs[name] for name in _needed(PRODUCT)] + [b["bom-ref"] for b in browser],
        }
    ]
    depends += [{"ref": refs[name], "dependsOn": [refs[each] for each in _needed(name)]} for name in libraries]
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"timestamp": at, "component": ours},
        "components": [*libraries.values(), *browser],
        "dependencies": depends,
    }
    text = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(NAMESPACE, text)}"
    return json.dumps(bill, indent=1, sort_keys=True).encode() + b"\n"


def _needed(name: str) -> list[str]:
    """Return what a package needs with any of the Pythons, in order."""
    return sorted(set().union(*(needed(name, python) for python in PYTHONS)))


def library(name: str, wheels: list[Path]) -> dict[str, Any]:
    """Return the component of one library with each of its wheels."""
    version = importlib.metadata.version(name)
    licence = licence_of(name)
    simple = " " not in licence
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "licenses": [{"license": {"id": licence}} if simple else {"expression": licence}],
        "purl": f"pkg:pypi/{name}@{version}",
        "components": [{"type": "file", "name": path.name, "hashes": [sha256(path)]} for path in wheels],
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


def sha256(wheel: Path) -> dict[str, str]:
    """Return the CycloneDX form of a wheel's SHA-256."""
    return {"alg": "SHA-256", "content": digest(wheel)}
