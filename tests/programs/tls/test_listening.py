"""Where the console listens: this machine alone, or over TLS; and which names it answers to."""

import socket
from pathlib import Path

import pytest

from ironkeep.faces.cli.wiring import Listen
from ironkeep.model.errors import Conflict, Refused
from ironkeep.model.site import Console
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.listening import chosen, listening, require_free

NOW_US = 1_795_000_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


def certified(folder: DataFolder, *names: str) -> Listen:
    made = authority.make(folder.path / "elsewhere", names or ("battery.lan", "10.0.0.5"), [], NOW_US)
    return Listen(certificate=made.pair.certificate, key=made.pair.key)


def test_without_a_word_it_is_this_machine_without_tls(folder: DataFolder) -> None:
    found = listening(Listen(), Console(), folder, NOW_US)
    assert (found.host, found.port, found.pair) == ("127.0.0.1", 8470, None)
    assert found.address == "http://127.0.0.1:8470"
    assert found.hosts == ("127.0.0.1", "localhost", "[::1]")


def test_port_0_is_a_free_port_of_this_machine_and_any_other_is_kept(folder: DataFolder) -> None:
    found = listening(chosen(Listen(port=0)), Console(listen="0.0.0.0:8443"), folder, NOW_US)
    assert found.host == "127.0.0.1"
    assert found.port >= 1024
    require_free(found)
    assert chosen(Listen(port=8471)) == Listen(port=8471)
    assert chosen(Listen()) == Listen()


@pytest.mark.parametrize("address", ["0.0.0.0:8470", "10.0.0.5:8470", "[::]:8470", "[fd00::1]:1"])
def test_beyond_this_machine_without_tls_is_refused_with_what_mends_it(folder: DataFolder, address: str) -> None:
    with pytest.raises(Refused, match="without TLS") as told:
        listening(Listen(address=address), Console(), folder, NOW_US)
    assert "ironkeep certificate make" in told.value.remedy


@pytest.mark.parametrize("address", ["here:1", "10.0.0.5", "10.0.0.5:", "10.0.0.5:x", ":80", "10.0.0.5:700000"])
def test_what_is_no_address_with_a_port_is_refused(folder: DataFolder, address: str) -> None:
    with pytest.raises(Refused):
        listening(Listen(address=address), Console(), folder, NOW_US)


def test_the_sites_own_certificate_is_taken_beyond_this_machine_and_not_on_it(folder: DataFolder) -> None:
    authority.make(folder.tls, ["battery.lan"], [], NOW_US)
    assert listening(Listen(), Console(), folder, NOW_US).pair is None
    found = listening(Listen(address="0.0.0.0:8470"), Console(), folder, NOW_US)
    assert found.pair is not None
    assert found.address == "https://battery.lan:8470"
    assert found.near == "127.0.0.1"
    assert found.hosts == ("battery.lan", "localhost", "127.0.0.1", "[::1]")


def test_the_command_line_goes_before_the_site_file(folder: DataFolder) -> None:
    asked = certified(folder)
    said = Console(listen="10.0.0.5:9000", certificate=str(asked.certificate), key=str(asked.key), names=("10.0.0.5",))
    declared = listening(Listen(), said, folder, NOW_US)
    assert (declared.host, declared.port, declared.names, declared.oldest) == ("10.0.0.5", 9000, ("10.0.0.5",), "1.3")
    here = listening(Listen(port=8471), said, folder, NOW_US)
    assert (here.host, here.port, here.pair) == ("127.0.0.1", 8471, None)
    other = listening(Listen("0.0.0.0:8443", names=("battery.lan",), oldest="1.2"), said, folder, NOW_US)
    assert (other.port, other.names, other.oldest) == (8443, ("battery.lan",), "1.2")


def test_a_declared_name_that_the_certificate_is_not_for_is_refused(folder: DataFolder) -> None:
    asked = certified(folder)
    bad = Listen("0.0.0.0:8470", 0, asked.certificate, asked.key, ("console.lan",))
    with pytest.raises(Refused, match=r"not for console\.lan") as told:
        listening(bad, Console(), folder, NOW_US)
    assert "battery.lan" in told.value.remedy


def test_one_file_without_the_other_is_refused(folder: DataFolder) -> None:
    asked = certified(folder)
    with pytest.raises(Refused, match="belong together"):
        listening(Listen(certificate=asked.certificate), Console(), folder, NOW_US)


def test_a_taken_port_and_an_address_of_another_machine_are_told_apart(folder: DataFolder) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(Conflict, match="taken"):
            require_free(listening(Listen(port=held.getsockname()[1]), Console(), folder, NOW_US))
    asked = certified(folder, "battery.lan", "192.0.2.7")
    elsewhere = Listen("192.0.2.7:8470", 0, asked.certificate, asked.key)
    with pytest.raises(Refused, match="no address 192"):
        require_free(listening(elsewhere, Console(), folder, NOW_US))
