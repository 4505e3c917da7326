"""A console over stand-ins, asked without a network."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from ironkeep.faces.console.app import create_app
from tests.faces.stand_in import PASSWORD, House


class Visitor:
    """A browser without scripts: cookies, and the marks that forms carry."""

    def __init__(self, house, app, client):
        self.house, self.app, self.client = house, app, client
        self.csrf = ""

    async def get(self, path, **more):
        return await self.client.get(path, **more)

    async def post(self, path, fields=None, **more):
        data = {"csrf": self.csrf} | (fields or {})
        return await self.client.post(path, data=data, **more)

    async def send(self, path, fields=None):
        """The page that follows a form, as a browser without scripts ends on it."""
        answer = await self.post(path, fields)
        assert answer.status_code == 303, answer.text
        return await self.get(answer.headers["location"])

    async def log_in(self, name="kim", password=PASSWORD):
        answer = await self.client.post("/login", data={"name": name, "password": password, "to": "/"})
        if answer.status_code == 303:
            self.csrf = (await self.get("/api/v1/session")).json()["csrf"]
        return answer

    async def api(self, path, body=None, **more):
        return await self.client.post(path, json=body or {}, headers={"x-csrf": self.csrf}, **more)


@asynccontextmanager
async def visit(house):
    app = create_app(house.sources())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app):
        app.state.watch.take(house.desk.step())
        await app.state.watch.catch_up()
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield Visitor(house, app, client)


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    made.account()
    yield made
    made.vault.shut()


@pytest.fixture
def run(house) -> Callable[[Callable[[Visitor], Awaitable[None]]], None]:
    """Run a story with a visitor who is logged in as kim."""

    def runner(story, entered=True):
        async def main():
            async with visit(house) as visitor:
                if entered:
                    assert (await visitor.log_in()).status_code == 303
                await story(visitor)

        asyncio.run(main())

    return runner
