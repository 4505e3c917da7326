"""The door to DuckDB for recordings: an in-memory engine that may read one file, spill into one folder, and nothing
else.

It loads no extension, reaches no network, sees no Python variable, keeps a memory limit, and its settings are locked.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from ironkeep.adapters.stores.recordings import config

Connection = duckdb.DuckDBPyConnection
Trouble = duckdb.Error


def connect(file: Path, scratch: Path) -> Connection:
    """A locked-down engine that reads `file` alone; what does not fit its memory is spilled below `scratch`."""
    engine = duckdb.connect(":memory:")
    for setting in (
        f"threads = {config.ENGINE_THREADS}",
        f"memory_limit = '{config.ENGINE_MEMORY}'",
        f"temp_directory = {literal(str(scratch / 'spill'))}",
        "TimeZone = 'UTC'",
        "preserve_insertion_order = true",
        "enable_progress_bar = false",
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        f"allowed_paths = [{literal(str(file))}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        engine.execute(f"SET {setting}")
    return engine


def literal(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def texts(each: Iterable[str]) -> str:
    """Texts as a list between SQL brackets."""
    return ", ".join(literal(text) for text in each)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
