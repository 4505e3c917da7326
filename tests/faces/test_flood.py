"""A crowd of strangers on real sockets does not keep a program with a token from its answers."""

import http.client
import threading
from collections import Counter

from ironkeep.faces.console.sources import Limits
from ironkeep.ports.vault import Token
from tests.console.running import Running
from tests.faces.stand_in import House

STRANGERS, ASKED = 40, 20
BREATH_S = 0.2  # of a stranger between two questions: who asks without one starves this process, not the site alone
S = 1_000_000


def ask(port: int, token: str = "") -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("GET", "/api/v1/site", headers={"authorization": f"Bearer {token}"} if token else {})
        return line.getresponse().status
    finally:
        line.close()


def test_a_program_with_a_token_is_answered_while_strangers_wait_or_are_sent_away(tmp_path):
    house = House(tmp_path, limits=Limits(strangers_per_s=1.0, logged_in_per_s=100.0))
    now_us = house.clock().at_us
    house.account("kim")  # who answers for the program
    prefix, text = house.vault.draw_token()
    house.vault.keep_token(Token(prefix, "historian", "kim", ("see site",), now_us, now_us + 3600 * S), text)
    made_up = text[:-4] + "AAAA"
    site = Running(house)
    said: dict[str, Counter[int]] = {"strangers": Counter(), "program": Counter()}
    stop = threading.Event()

    def crowd(token: str) -> None:
        while not stop.wait(BREATH_S):
            said["strangers"][ask(site.port, token)] += 1

    threads = [threading.Thread(target=crowd, args=(made_up if i % 2 else "",), daemon=True) for i in range(STRANGERS)]
    for each in threads:
        each.start()
    try:
        while not said["strangers"][503]:  # the purse of strangers is empty, and those who wait are many
            stop.wait(0.05)
        for _ in range(ASKED):
            said["program"][ask(site.port, text)] += 1
    finally:
        stop.set()
        site.stop()
    assert said["program"] == {200: ASKED}
    assert 200 not in said["strangers"], "a made-up token is nobody's"
