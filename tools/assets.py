"""Brings the browser's files from npm into the console's vendor folder.

npm checks every package against the integrity in package-lock.json. Only the files listed here are copied, and
manifest.json says of each its package, version, licence and sha384, from which the pages write their `integrity=`.
Without node it prints one line and leaves no folder: the console then draws on the server alone.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src/ironkeep/faces/console/vendor"

FILES = {
    "htmx.org": ["dist/htmx.min.js", "dist/ext/hx-sse.min.js", "dist/ext/hx-csp.min.js", "LICENSE"],
    "uplot": ["dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"],
}


def sha384(data: bytes) -> str:
    """Return the Subresource Integrity value of the bytes. Source: W3C SRI, section 3.5."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def collect(modules: Path, vendor: Path, lock: Path) -> list[dict[str, str]]:
    """Copy the listed files from `modules` into `vendor`, write its manifest and return the manifest's rows."""
    packages = json.loads(lock.read_text())["packages"]
    new = vendor.with_name(vendor.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    rows = []
    for name, paths in FILES.items():
        pin = packages[f"node_modules/{name}"]
        for path in paths:
            data = (modules / name / path).read_bytes()
            file = f"{name}.LICENSE" if path == "LICENSE" else Path(path).name
            (new / file).write_bytes(data)
            rows.append(
                {
                    "name": name,
                    "version": pin["version"],
                    "licence": pin["license"],
                    "file": file,
                    "sha384": sha384(data),
                }
            )
    (new / "manifest.json").write_text(json.dumps(rows, indent=1) + "\n")
    shutil.rmtree(vendor, ignore_errors=True)
    new.replace(vendor)
    return rows


def main() -> int:
    """Return 0 when the files lie there or node is absent, 1 when npm failed."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("No node here: the console does without scripts from npm and draws on the server.")
        return 0
    npm = subprocess.run(["npm", "ci", "--loglevel=error"], cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL)
    if npm.returncode:
        print("npm could not bring the browser's files; its reason stands above.", file=sys.stderr)
        return 1
    collect(ROOT / "node_modules", VENDOR, ROOT / "package-lock.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
