"""The door to DuckDB: what it lets through is one folder, and nothing can open it wider."""

import numpy as np
import pytest

from ironkeep.adapters.stores.history.door import Trouble, connect, quoted


def test_the_engine_reads_and_writes_its_own_folder(tmp_path):
    engine = connect(tmp_path, "100MB", 1)
    engine.register("held", {"a": np.arange(3)})
    engine.execute(f"COPY (SELECT a FROM held) TO '{tmp_path}/a.parquet' (FORMAT parquet)")
    assert engine.execute("SELECT sum(a) FROM read_parquet(?)", [f"{tmp_path}/a.parquet"]).fetchall() == [(3,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_parquet('/etc/x.parquet')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('{folder}/../x.parquet')",
        "COPY (SELECT 1) TO '/var/tmp/ironkeep-test.parquet'",
        "ATTACH '/var/tmp/ironkeep-test.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 8",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SELECT * FROM numbers",
    ],
)
def test_whatever_else_it_is_asked_is_refused(tmp_path, statement):
    numbers = np.arange(3)  # a Python variable that the engine must not see
    engine = connect(tmp_path, "100MB", 1)
    with pytest.raises(Trouble):
        engine.execute(statement.format(folder=tmp_path))
    assert numbers.sum() == 3


def test_a_name_with_quotes_stays_one_name():
    assert quoted('a"b') == '"a""b"'
