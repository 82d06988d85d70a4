"""Putting an answer on the wire, whole or in one of the ways in which it can go wrong."""

import asyncio
import socket
import struct
from http import HTTPStatus

from aiohttp import web

from .envelope import EMPTY_BODY, Wire
from .faults import Fault

SECOND_PACKET = 0.01
"""Seconds between a head that announces no body and the body that follows all the same."""


def cut(request: web.Request, *, reset: bool = False) -> web.StreamResponse:
    """Close a connection without an answer."""
    transport = request.transport
    if transport is not None:
        if reset:
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def send(request: web.Request, wire: Wire, fault: Fault) -> web.StreamResponse:
    """Send an answer, as much and as fast as the fault lets through."""
    if wire.status in EMPTY_BODY:
        return await _send_bodyless(request, wire)
    if fault.keep is None and not fault.drip:
        return web.Response(status=wire.status, headers=wire.headers, body=wire.body)
    response = web.StreamResponse(status=wire.status, headers=wire.headers)
    response.content_length = len(wire.body)
    await response.prepare(request)
    if fault.keep is not None:
        await response.write(wire.body[: fault.keep])
        if request.transport is not None:
            request.transport.close()
        return response
    half = len(wire.body) // 2
    await response.write(wire.body[:half])
    await asyncio.sleep(fault.drip)
    await response.write(wire.body[half:])
    await response.write_eof()
    return response


async def _send_bodyless(request: web.Request, wire: Wire) -> web.StreamResponse:
    """Send 204 or 304; a body, which HTTP forbids there, goes past the server's good manners."""
    if not wire.body or request.transport is None:
        return web.Response(status=wire.status, headers=wire.headers)
    lines = [f"HTTP/1.1 {wire.status} {HTTPStatus(wire.status).phrase}"]
    headers = wire.headers | {"Content-Length": str(len(wire.body)), "Connection": "close"}
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request.transport.write("\r\n".join([*lines, "", ""]).encode())
    await asyncio.sleep(SECOND_PACKET)
    if request.transport is not None:
        request.transport.write(wire.body)
        request.transport.close()
    return web.Response(status=wire.status)
