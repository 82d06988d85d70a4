"""Look behind the simulated cloud's counter: what really happened there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Self

import aiohttp

from .client import Json


class Cloud:
    """The simulator's control API, which the integration knows nothing of."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        """Hold a session."""
        self.url = url
        self._session = session

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncGenerator[Self]:
        """Provide a client of the control API."""
        async with aiohttp.ClientSession(base_url=url) as session:
            yield cls(url, session)

    async def is_running(self) -> bool:
        """Tell whether the simulator answers."""
        try:
            async with self._session.get("/sim/state") as response:
                return response.status == HTTPStatus.OK
        except aiohttp.ClientError:
            return False

    async def lock(self, name: str) -> Json:
        """Return everything about one lock: its bolt, its PINs."""
        async with self._session.get("/sim/state", raise_for_status=True) as response:
            locks: list[Json] = (await response.json())["locks"]
        return next(lock for lock in locks if lock["name"] == name)

    async def at_the_door(self, serial: str, deed: str, **details: object) -> Json:
        """Do something at a door, such as typing a PIN, and return what comes of it."""
        return await self._post(f"/sim/locks/{serial}/{deed}", details)

    async def fault(self, **fault: object) -> None:
        """Let requests go wrong."""
        await self._post("/sim/faults", fault)

    async def settings(self, **settings: object) -> None:
        """Turn switches of the cloud."""
        await self._post("/sim/settings", settings)

    async def _post(self, path: str, body: Json) -> Json:
        """Ask the control API for something."""
        async with self._session.post(path, json=body, raise_for_status=True) as response:
            answer: Json = await response.json()
        return answer

    async def commands(self) -> list[str]:
        """Return every request that was not a poll, in order."""
        async with self._session.get("/sim/requests", raise_for_status=True) as response:
            requests: list[Json] = await response.json()
        return [
            f"{request['method']} {request['path']} {request['status']}"
            for request in requests
            if not request["path"].endswith("/sync")
        ]
