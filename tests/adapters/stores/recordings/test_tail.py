"""The end of a file: lines that nobody could cut into cells do not stop the reader."""

import pytest

from ironkeep.adapters.stores.recordings.adapter import open_recording

ROWS = [f"2026-03-01T00:0{n}:00Z,70{n}.1,1.5,50.0" for n in range(6)]
GOOD = "\n".join(["Time,Pack Voltage [V],Current [A],SoC [%]", *ROWS, ""])


@pytest.mark.parametrize("where", ["700.1,1", "705.1,1", "Pack"])
def test_a_carriage_return_in_the_midst_of_a_line_leaves_the_head_readable(tmp_path, where):
    path = tmp_path / "r.csv"
    path.write_bytes(GOOD.replace(where, where[:3] + "\r" + where[3:]).encode())
    assert open_recording(path).head().file.separator == ","
