"""The console over real ports in one process: the engine's own desk, a spine in SQLite, a vault; only the plant is
simulated, and its turns are taken when the test says so.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.faces.console.app import create_app
from ironkeep.faces.console.sources import Sources
from ironkeep.model.access import DAY_US, NO_CONTRACT, Contract, Role, Table
from ironkeep.packs.access.read import shipped
from ironkeep.programs.site import demo_declaration
from tests.engine.engine_room import EngineRoom, engine_room
from tests.faces.stand_in import PASSWORD, PlantStage

CHEAP = Config(hash_memory_kib=1024, hash_passes=1, hash_lanes=1)


@dataclass
class Building:
    """Everything behind one console, real."""

    room: EngineRoom
    vault: AccountVault
    app: FastAPI

    def account(self, name: str, role: str) -> None:
        """Somebody with an account, not yet on the record; a vendor's person for a month."""
        now_us = self.room.clock().at_us
        contract = Contract("ACME", now_us + 30 * DAY_US) if role == Role.VENDOR else NO_CONTRACT
        self.vault.enrol(self.vault.invite(role, now_us, f"test {name}", contract), name, PASSWORD, now_us)

    def client(self) -> httpx.AsyncClient:
        """A browser or a program."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


@asynccontextmanager
async def building(folder: Path, table: Table | None = None) -> AsyncIterator[Building]:
    """A running engine, one turn old, and a console on it with the shipped table or another."""
    vault = AccountVault(folder / "vault.sqlite", CHEAP)
    async with engine_room(folder) as room:
        await room.seconds(2)
        site = demo_declaration()
        sources = Sources(
            desk=room.desk,
            facts=open_reader(folder / "spine.sqlite"),
            history=None,
            stage=PlantStage(room.plant),
            vault=vault,
            site=site,
            clock=room.clock,
            export=lambda: iter([("checkpoint", b"")]),
            access=shipped() if table is None else table,
            authority=b"0",
        )
        app = create_app(sources)
        async with app.router.lifespan_context(app):
            async for live in room.desk.follow():
                app.state.watch.take(live)
                break
            await app.state.watch.catch_up()
            yield Building(room, vault, app)
    vault.shut()


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, house: Building, name: str) -> None:
        self.house, self.name, self.client, self.csrf = house, name, house.client(), ""

    async def log_in(self) -> "Person":
        """Enter; the marks of the session are kept."""
        told = {"name": self.name, "password": PASSWORD, "to": "/"}
        assert (await self.client.post("/login", data=told)).status_code == 303
        self.csrf = (await self.client.get("/api/v1/session")).json()["csrf"]
        return self

    async def get(self, path: str, **more: object) -> httpx.Response:
        """Look."""
        return await self.client.get(path, **more)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form."""
        return await self.client.post(path, data={"csrf": self.csrf} | fields)

    async def api(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Ask the API."""
        return await self.client.post(path, json=body or {}, headers={"x-csrf": self.csrf} | headers)


async def enter(house: Building, name: str, role: str) -> Person:
    """Somebody new with that role, logged in."""
    house.account(name, role)
    return await Person(house, name).log_in()


def tell(folder: Path, story: Callable[[Building], Awaitable[None]], table: Table | None = None) -> None:
    """Run a story over a real building."""

    async def main() -> None:
        async with building(folder, table) as house:
            await story(house)

    asyncio.run(main())
