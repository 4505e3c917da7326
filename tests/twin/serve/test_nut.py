"""The twin's upsd, asked by a foreign client (upsc of Debian), by raw lines and by our own reader."""

import contextlib
import socket
import subprocess

import numpy as np
import pytest

from ironkeep.codecs.nut import words_of
from ironkeep.twin.codes import Serving
from ironkeep.twin.layout import SITE
from ironkeep.twin.plant import Plant
from ironkeep.twin.serve.nut import NutListener

WAIT_S = 10.0


def ask(port: int, *lines: str) -> list[str]:
    """All lines that come for some questions, a good-bye at the end."""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as wire:
        wire.settimeout(WAIT_S)
        wire.sendall("".join(f"{each}\n" for each in (*lines, "LOGOUT")).encode())
        data = b""
        while piece := wire.recv(65_536):
            data += piece
    return data.decode().splitlines()


def upsc(port: int, *arguments: str) -> str:
    """What Debian's own client prints."""
    command = ["upsc", *(each.replace("@", f"@127.0.0.1:{port}").lstrip("@") for each in arguments)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S)
    return found.stdout + found.stderr


def variables(port: int, ups: str) -> dict[str, str]:
    rows = [words_of(each.encode()) for each in ask(port, f"LIST VAR {ups}") if each.startswith("VAR")]
    return {row[2]: row[3] for row in rows if row}


def test_a_foreign_client_lists_every_ups_of_the_plant(shown) -> None:
    assert [line for line in upsc(shown.ports["nut"], "-l", "@").splitlines() if "SSL" not in line] == list(
        SITE.rows["ups"]
    )


def test_a_foreign_client_reads_what_the_plant_shows(shown) -> None:
    port, signals = shown.ports["nut"], shown.plant.signals
    for row, ups in enumerate(SITE.rows["ups"]):
        said = dict(line.split(": ", 1) for line in upsc(port, f"{ups}@").splitlines() if ": " in line)
        assert float(said["battery.charge"]) == pytest.approx(signals["ups.battery_charge_pct"][row], abs=0.05)
        assert float(said["input.L2-N.voltage"]) == pytest.approx(signals["ups.input_voltage_v"][row, 1], abs=0.05)
        assert float(said["ups.realpower"]) == pytest.approx(signals["ups.output_power_w"][row], abs=5.0)
        assert said["ups.status"].split()[0] == "OL"
        assert said["device.serial"] == f"TW-{ups.upper()}-NUT"


def test_every_analog_signal_of_a_ups_that_a_variable_can_say_is_said(shown) -> None:
    said = set(variables(shown.ports["nut"], "ups-a"))
    assert len(said) >= 25
    assert {"battery.current", "battery.runtime", "output.frequency", "input.bypass.L3-N.voltage"} <= said
    assert not any("{" in name for name in said)


def test_on_battery_its_status_says_so_and_its_missing_input_is_left_out(served) -> None:
    served.plant.inject("utility-loss-late-generator")
    for _ in range(10):
        served.step(2.0)
        said = variables(served.ports["nut"], "ups-a")
        if "OB" in said["ups.status"].split():
            break
    assert said["ups.status"].split()[:2] == ["OB", "DISCHRG"]
    assert float(said["battery.current"]) > 0.0
    assert "input.frequency" not in said or float(said["input.L1-N.voltage"]) > 0.0


def test_a_charge_that_fades_is_told_as_ended_once_whatever_its_noise() -> None:
    plant = Plant(seed=1)
    upsd = NutListener(SITE)
    said = []
    for current_a in (-32.0, -2.1, -1.9, -2.1, -1.1, -0.9, -1.1, -0.9, -1.9, -0.4):
        shown = {**plant.signals, "ups.battery_current_a": np.full(len(SITE.rows["ups"]), current_a)}
        upsd.show(shown, plant.served)
        said.append("CHRG" in upsd.values("ups-a")["ups.status"].split())
    assert said == [True] * 5 + [False] * 5


def test_a_ups_whose_device_is_silent_is_stale_and_the_other_is_not(served) -> None:
    served.plant.lies.serving["ups-a"] = Serving.DROP
    served.step(1.0)
    port = served.ports["nut"]
    assert ask(port, "LIST VAR ups-a")[0] == "ERR DATA-STALE"
    assert ask(port, "GET VAR ups-a ups.status")[0] == "ERR DATA-STALE"
    assert variables(port, "ups-b")["ups.status"].startswith("OL")
    assert "Data stale" in upsc(port, "ups-a@")


@pytest.mark.parametrize(
    "line",
    [
        "SET VAR ups-a battery.charge.low 5",
        "INSTCMD ups-a load.off",
        "FSD ups-a",
        "LOGIN ups-a",
        "PRIMARY ups-a",
        "MASTER ups-a",
        "ATTACH ups-a",
    ],
)
def test_nothing_can_be_changed_and_each_try_is_counted(shown, line) -> None:
    before = variables(shown.ports["nut"], "ups-a")
    counts = shown.server.nut.counts
    refused = counts.refused
    assert ask(shown.ports["nut"], "USERNAME admin", "PASSWORD x", line)[2] == "ERR ACCESS-DENIED"
    assert counts.refused == refused + 1
    assert variables(shown.ports["nut"], "ups-a") == before


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("GET VAR ups-a device.mfr", 'VAR ups-a device.mfr "Ironkeep Twin"'),
        ("GET UPSDESC ups-a", 'UPSDESC ups-a "twin of ups-a"'),
        ("GET VAR ups-a no.such", "ERR VAR-NOT-SUPPORTED"),
        ("GET VAR ups-z ups.status", "ERR UNKNOWN-UPS"),
        ("LIST VAR ups-z", "ERR UNKNOWN-UPS"),
        ("LIST RW ups-a", "BEGIN LIST RW ups-a"),
        ("LIST", "ERR INVALID-ARGUMENT"),
        ("GET VAR", "ERR INVALID-ARGUMENT"),
        ("STARTTLS", "ERR FEATURE-NOT-CONFIGURED"),
        ("NETVER", "1.3"),
        ('VAR "never closed', "ERR UNKNOWN-COMMAND"),
        ("", "ERR UNKNOWN-COMMAND"),
    ],
)
def test_every_question_has_its_answer(shown, line, answer) -> None:
    assert ask(shown.ports["nut"], line)[0] == answer


def test_a_line_without_an_end_is_not_kept(shown) -> None:
    with socket.create_connection(("127.0.0.1", shown.ports["nut"]), WAIT_S) as wire:
        wire.settimeout(WAIT_S)
        wire.sendall(b"x" * 100_000)
        with contextlib.suppress(ConnectionResetError):
            assert wire.recv(100) == b""
    assert ask(shown.ports["nut"], "NETVER")[0] == "1.3"
