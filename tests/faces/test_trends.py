"""A trend as CSV holds what was measured: no digits that nobody read, gaps as gaps, counters whole."""

import numpy as np

from ironkeep.faces.api.trends import as_csv
from ironkeep.model.ids import AssetId, PointName
from ironkeep.ports.history import Trend


def test_a_trend_in_csv_has_the_digits_that_were_read_and_empty_cells_for_gaps():
    held = np.array([np.float64(np.float32(66.4)), np.nan, 123_456_789.0])
    at, count = np.array([0, 1_000_000, 2_000_000]), np.array([3, 0, 1])
    made = Trend(AssetId("a"), PointName("soc_pct"), "%", at, held, held, held, count, np.zeros(3, np.uint16))
    rows = as_csv(made).split("\r\n")
    assert rows[0] == "at_utc,soc_pct low [%],soc_pct mean [%],soc_pct high [%],values"
    assert [row.split(",", 1)[1] for row in rows[1:4]] == [
        "66.4,66.4,66.4,3",
        ",,,0",
        "123456789.0,123456789.0,123456789.0,1",
    ]
