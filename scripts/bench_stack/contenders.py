"""Who is measured against this integration: bare aiohttp requests, and the peer library."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final
from unittest.mock import patch

import aiohttp
from aiotedee import TedeeCloudClient  # type: ignore[import-not-found,unused-ignore]

from .cloud import Cloud

OURS: Final = "HomeAssistant"
BARE: Final = "bare"
PEER: Final = "aiotedee"
"""How the User-Agent of each begins."""


class Bare:
    """The floor: a request, the whole answer, and nothing else."""

    def __init__(self, session: aiohttp.ClientSession, cloud: Cloud) -> None:
        """Take the session to talk through."""
        self._session = session
        self._base = f"{cloud.url}/api"
        self._headers = {"Authorization": f"PersonalKey {cloud.token}"}

    async def get(self, path: str, version: str = "v37") -> bytes:
        """Read something."""
        return await self._send("GET", f"{version}/{path}")

    async def lock(self, lock_id: int) -> None:
        """Put a command to a lock."""
        await self._send("POST", f"v37/my/lock/{lock_id}/operation/lock")

    async def create_pin(self, lock_id: int, alias: str, pin: str) -> None:
        """Store a PIN."""
        await self._send("POST", f"v37/my/lock/{lock_id}/pin", {"alias": alias, "pin": pin})

    async def _send(self, method: str, path: str, body: dict[str, str] | None = None) -> bytes:
        async with self._session.request(
            method, f"{self._base}/{path}", headers=self._headers, json=body
        ) as response:
            response.raise_for_status()
            return await response.read()


@asynccontextmanager
async def bare(cloud: Cloud) -> AsyncGenerator[Bare]:
    """Provide bare requests."""
    async with aiohttp.ClientSession(headers={"User-Agent": BARE}) as session:
        yield Bare(session, cloud)


@asynccontextmanager
async def peer(cloud: Cloud) -> AsyncGenerator[TedeeCloudClient]:
    """Provide the peer's client; it speaks version 1.32 of the API."""
    locks = f"{cloud.url}/api/v1.32/my/lock/"
    with (
        patch("aiotedee.client.cloud.API_URL_LOCK", locks),
        patch("aiotedee.client.cloud.API_URL_SYNC", f"{locks}sync"),
    ):
        async with aiohttp.ClientSession(headers={"User-Agent": PEER}) as session:
            yield TedeeCloudClient(personal_token=cloud.token, session=session)


@contextmanager
def impatient_peer() -> Iterator[None]:
    """Leave out the five seconds that the peer sleeps after the answer to a command."""
    with patch("aiotedee.client.base.LOCK_DELAY", 0):
        yield
