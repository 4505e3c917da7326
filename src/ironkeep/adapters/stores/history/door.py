"""The only door to DuckDB: an in-memory engine that may read and write one folder and nothing else.

It loads no extension, reaches no network, sees no Python variable, keeps a memory limit, and its settings are locked.
"""

from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection
Trouble = duckdb.Error
SPILL = "spill"  # the folder below the history into which the engine may spill


def connect(folder: Path, memory: str, threads: int) -> Connection:
    """A locked-down engine over the files below `folder`; spill files stay below it too."""
    engine = duckdb.connect(":memory:")
    place = str(folder).replace("'", "''")
    for setting in (
        f"threads = {threads}",
        f"memory_limit = '{memory}'",
        f"temp_directory = '{place}/{SPILL}'",
        "preserve_insertion_order = true",
        "parquet_metadata_cache = true",
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        f"allowed_directories = ['{place}']",
        "enable_external_access = false",  # after the folders: from here on they cannot be changed
        "lock_configuration = true",
    ):
        engine.execute(f"SET {setting}")
    return engine


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
