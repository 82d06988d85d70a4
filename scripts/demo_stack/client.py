"""Speak Home Assistant's REST and WebSocket API."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any, Self

import aiohttp

from .errors import DemoError

REQUEST_SECONDS = 60  # an action waits for its lock
NO_ANSWER = (aiohttp.ClientError, TimeoutError)

type Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a REST call came back with."""

    status: int
    body: Json

    @property
    def sentence(self) -> str:
        """Return the message of a refusal."""
        return str(self.body.get("message", self.body))


class Client:
    """A user's connection, REST and WebSocket, with one token."""

    def __init__(self, url: str, session: aiohttp.ClientSession, token: str) -> None:
        """Hold a session; ``connect`` opens the WebSocket."""
        self.url = url
        self._session = session
        self._token = token
        self._ids = count(1)
        self._results: dict[int, asyncio.Future[Json]] = {}
        self._events: dict[int, asyncio.Queue[Json]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str) -> AsyncGenerator[Self]:
        """Provide a client that is not connected yet."""
        async with aiohttp.ClientSession(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        ) as session:
            yield cls(url, session, token)

    async def request(self, method: str, path: str, body: Json | None = None) -> Answer:
        """Call the REST API; a refusal is an answer too."""
        async with self._session.request(method, path, json=body) as response:
            if response.content_type == "application/json":
                content = await response.json()
            else:
                content = {"message": await response.text()}
            return Answer(response.status, content if isinstance(content, dict) else {"": content})

    async def is_running(self) -> bool:
        """Tell whether Home Assistant has finished its start."""
        try:
            answer = await self.request("GET", "/api/config")
        except aiohttp.ClientError:
            return False
        return answer.status == HTTPStatus.OK and answer.body["state"] == "RUNNING"

    async def action(self, name: str, data: Json, *, response: bool = False) -> Answer:
        """Perform an action, ``domain.service``."""
        query = "?return_response" if response else ""
        return await self.request("POST", f"/api/services/{name.replace('.', '/')}{query}", data)

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Self]:
        """Keep the WebSocket open."""
        async with self._session.ws_connect("/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            if (answer := await socket.receive_json())["type"] != "auth_ok":
                raise DemoError(f"The WebSocket API refused the token: {answer}")
            self._socket = socket
            reader = asyncio.create_task(self._read())
            try:
                yield self
            finally:
                reader.cancel()

    async def _read(self) -> None:
        """Hand each message to whom it is for; Home Assistant may send several at once."""
        async for frame in self._socket:
            content = frame.json()
            for message in content if isinstance(content, list) else [content]:
                if message["type"] == "event":
                    self._events[message["id"]].put_nowait(message["event"])
                elif message["type"] == "result":
                    self._results.pop(message["id"]).set_result(message)

    async def command(self, kind: str, **fields: object) -> Any:  # noqa: ANN401  JSON
        """Send a WebSocket command and return its result."""
        return await self._send(next(self._ids), kind, fields)

    async def _send(self, number: int, kind: str, fields: Json) -> Any:  # noqa: ANN401  JSON
        self._results[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "type": kind, **fields})
        async with asyncio.timeout(REQUEST_SECONDS):
            message = await self._results[number]
        if not message["success"]:
            raise DemoError(f"{kind}: {message['error']['message']}")
        return message["result"]

    async def subscribe(self, kind: str, **fields: object) -> asyncio.Queue[Json]:
        """Subscribe with a WebSocket command and return the queue its events arrive in."""
        number = next(self._ids)
        queue = self._events[number] = asyncio.Queue[Json]()
        await self._send(number, kind, fields)
        return queue
