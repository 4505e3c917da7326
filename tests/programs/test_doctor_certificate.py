"""The doctor on a console over TLS: when its certificate ends, and whether it is fit."""

from pathlib import Path

import pytest

from ironkeep.faces.cli.wiring import Gravity
from ironkeep.programs import clock
from ironkeep.programs.doctor import certificate
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.listening import Listening, address_of, last_known, remember

DAY_US = 86_400_000_000


def folder_with(tmp_path: Path, days_ago: int) -> DataFolder:
    """A folder whose console was last served by a certificate of that age, on a port where nobody listens."""
    folder = DataFolder(tmp_path)
    made = authority.make(folder.tls, ["battery.lan"], [], clock.now().at_us - days_ago * DAY_US)
    remember(folder, Listening("127.0.0.1", 1, made.pair, ("battery.lan",)))
    return folder


@pytest.mark.parametrize(
    ("days_ago", "gravity", "says"),
    [
        (0, Gravity.GOOD, "ends in 364 days"),
        (340, Gravity.WARN, "ends in 24 days"),
        (362, Gravity.BAD, "ends in 2 days"),
    ],
)
def test_it_says_when_the_certificate_ends_louder_towards_the_end(tmp_path, days_ago, gravity, says):
    first, second = certificate.look(folder_with(tmp_path, days_ago), held=True)
    assert says in first.what or says.replace("364", "365") in first.what
    assert first.gravity is gravity
    assert bool(first.remedy) is (gravity is not Gravity.GOOD)
    assert (second.gravity, "does not answer" in second.what) == (Gravity.BAD, True)


def test_one_that_ran_out_or_that_others_may_read_is_bad(tmp_path):
    folder = folder_with(tmp_path, 400)
    (found,) = certificate.look(folder, held=False)
    assert (found.gravity, "ran out" in found.what) == (Gravity.BAD, True)
    authority.make(folder.tls, ["battery.lan"], [], clock.now().at_us)
    (folder.tls / authority.KEY).chmod(0o644)
    (found,) = certificate.look(folder, held=False)
    assert "others may read" in found.what


def test_where_the_console_listens_is_remembered_for_links(tmp_path):
    folder = DataFolder(tmp_path)
    assert address_of(folder) == "http://127.0.0.1:8470"
    assert not certificate.served_over_tls(folder)
    remember(folder, Listening("127.0.0.1", 9000, None, ()))
    assert address_of(folder) == "http://127.0.0.1:9000"
    folder = folder_with(tmp_path, 0)
    assert certificate.served_over_tls(folder)
    assert address_of(folder) == "https://battery.lan:1"
    assert last_known(folder, clock.now().at_us).hosts == ("battery.lan",)
