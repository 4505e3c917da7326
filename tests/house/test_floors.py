"""Floors, doors and pure rooms: the tree keeps them, and a planted breach of each is caught."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.house import floors
from tools.house.tree import ROOT, module, modules

LINT, RUFF = (Path(sys.executable).parent / tool for tool in ("lint-imports", "ruff"))


@pytest.mark.parametrize(
    "rule", [floors.floor_breaches, floors.door_breaches, floors.purity_breaches, floors.chance_breaches]
)
def test_the_tree_keeps_the_rule(rule) -> None:
    assert rule(modules()) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("ironkeep.model.site", "from ironkeep.facts import envelope"),
        ("ironkeep.facts.site", "import ironkeep.codecs.modbus"),
        ("ironkeep.physics.cell", "from ironkeep.codecs import sunspec"),
        ("ironkeep.ports.reader", "from ironkeep.packs import ladders"),
        ("ironkeep.decisions.alarms.decide", "from ironkeep.ports.reader import Reader"),
        ("ironkeep.views.board", "from ironkeep.ports.desk import Desk"),
        ("ironkeep.views.board", "from ironkeep.codecs import modbus"),
        ("ironkeep.engine.turn", "from ironkeep.adapters.stores.sqlite.adapter import Store"),
        ("ironkeep.engine.turn", "from ironkeep.views import board"),
        ("ironkeep.engine.turn", "from ironkeep.packs import controls"),
        ("ironkeep.engine.turn", "from ironkeep.twin import plant"),
        ("ironkeep.engine.turn", "def late():\n    from ironkeep.twin import plant"),
        ("ironkeep.engine.turn", "from ..views import board"),
        ("ironkeep.faces.api.app", "from ironkeep.engine.desk import Desk"),
        ("ironkeep.faces.api.app", "from ironkeep.adapters.desks.unix import adapter"),
        ("ironkeep.faces.api.app", "from ironkeep.packs import controls"),
        ("ironkeep.faces.api.app", "from ironkeep.decisions.alarms import policy"),
        ("ironkeep.adapters.equipment.modbus.adapter", "from ironkeep.decisions.telemetry import policy"),
        ("ironkeep.adapters.equipment.modbus.adapter", "from ironkeep.views import board"),
        ("ironkeep.adapters.equipment.modbus.adapter", "from ironkeep.packs import equipment"),
        ("ironkeep.adapters.equipment.modbus.adapter", "from ironkeep.physics import cell"),
        ("ironkeep.adapters.equipment.modbus.adapter", "from ironkeep.twin import plant"),
        ("ironkeep.adapters.equipment.modbus.adapter", "if TYPE_CHECKING:\n    from ironkeep.engine import turn"),
        ("ironkeep.plugins.vendor", "import ironkeep.model"),
        ("ironkeep.programs.verify", "from ironkeep.adapters.stores.sqlite import adapter"),
        ("ironkeep.programs.verify.spine", "from ironkeep.engine import scribe"),
    ],
)
def test_an_import_of_a_floor_that_may_not_be_seen_is_caught(name: str, source: str) -> None:
    assert len(floors.floor_breaches([module(name, source)])) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("ironkeep.engine.turn", "from ironkeep.decisions.alarms import decide"),
        ("ironkeep.engine.turn", "from . import desk"),
        ("ironkeep.adapters.equipment.simulated.adapter", "from ironkeep.twin import plant"),
        ("ironkeep.programs.site", "from ironkeep.adapters.stores.sqlite import adapter"),
        ("ironkeep.views.board", "from ironkeep.decisions.alarms import memory"),
        ("ironkeep.programs.verify", "from ironkeep.facts import tree"),
    ],
)
def test_an_import_that_the_house_allows_is_let_through(name: str, source: str) -> None:
    assert floors.floor_breaches([module(name, source)]) == []


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("ironkeep.adapters.equipment.modbus.adapter", "pymodbus.client"),
        ("ironkeep.codecs.modbus", "pymodbus"),
        ("ironkeep.views.trend", "duckdb"),
        ("ironkeep.adapters.stores.frames.adapter", "duckdb"),
        ("ironkeep.engine.desk", "fastapi"),
        ("ironkeep.programs.run", "starlette.responses"),
        ("ironkeep.views.page", "jinja2"),
        ("ironkeep.faces.api.app", "granian"),
        ("ironkeep.decisions.planning.decide", "scipy.optimize"),
        ("ironkeep.faces.console.pages", "sqlite3"),
        ("ironkeep.engine.turn", "cryptography.hazmat.primitives"),
        ("ironkeep.codecs.sunspec", "sunspec2.mdef"),
        ("ironkeep.model.site", "pydantic"),
        ("ironkeep.programs.run", "pymerkle"),
        ("ironkeep.programs.run", "requests"),
    ],
)
def test_a_library_outside_its_door_is_caught(name: str, library: str) -> None:
    assert len(floors.door_breaches([module(name, f"import {library}")])) == 1
    assert len(floors.door_breaches([module(name, f"from {library} import anything")])) == 1


def test_a_library_in_its_door_is_let_through() -> None:
    inside = [
        module("ironkeep.twin.serve.modbus", "from pymodbus.server import ModbusTcpServer"),
        module("ironkeep.adapters.stores.history.adapter", "import duckdb"),
        module("ironkeep.physics.cell", "import numpy as np\nfrom scipy import sparse"),
        module("ironkeep.programs.site", "from granian import Granian"),
    ]
    assert floors.door_breaches(inside) == []


@pytest.mark.parametrize("room", ["model", "facts", "codecs", "physics", "decisions.alarms", "views", "twin"])
@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "from time import monotonic as m",
        "import random",
        "import secrets",
        "import socket",
        "from pathlib import Path",
        "import asyncio",
        "import sqlite3",
        "import logging",
        "from urllib import request",
        "def load(path):\n    return open(path).read()",
        "import numpy as np\nx = np.load('frame.npy')",
        "def save(rows, path):\n    rows.tofile(path)",
    ],
)
def test_a_way_out_of_a_pure_room_is_caught(room: str, source: str) -> None:
    assert floors.purity_breaches([module(f"ironkeep.{room}.thing", source)])


def test_pure_arithmetic_is_let_through_and_the_serving_twin_may_use_the_network() -> None:
    pure = "import hashlib\nimport math\nfrom collections.abc import Iterable\nimport numpy as np\nx = np.zeros(3)"
    assert floors.purity_breaches([module("ironkeep.facts.tree", pure)]) == []
    assert floors.purity_breaches([module("ironkeep.twin.serve.modbus", "import asyncio, socket")]) == []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nwhen = datetime.now()",
        "from datetime import UTC, datetime as clock\nwhen = clock.now(UTC)",
        "import datetime as dt\nwhen = dt.datetime.utcnow()",
        "import datetime\nwhen = datetime.date.today()",
        "import time\nwhen = time.time()",
        "from time import monotonic as elapsed\nwhen = elapsed()",
        "import time as t\nwhen = t.perf_counter_ns()",
        "from uuid import uuid4\nname = uuid4()",
        "import random\nx = random.random()",
        "import numpy as np\nx = np.random.normal()",
        "from numpy.random import default_rng\nx = default_rng()",
    ],
)
def test_a_clock_or_chance_outside_its_door_is_caught_under_any_name(root: Path, source: str) -> None:
    assert "TID251" in ruff(root, "src/ironkeep/engine/turn.py", source)


def test_the_clock_may_read_the_clock(root: Path) -> None:
    source = (
        '"""Reads."""\nimport time\nfrom datetime import UTC, datetime\n\nwhen = datetime.now(UTC), time.monotonic()\n'
    )
    assert "TID251" not in ruff(root, "src/ironkeep/programs/clock.py", source)


def test_a_lifted_ban_outside_its_door_is_caught() -> None:
    lifted = "import time\nnow = time.time()  # no" + "qa: TID251"
    assert len(floors.chance_breaches([module("ironkeep.engine.turn", lifted)])) == 1
    assert len(floors.chance_breaches([module("ironkeep.twin.plant", lifted)])) == 1
    assert floors.chance_breaches([module("ironkeep.programs.clock", lifted)]) == []
    seeded = "rng = np.random.default_rng(seed)  # no" + "qa: TID251"
    assert floors.chance_breaches([module("ironkeep.twin.plant", seeded)]) == []


def ruff(root: Path, name: str, source: str) -> str:
    """What ruff says, under our configuration, of source that would stand at `name`."""
    command = [
        RUFF,
        "check",
        "--no-cache",
        "--output-format=concise",
        "--stdin-filename",
        name,
        "-",
    ]
    return subprocess.run(command, cwd=root, input=source, capture_output=True, text=True).stdout


# ------------------------------------------------------------------------------------------ import-linter's contracts


def test_the_tree_keeps_the_contracts(root: Path) -> None:
    done = lint(root, root / "pyproject.toml")
    assert done.returncode == 0, done.stdout


ROOMS = {
    "ironkeep/model/site.py": "",
    "ironkeep/facts/site.py": "from ironkeep.model import site",
    "ironkeep/codecs/modbus.py": "",
    "ironkeep/physics/cell.py": "",
    "ironkeep/ports/reader.py": "",
    "ironkeep/packs/maps.py": "",
    "ironkeep/decisions/alarms/decide.py": "",
    "ironkeep/decisions/telemetry/decide.py": "",
    "ironkeep/twin/plant.py": "from ironkeep.packs import maps\nfrom ironkeep.physics import cell",
    "ironkeep/views/board.py": "from ironkeep.decisions.alarms import decide",
    "ironkeep/engine/turn.py": "from ironkeep.decisions.alarms import decide",
    "ironkeep/adapters/equipment/modbus/adapter.py": "from ironkeep.codecs import modbus",
    "ironkeep/adapters/equipment/simulated/adapter.py": "from ironkeep.twin import plant",
    "ironkeep/adapters/stores/sqlite/adapter.py": "",
    "ironkeep/faces/api/app.py": "from ironkeep.views import board",
    "ironkeep/programs/main.py": "from ironkeep.faces.api import app\nfrom ironkeep.engine import turn",
    "ironkeep/__main__.py": "from ironkeep.programs import main",
}


BREACHES = [
    ("ironkeep/model/site.py", "from ironkeep.facts import site as s", "Floors import only downwards"),
    ("ironkeep/codecs/modbus.py", "from ironkeep.physics import cell", "Floors import only downwards"),
    ("ironkeep/plugins/vendor.py", "", "Floors import only downwards"),
    ("ironkeep/engine/turn.py", "from ironkeep.twin import plant", "The engine never sees"),
    ("ironkeep/engine/turn.py", "from ironkeep.adapters.stores.sqlite import adapter", "The engine never sees"),
    ("ironkeep/faces/api/app.py", "from ironkeep.decisions.alarms import decide", "Faces never see"),
    ("ironkeep/faces/api/app.py", "from ironkeep.engine import turn", "Faces never see"),
    ("ironkeep/adapters/stores/sqlite/adapter.py", "from ironkeep.views import board", "Adapters never see"),
    ("ironkeep/adapters/stores/sqlite/adapter.py", "from ironkeep.twin import plant", "Only equipment/simulated"),
    (
        "ironkeep/decisions/alarms/decide.py",
        "from ironkeep.decisions.telemetry import decide as d",
        "Decision rooms never import each other",
    ),
    (
        "ironkeep/adapters/stores/sqlite/adapter.py",
        "from ironkeep.adapters.equipment.modbus import adapter as a",
        "Adapters never import each other",
    ),
]


@pytest.mark.parametrize(("path", "source", "contract"), BREACHES)
def test_a_planted_import_breaks_its_contract(
    all_breaches: dict[str, str], path: str, source: str, contract: str
) -> None:
    (said,) = (text for name, text in all_breaches.items() if name.startswith(contract))
    target = re.fullmatch(r"from (\S+) import (\w+).*", source)
    missed = f"{target[1]}.{target[2]}" if target else "plugins"
    importer = path.removesuffix(".py").replace("/", ".") if target else ""
    assert any(importer in line and missed in line for line in said.splitlines()), said


@pytest.fixture(scope="module")
def all_breaches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What import-linter says of each contract of a house in which every import of BREACHES is planted."""
    house = tmp_path_factory.mktemp("breaches")
    planted = dict(ROOMS)
    for path, source, _ in BREACHES:
        planted[path] = f"{planted.get(path, '')}\n{source}"
    build(house, planted)
    done = lint(house, ROOT / "pyproject.toml")
    assert done.returncode == 1, done.stdout
    parts = re.split(r"^(\S.*)\n-+\n", done.stdout, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_planted_house_itself_keeps_every_contract(root: Path, tmp_path: Path) -> None:
    build(tmp_path, ROOMS)
    done = lint(tmp_path, root / "pyproject.toml")
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def build(house: Path, files: dict[str, str]) -> None:
    """Write the files and make a package of each folder."""
    for name, source in files.items():
        path = house / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source + "\n")
        for folder in path.relative_to(house).parents:
            if folder.name:
                (house / folder / "__init__.py").touch()


def lint(house: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the `ironkeep` that lies in `house`, under the contracts of `config`."""
    shutil.rmtree(house / ".import_linter_cache", ignore_errors=True)
    command = [str(LINT), "--no-cache", "--config", str(config)]
    env = {**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200"}
    return subprocess.run(command, cwd=house, env=env, capture_output=True, text=True)
