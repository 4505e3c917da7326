"""The API keeps its own description: schemathesis asks the running application, over real ports, what it says that it
answers, with right and wrong requests.
"""

import asyncio
import copy
import re
import threading
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    load_all_checks,
    negative_data_rejection,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from ironkeep.model.time import SECOND_US
from tests.faces.real import building, enter

EXAMPLES_MAX = 4  # for each address and each kind of request
KEPT = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
THERE = {
    "asset": {"enum": ["cab-a", "cab-b"]},
    "string": {"enum": ["cab-a.s1"]},
    "point": {"enum": ["soc_pct"]},
    "seq": {"type": "integer", "minimum": 0, "maximum": 3},
    "since": {"enum": ["2026-11-20T11:20:04Z"]},
    "until": {"enum": ["2026-11-22T11:20:04Z"]},
    "cursor": {"enum": [""]},
}
load_all_checks()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A building on a thread of its own, with an admin's cookie and mark; the test asks it through ASGI."""
    ready, held = threading.Event(), {}

    async def live() -> None:
        async with building(tmp_path_factory.mktemp("contract")) as house:
            ann = await enter(house, "ann", "admin")
            held.update(app=house.app, clock=house.room.clock, loop=asyncio.get_running_loop())
            held.update(cookies=dict(ann.client.cookies), csrf=ann.csrf)
            held["schema"] = (await ann.get("/api/v1/openapi.json")).json()
            held["done"] = asyncio.Event()
            ready.set()
            await held["done"].wait()

    thread = threading.Thread(target=asyncio.run, args=(live(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    yield held
    held["loop"].call_soon_threadsafe(held["done"].set)
    thread.join(30)


def on_its_loop(held):
    """The application as seen from another thread: each request runs on the loop that it lives on."""

    async def app(scope, receive, send):
        async def there():
            await held["app"](scope, receive_there, send_there)

        mine = asyncio.get_running_loop()

        async def receive_there():
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(receive(), mine))

        async def send_there(message):
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(send(message), mine))

        if scope["type"] == "http":
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), held["loop"]))

    return app


@pytest.mark.timeout(600)  # some hundred requests: 20 s of processor, minutes on a machine that does other things
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_address_keeps_the_contract(running, mode):
    schema = schemathesis.openapi.from_dict(narrowed(running["schema"], mode))
    schema.app = on_its_loop(running)
    cookie = "; ".join(f"{name}={value}" for name, value in running["cookies"].items())
    headers = {"cookie": cookie, "x-csrf": running["csrf"], "host": "127.0.0.1"}
    seen = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        checks = KEPT + ((negative_data_rejection,) if mode is GenerationMode.NEGATIVE else ())
        if mode is GenerationMode.POSITIVE or deniable(running["schema"]["paths"][operation.path][operation.method]):
            asked = walk(operation, mode, checks, running["clock"], headers)
            assert asked, operation.path
            seen += asked
    wanted = 200 if mode is GenerationMode.POSITIVE else 422
    assert len([path for path, status in seen if status == wanted]) > 15, seen


def narrowed(told, mode):
    """The description without its log-ins (the test brings its own); for right requests, with things that exist."""
    told = copy.deepcopy(told)
    del told["security"], told["components"]["securitySchemes"]
    for each in told["paths"].values() if mode is GenerationMode.POSITIVE else ():
        for parameter in each.get("get", {}).get("parameters", ()):
            if parameter["name"] in THERE:
                parameter["schema"] = THERE[parameter["name"]]
    return told


def deniable(told):
    """Can an address be asked wrongly? Not where it takes nothing, or only words in its path, of which any is right."""
    taken = [each["schema"] for each in told.get("parameters", ())]
    return "requestBody" in told or any(
        set(schema) - {"title"} != {"type"} or schema["type"] != "string" for schema in taken
    )


def walk(operation, mode, checks, clock, headers):
    """Ask one address in several ways; how often each status came."""
    asked = Counter()

    @settings(
        max_examples=EXAMPLES_MAX,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def keeps(case):
        clock.mono_us += SECOND_US  # so that nobody asks too fast
        answer = case.call_and_validate(headers=headers, checks=list(checks))
        asked[case.path, answer.status_code] += 1

    keeps()
    return asked


def test_the_description_names_every_address_of_the_api(running):
    from tests.faces.test_who_may import routes

    told = {f"{m.upper()} {path}" for path, each in running["schema"]["paths"].items() for m in each}
    found = {way for way in routes(running["app"]) if re.match(r"\w+ /(api|healthz)", way)}
    assert found - told == {"GET /api/v1/openapi.json"}
