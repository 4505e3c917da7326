"""Live streams: what changed and nothing else, at most four a log-in, and the same text as the page."""

import asyncio

from ironkeep.faces.console.painter import changed, partials
from ironkeep.faces.console.routes import PAGES
from ironkeep.faces.console.streams import event
from ironkeep.ports.vault import Session


def test_only_regions_that_changed_are_sent():
    old: dict[str, str] = {}
    assert list(changed(old, {"a": "1", "b": "2"})) == [("a", "1"), ("b", "2")]
    assert list(changed(old, {"a": "1", "b": "3"})) == [("b", "3")]


def test_an_event_keeps_every_line_of_its_text():
    assert event("a\nb") == b"data: a\ndata: b\n\n"
    assert event("", "ended") == b"event: ended\ndata: \n\n"


async def read(visitor, path, messages):
    """The first messages of a stream, read from the application itself."""
    sent: list[bytes] = []
    done = asyncio.Event()
    cookies = "; ".join(f"{key}={value}" for key, value in visitor.client.cookies.items())
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "", "raw_path": path.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookies.encode())],
    }  # fmt: skip

    async def receive():
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message.get("body"):
            sent.append(message["body"])
        if sum(chunk.startswith(b"data") for chunk in sent) >= messages:
            done.set()

    task = asyncio.create_task(visitor.app(scope, receive, send))
    await asyncio.wait_for(done.wait(), 20)
    await asyncio.wait_for(task, 20)
    return b"".join(sent).decode()


def test_the_first_message_is_the_page_and_later_ones_are_smaller(run):
    async def story(visitor):
        text = await read(visitor, "/live/site", 2)
        first, second = [part for part in text.split("\n\n") if part.startswith("data")][:2]
        assert 'hx-target="#r-banks"' in first
        assert 'id="r-alarms_side"' in first
        assert 'id="r-alarms_side"' not in second
        assert visitor.app.state.streams.open == 0

    run(story)


def test_the_fifth_stream_of_a_log_in_is_told_to_poll(run, house):
    async def story(visitor):
        streams = visitor.app.state.streams
        csrf = visitor.csrf
        streams._open[csrf] = 4
        answer = await visitor.get("/live/site")
        assert answer.headers["x-ironkeep-stream"] == "poll"
        assert "<hx-partial" in answer.text
        assert not streams.room(csrf)
        assert streams.room("somebody else")
        del streams._open[csrf]

    run(story)


def test_an_ended_session_ends_its_stream(run, house):
    async def story(visitor):
        feed = visitor.app.state.streams.feed(
            PAGES["site"],
            {},
            Session("kim", "operator", "x", 0, 0),
            lambda: house.vault.session(visitor.client.cookies["ironkeep_session"], house.clock().at_us) is not None,
        )
        found = []
        async for message in feed:
            found.append(message)
            house.vault.close(visitor.client.cookies["ironkeep_session"])
        assert len(found) > 1
        assert found[-1].startswith(b"event: ended")

    run(story)


def test_partials_carry_each_region_to_its_own_element():
    assert partials({"r-a": "<p>x</p>"}) == '<hx-partial hx-target="#r-a" hx-swap="outerMorph"><p>x</p></hx-partial>'
