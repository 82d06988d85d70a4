"""Start the simulated cloud and Home Assistant together, and stop them together."""

import asyncio
import fcntl
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import home
from .client import NO_ANSWER, Client
from .cloud import Cloud
from .errors import DemoError
from .processes import Process, tail

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "tedee_cloud"

HOME_PORT = 8133  # not 8123: whoever tries this may have a Home Assistant there
CLOUD_PORT = 8134
START_SECONDS = 120  # the first start on a slow machine
DEATH_SECONDS = 1


@dataclass(frozen=True)
class Stack:
    """What is running, ready to be talked to."""

    client: Client
    cloud: Cloud
    home_log: Path


type Work = Callable[[Stack], Awaitable[None]]


def run(name: str, work: Work) -> bool:
    """Do work on a fresh stack; return whether it was done before somebody stopped it.

    The folder ``.demo/<name>`` has everything the stack writes.
    """
    folder = ROOT / ".demo" / name
    with _only_one(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        home_port = _free_port(HOME_PORT)
        token = asyncio.run(home.seed(folder / "config", home_port, INTEGRATION))
        return asyncio.run(_run(folder, work, token, home_port, _free_port(CLOUD_PORT)))


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Refuse to pull the folder from under a stack that still runs in it."""
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"Another one is running in {folder}: stop that one first.") from None
        yield


def _free_port(preferred: int) -> int:
    """Return the preferred port, or any other one that is free."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((home.HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("No free port on this machine.")


async def _run(folder: Path, work: Work, token: str, home_port: int, cloud_port: int) -> bool:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    processes: list[Process] = []
    tasks: list[asyncio.Task[object]] = []
    try:
        cloud = await Process.start(
            "The simulated cloud",
            folder / "simulator.log",
            [
                sys.executable,
                "-m",
                "tests.simulator",
                "--host",
                home.HOST,
                "--port",
                str(cloud_port),
            ],
            folder=ROOT,
        )
        processes.append(cloud)
        home_assistant = await Process.start(
            "Home Assistant",
            folder / "home-assistant.log",
            [
                str(Path(sys.executable).with_name("hass")),
                *("--config", str(folder / "config")),
                *("--skip-pip", "--log-no-color"),
            ],
            folder=folder,
            modules=ROOT / "scripts" / "stubs",
        )
        processes.append(home_assistant)
        done = asyncio.create_task(
            _work(
                work,
                cloud,
                home_assistant,
                f"http://{home.HOST}:{cloud_port}",
                f"http://{home.HOST}:{home_port}",
                token,
            )
        )
        tasks = [
            done,
            asyncio.create_task(stopped.wait()),
            *(asyncio.create_task(process.wait()) for process in processes),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if done.done() and done.exception():
            # Whatever failed may have failed because a process died: that is the news then.
            await asyncio.wait(tasks[2:], timeout=DEATH_SECONDS)
        for task in reversed(tasks):
            if task.done():
                await task
        return done.done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        print("Stopping …")
        for process in reversed(processes):
            await process.stop()


async def _work(
    work: Work, cloud: Process, home_assistant: Process, cloud_url: str, home_url: str, token: str
) -> None:
    print(f"Starting the simulated cloud at {cloud_url} and Home Assistant at {home_url} …")
    async with Cloud.open(cloud_url) as cloud_client, Client.open(home_url, token) as client:
        await cloud.until(cloud_client.is_running, START_SECONDS)
        await home_assistant.until(client.is_running, START_SECONDS)
        try:
            async with client.connect():
                await work(Stack(client, cloud_client, home_assistant.log))
        except NO_ANSWER as err:
            raise DemoError(f"No answer: {err!r}\n{tail(home_assistant.log)}") from err
