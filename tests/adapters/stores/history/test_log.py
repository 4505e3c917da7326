"""The log itself: what cannot be created or written is said as what would mend it."""

import errno

import pytest

from ironkeep.adapters.stores.history.log import FrameLog, log_name, logs, mend, refusal
from ironkeep.codecs.frames import FILE_MAGIC
from ironkeep.model.errors import Unavailable


def test_a_log_that_cannot_be_created_is_unavailable_and_leaves_no_file(tmp_path):
    with pytest.raises(Unavailable, match="cannot be written"):
        FrameLog(tmp_path / "missing" / log_name(1))
    (tmp_path / log_name(1)).write_bytes(b"already there")
    with pytest.raises(Unavailable):
        FrameLog(tmp_path / log_name(1))
    assert (tmp_path / log_name(1)).read_bytes() == b"already there"


def test_each_refusal_of_a_disk_says_what_would_mend_it(tmp_path):
    words = {code: str(refusal(tmp_path, OSError(code, "x"))) for code in (errno.ENOSPC, errno.EROFS, errno.EIO)}
    assert "free space" in words[errno.ENOSPC]
    assert "remount" in words[errno.EROFS]
    assert "permissions" in words[errno.EIO]
    assert all(str(tmp_path) in each for each in words.values())


def test_more_buffers_than_one_call_takes_are_all_written(tmp_path):
    log = FrameLog(tmp_path / log_name(7))
    pieces = [bytes([i % 251]) * (i % 5) for i in range(3_000)]
    log.append(pieces, 1)
    log.close()
    assert (tmp_path / log_name(7)).read_bytes() == FILE_MAGIC + b"".join(pieces)
    assert logs(tmp_path) == [7]


def test_a_log_that_was_only_being_created_is_removed_and_told(tmp_path):
    path = tmp_path / log_name(1)
    path.write_bytes(FILE_MAGIC[:5])
    assert "held no frame" in mend(path)[0]
    assert not path.exists()
