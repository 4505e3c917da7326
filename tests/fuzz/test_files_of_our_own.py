"""Files that we wrote ourselves, or that the owner did by hand, may hold anything after a bad disk or a slip: they are
read, or refused with their place.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ironkeep.adapters.equipment.nut.config import read_servers
from ironkeep.adapters.exports.syslog.config import read_config
from ironkeep.adapters.stores.history import catalogue
from ironkeep.codecs.frames import parse_layout
from ironkeep.model.errors import Trouble
from ironkeep.packs.equipment import maps
from ironkeep.programs.analyse import read_mapping
from ironkeep.programs.backup import LIST, _read_list
from ironkeep.programs.site import read_ports
from ironkeep.programs.syslog.cursor import CursorFile

DEEP = 3_000  # far beyond what any of them nests
READERS: dict[str, tuple[str, Callable[[Path], object], bytes]] = {
    "servers of NUT": ("nut.toml", read_servers, b'["10.0.0.5:3493"]\nname = "ups.example"\n'),
    "collector of syslog": ("syslog.toml", read_config, b'host = "127.0.0.1"\nport = 6514\ntransport = "tcp"\n'),
    "cursor of syslog": ("cursor.json", lambda path: CursorFile(path).read(), b'{"next":5,"away_us":0,"said":false}'),
    "catalogue": (catalogue.NAME, lambda path: catalogue.load(path.parent), b'{"version":1,"stretches":[]}'),
    "recorded": (catalogue.RECORDED, lambda path: catalogue.load_recorded(path.parent), b'{"next_fact":7}'),
    "layout": ("layout.json", lambda path: parse_layout(path.read_bytes(), "0" * 64), b'{"group":"g","assets":["a"]}'),
    "list of a backup": (LIST, lambda path: _read_list(path.parent), b'{"form":1,"files":{}}'),
    "ports of the twin": ("ports.json", read_ports, b'{"cab-a":5020}'),
    "mapping": ("map.toml", read_mapping, b'[time]\ncolumn = "t"\nform = "iso"\n'),
    "vendor map": ("map.toml", lambda path: maps.parse(path.read_text(errors="replace"), "map"), b'id = "x"\n'),
}


def is_read_or_refused(name: str, data: bytes) -> bool:
    file, read, _ = READERS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        path.write_bytes(data)
        path.chmod(0o600)
        try:
            read(path)
        except Trouble as trouble:
            return bool(trouble.what and trouble.where)
    return True


@pytest.mark.parametrize("name", READERS)
@given(data=st.binary(max_size=80))
@example(data=b"a = " + b"[" * DEEP)
@example(data=b'{"a":' * DEEP)
@example(data=b"[" * DEEP)
@example(data=b'{"next":1e999,"cab-a":1e999}')
@example(data=b'{"next_fact":"\xff"}')
@settings(max_examples=25)
def test_any_bytes_are_read_or_refused_with_their_place(name: str, data: bytes) -> None:
    assert is_read_or_refused(name, data)


@pytest.mark.parametrize("name", READERS)
@given(at=st.floats(0, 1), gone=st.integers(0, 6), put=st.binary(max_size=6))
@settings(max_examples=40)
def test_a_good_file_with_a_piece_changed_is_read_or_refused(name: str, at: float, gone: int, put: bytes) -> None:
    whole = READERS[name][2]
    begin = int(at * len(whole))
    assert is_read_or_refused(name, whole[:begin] + put + whole[begin + gone :])
