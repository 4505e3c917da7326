"""Runs a story in an event loop of its own; whatever the loop had to report of callbacks fails the test."""

import asyncio

import pytest


@pytest.fixture
def run():
    """A function that runs a coroutine to its end."""

    def runner(story):
        troubles = []

        async def guarded():
            asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
            await story

        asyncio.run(guarded())
        assert not troubles, troubles

    return runner
