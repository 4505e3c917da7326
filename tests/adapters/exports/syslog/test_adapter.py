"""The connection to a collector: what settings are refused, and that one who does not read is given up."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from ironkeep.adapters.exports.syslog.adapter import SyslogExport
from ironkeep.adapters.exports.syslog.config import Config, Transport, read_config
from ironkeep.model.errors import Refused, Unavailable

GOOD = 'host = "siem.example"\nca = "/etc/ca.pem"\n'
LINE = b"<134>1 - - - - - - " + b"x" * 4000


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_whole_file_is_read(tmp_path):
    found = read_config(write(tmp_path / "s", GOOD + 'from = "first"\nenterprise = 12345\n'))
    assert (found.host, found.port, found.transport, found.begin) == ("siem.example", 6514, "tls", "first")
    assert found.enterprise == 12345


@pytest.mark.parametrize(
    "text",
    [
        'host = "siem.example"\n',
        GOOD + 'transport = "tcp"\n',
        GOOD + 'transport = "udp"\n',
        GOOD.replace("siem.example", "192.0.2.1") + 'transport = "tcp"\n',
        GOOD + "port = 0\n",
        GOOD + "enterprise = 0\n",
        GOOD + 'key = "/k.pem"\n',
        GOOD + "retry_min_s = 0\n",
        GOOD + "retry_min_s = 9\nretry_max_s = 1\n",
        GOOD + 'colour = "red"\n',
        "host = [",
        "\xff\xfe",
    ],
)
def test_settings_that_would_show_the_site_or_are_not_understood_are_refused_with_a_remedy(tmp_path, text):
    with pytest.raises(Refused) as caught:
        read_config(write(tmp_path / "s", text))
    assert caught.value.remedy


def test_a_file_that_others_can_change_is_refused(tmp_path):
    with pytest.raises(Refused, match="change"):
        read_config(write(tmp_path / "s", GOOD, 0o620))
    with pytest.raises(Refused, match="no collector is named"):
        read_config(tmp_path / "none")


def test_a_collector_that_is_not_there_is_away():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        export = SyslogExport(Config("127.0.0.1", taken.getsockname()[1], Transport.TCP))
        with pytest.raises(Unavailable, match="away"):
            asyncio.run(export.open())


async def pour(export):
    for _ in range(10_000):
        await export.hand([LINE] * 16)


def test_a_collector_that_does_not_read_is_given_up_and_never_waited_for():
    async def story():
        over = asyncio.Event()

        async def deaf(_reader, writer):
            await over.wait()
            writer.close()

        server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1)
        port = server.sockets[0].getsockname()[1]
        export = SyslogExport(Config("127.0.0.1", port, Transport.TCP, hand_timeout_s=0.2))
        await export.open()
        with pytest.raises(Unavailable, match="in time"):
            await pour(export)
        await export.close()
        over.set()
        server.close()

    asyncio.run(story())


def test_a_hang_up_of_the_collector_is_noticed_while_nothing_is_sent():
    async def story():
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        export = SyslogExport(Config("127.0.0.1", server.sockets[0].getsockname()[1], Transport.TCP))
        await export.open()
        assert await export.gone(10.0)
        await export.close()
        server.close()

    asyncio.run(story())


def test_datagrams_carry_one_line_each():
    async def story():
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as there:
            there.bind(("127.0.0.1", 0))
            there.settimeout(10.0)
            export = SyslogExport(Config("127.0.0.1", there.getsockname()[1], Transport.UDP))
            await export.open()
            await export.hand([b"one", b"two"])
            assert not await export.gone(0.01)
            assert [there.recv(100), there.recv(100)] == [b"one", b"two"]
            await export.close()

    asyncio.run(story())
