"""The console process over TLS: real sockets, real clients. No engine runs: the doors need none."""

import http.client
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.faces.cli.wiring import Listen
from ironkeep.model.errors import Refused
from ironkeep.model.ids import SiteId
from ironkeep.programs import clock
from ironkeep.programs.console import serve
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.site import declared
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.ask import Foreign, ask
from ironkeep.programs.tls.authority import Made
from ironkeep.programs.tls.listening import Listening
from ironkeep.programs.tls.pair import fingerprint

SITE = '[site]\nid = "here"\nname = "Here"\n[[asset]]\nid = "ups-a"\nkind = "ups"\n'
NAMES = ("battery.lan", "10.0.0.5")
GOOD = "four plain words here"
CHEAP = Config(hash_memory_kib=1024, hash_passes=1, hash_lanes=1)  # what a password hash costs is not looked at here
WAIT_S = 60.0
DAY_US = 86_400_000_000


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder with a record, one admin and a certificate of its own."""
    found = DataFolder(tmp_path / "data")
    found.prepare()
    site = SiteId("here")
    open_store(found.spine, open_signer(found.keys, site), site).close()
    found.site.write_text(SITE)
    vault = AccountVault(found.vault, CHEAP)
    vault.enrol(vault.invite("admin", clock.now().at_us), "ann", GOOD, clock.now().at_us)
    vault.shut()
    return found


def certified(folder: DataFolder, at_us: int | None = None) -> Made:
    return authority.make(folder.tls, NAMES, [], at_us or clock.now().at_us)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def console(folder: DataFolder, port: int, *more: str) -> list[str]:
    command = [sys.executable, "-m", "ironkeep", "console", "--data", str(folder.path), "--site", str(folder.site)]
    return [*command, "--listen", f"127.0.0.1:{port}", *more]


class Served:
    """A running console and a client's trust in its authority."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, made: Made) -> None:
        self.process, self.port, self.made = process, port, made

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.made.authority))

    def line(self, context: ssl.SSLContext, name: str = "battery.lan") -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return context.wrap_socket(plain, server_hostname=name)

    def get(self, path: str, *, method: str = "GET", body: str = "", **headers: str) -> http.client.HTTPResponse:
        client = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.trusting())
        client.sock = self.line(self.trusting())
        form = {"content-type": "application/x-www-form-urlencoded"} if body else {}
        client.request(method, path, body or None, {"host": f"battery.lan:{self.port}", **form, **headers})
        return client.getresponse()

    def shown(self) -> str:
        with self.line(self.trusting()) as line:
            return fingerprint(x509.load_der_x509_certificate(line.getpeercert(binary_form=True) or b""))


@contextmanager
def served(folder: DataFolder, made: Made, *more: str) -> Iterator[Served]:
    port = free_port()
    files = ("--tls-cert", str(made.pair.certificate), "--tls-key", str(made.pair.key))
    process = subprocess.Popen(console(folder, port, *files, *more), stderr=subprocess.DEVNULL)
    found = Served(process, port, made)
    try:
        until(lambda: found.shown(), process)
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0


def until(what: object, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            if what():  # type: ignore[operator]
                return
        except OSError:
            pass
        assert process.poll() is None, "the console ended"
        if time.monotonic() > deadline:
            pytest.fail("waited in vain")
        time.sleep(0.1)


@pytest.mark.timeout(240)
def test_the_doors_over_tls(folder: DataFolder) -> None:
    made = certified(folder)
    with served(folder, made) as site:
        page = site.get("/login")
        assert page.status == 200
        assert page.headers["strict-transport-security"] == "max-age=2592000"
        told = {"name": "ann", "password": GOOD.replace(" ", "+"), "to": "/account"}
        body = "&".join(f"{key}={value}" for key, value in told.items())
        entered = site.get("/login", method="POST", body=body, origin=f"https://battery.lan:{site.port}")
        assert entered.status == 303
        cookies = entered.headers.get_all("set-cookie") or []
        assert [each.partition("=")[0] for each in cookies] == ["__Host-ironkeep_session", "__Host-ironkeep_browser"]
        for each in cookies:
            assert {"HttpOnly", "Secure", "Path=/", "SameSite=strict"} <= {part.strip() for part in each.split(";")}
            assert "Domain" not in each
        mine = cookies[0].partition(";")[0]
        assert site.get("/account", cookie=mine).status == 200
        unmarked = mine.removeprefix("__Host-")
        assert site.get("/account", cookie=unmarked, accept="application/json").status == 401
        assert site.get("/login", method="POST", body=body, origin="http://battery.lan").status == 401

        assert site.get("/login", host="127.0.0.1").status == 200, "the certificate is for this machine too"
        for host in ("evil.test", "battery.lan.evil.test", "10.0.0.6", ""):
            assert site.get("/login", host=host).status == 421

        assert site.get("/authority.crt").read() == ssl.PEM_cert_to_DER_cert(made.authority.read_text())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.timeout(240)
def test_http_2_is_offered_and_old_protocols_other_names_and_authorities_are_refused(
    folder: DataFolder, tmp_path: Path
) -> None:
    with served(folder, certified(folder)) as site:
        with site.line(site.trusting()) as line:
            assert line.version() == "TLSv1.3"
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1):
            old = site.trusting()
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = version
            with pytest.raises((ssl.SSLError, ConnectionError)):
                site.line(old)
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            site.line(site.trusting(), "other.lan")
        both = site.trusting()
        both.set_alpn_protocols(["h2", "http/1.1"])
        with site.line(both) as line:
            assert line.selected_alpn_protocol() == "h2"
        foreign = authority.make(tmp_path / "foreign", NAMES, [], clock.now().at_us)
        with pytest.raises(ssl.SSLCertVerificationError):
            site.line(ssl.create_default_context(cafile=str(foreign.authority)))
        with pytest.raises(Foreign):
            ask(Listening("127.0.0.1", site.port, foreign.pair, NAMES), "/healthz", 10.0)
        assert ask(Listening("127.0.0.1", site.port, site.made.pair, NAMES), "/healthz", 10.0)[0] == 503

        with socket.create_connection(("127.0.0.1", site.port), timeout=10) as plain:
            plain.sendall(b"GET /login HTTP/1.1\r\nHost: battery.lan\r\n\r\n")
            said = plain.recv(100)
        assert not said.startswith(b"HTTP/1.1 200"), "nothing is served without TLS"


@pytest.mark.timeout(240)
def test_tls_1_2_is_spoken_where_it_was_asked_for(folder: DataFolder) -> None:
    with served(folder, certified(folder), "--tls-oldest", "1.2") as site:
        old = site.trusting()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with site.line(old) as line:
            assert line.version() == "TLSv1.2"


@pytest.mark.timeout(240)
def test_a_renewed_certificate_is_taken_and_a_broken_one_is_not(folder: DataFolder) -> None:
    with served(folder, certified(folder)) as site:
        first = site.shown()
        site.made.pair.certificate.write_text("half a file")
        site.process.send_signal(signal.SIGHUP)
        time.sleep(1.0)
        assert site.shown() == first, "what is on disk is not fit: the old one goes on"
        second = certified(folder)
        site.process.send_signal(signal.SIGHUP)
        until(lambda: site.shown() == second.pair.fingerprint, site.process)
        assert site.get("/login").status == 200


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda made, folder: certified(folder, clock.now().at_us - 400 * DAY_US), "ran out"),
        (lambda made, folder: made.pair.key.chmod(0o644), "others may read the private key"),
        (lambda made, folder: (folder.tls / "authority.key").replace(made.pair.key), "does not belong"),
        (lambda made, folder: made.pair.certificate.unlink(), "cannot be read"),
    ],
)
def test_a_console_whose_certificate_is_not_fit_does_not_start(folder, spoil, says) -> None:
    made = certified(folder)
    spoil(made, folder)
    where = Listen(f"127.0.0.1:{free_port()}", certificate=made.pair.certificate, key=made.pair.key)
    with pytest.raises(Refused, match=says):
        serve(folder.path, declared(folder.site), where)


def test_beyond_this_machine_without_a_certificate_nothing_starts_and_one_line_says_so(folder: DataFolder) -> None:
    command = [*console(folder, 1)[:-2], "--listen", f"0.0.0.0:{free_port()}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "without TLS" in done.stderr
    assert len(done.stderr.splitlines()) == 1
