"""Every request the integration makes, and everything that can go wrong with it.

Each test is one kind of request. It lives through all troubles one after the other, in one Home
Assistant, over https, and compares what was seen of all of them with one table. Between two
troubles nothing is done but waiting, so every row proves as well that its forerunner left nothing
behind.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component
from homeassistant.util import ssl as ssl_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tedee_cloud import commands

from .common import DOMAIN, act, let_time_pass, new_entry, shown, state_of
from .notes import everything_of, logged
from .simulator import (
    ABSENT,
    LOCKED,
    UNLOCKED,
    Fault,
    ManualClock,
    Recorded,
    Script,
    SimLock,
    Simulator,
)

DOOR = "lock.front_door"
NAME = "cloud.test"
DIGITS = {"there": "918273", "new": "736455"}
SHOWN: dict[int, str] = {LOCKED: "locked", UNLOCKED: "unlocked"}
HTML = "<html><body>Welcome to the hotel. Please log in.</body></html>"
HOUR = {"Retry-After": "1800"}

STATUSES = (400, 401, 403, 404, 406, 408, 409, 412, 422, 423, 428, 500, 502, 503, 504)
SLOW = {
    "a slow body": Fault(drip=1e6),
    "given up, never done": Fault(silent=True),
    "given up, done later": Fault(hold=True),
    "given up, done before": Fault(hold=True, worked=True),
}
FAULTS: dict[str, Fault] = {
    **{str(status): Fault(status=status) for status in STATUSES},
    "429 for 7 s": Fault(status=429, headers={"Retry-After": "7"}),
    "429 for 30 min": Fault(status=429, headers=HOUR),
    "404 without a body": Fault(status=404, body=b""),
    "502 in HTML": Fault(status=502, body=HTML),
    "no body": Fault(body=b""),
    "HTML": Fault(body=HTML),
    "HTML, done": Fault(body=HTML, worked=True),
    "half of the JSON": Fault(body=b'{"success":true,"result":[{"id":41'),
    "no envelope": Fault(body=[{"id": 41001}]),
    "another shape": Fault(body={"success": True, "statusCode": 200, "result": 7}),
    "no success": Fault(body={"success": False, "statusCode": 200, "errorMessages": ["No."]}),
    "an older answer": Fault(stale=True),
    "an older answer, done": Fault(stale=True, worked=True),
    "cut off": Fault(keep=20),
    "dropped": Fault(drop=True),
    "dropped, done": Fault(drop=True, worked=True),
    "reset": Fault(reset=True),
    "reset, done": Fault(reset=True, worked=True),
    **SLOW,
}
NO_ANSWER_OF_TEDEE = (
    "no body",
    "HTML",
    "HTML, done",
    "half of the JSON",
    "no envelope",
    "another shape",
)
CUT = ("dropped", "dropped, done", "reset", "reset, done")
OUTAGES = {
    "refused": aiohttp.ClientConnectorError,
    "no such name": aiohttp.ClientConnectorDNSError,
    "an expired certificate": aiohttp.ClientConnectorCertificateError,
}
TROUBLES = (*FAULTS, *OUTAGES)


def certificate(folder: Path, last_year: int) -> tuple[ssl.SSLContext, str]:
    """Return the server's side of a certificate that ends in a year, and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{NAME} {last_year}")])
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(last_year)
        .not_valid_before(datetime(2019, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(last_year, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM).decode()
    pem = folder / f"{last_year}.pem"
    pem.write_bytes(
        text.encode()
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context, text


class Names(AbstractResolver):
    """The name service: it knows the cloud, unless it is broken."""

    def __init__(self) -> None:
        """Start in order."""
        self.broken = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where a host is."""
        if self.broken or host != NAME:
            raise OSError(None, f"DNS lookup of {host} failed")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=family or socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        """Have nothing to close."""

    real_close = close


class House:
    """A lock in Home Assistant, and the ways to break what lies between it and its cloud."""

    def __init__(
        self,
        hass: HomeAssistant,
        sim: Simulator,
        clock: ManualClock,
        freezer: FrozenDateTimeFactory,
        pauses: list[float],
        sides: Mapping[str, ssl.SSLContext],
        names: Names,
    ) -> None:
        """Take everything there is."""
        self.hass = hass
        self.sim = sim
        self.clock = clock
        self.freezer = freezer
        self.pauses = pauses
        self.sides = sides
        self.names = names
        self.notes: list[str] = []
        self.lock: SimLock = sim.account.add_lock("Front door", state=UNLOCKED)

    def new_entry(self, **data: Any) -> MockConfigEntry:
        """Return the account's config entry, added but not set up."""
        entry = new_entry(self.sim, **{"url": f"https://{NAME}:{self.sim.port}", **data})
        entry.add_to_hass(self.hass)
        return entry

    async def set_up(self, **data: Any) -> MockConfigEntry:
        """Add the account."""
        entry = self.new_entry(**data)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return entry

    async def wait(self, seconds: float) -> None:
        """Let time pass in Home Assistant and at the door."""
        self.clock.advance(seconds)
        await let_time_pass(self.hass, self.freezer, seconds)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, as something to endure."""
        await self.wait(seconds)

    async def rest(self, state: int) -> None:
        """Let more than an hour pass, in which the bolt comes to a state, and forget it all."""
        self.lock.state = UNLOCKED if state is LOCKED else LOCKED
        await self.wait(3700)
        self.lock.state = state
        await self.wait(61)
        assert state_of(self.hass, DOOR) == SHOWN[state]
        self.sim.clear()
        self.pauses.clear()

    async def give_key(self) -> None:
        """Answer the question for a key, where there is one, as only a person can."""
        flows = self.hass.config_entries.flow
        for flow in flows.async_progress():
            await flows.async_configure(flow["flow_id"], {"token": self.sim.token})
        await self.hass.async_block_till_done(wait_background_tasks=True)

    def lists(self) -> list[Recorded]:
        """Return the requests for the lock list."""
        return self.sim.calls("GET", "/my/lock")

    def last_sentence(self, entry: MockConfigEntry) -> str | None:
        """Return the key of what the last poll said."""
        coordinator = entry.runtime_data
        return (
            None if coordinator.last_update_success else self.sentence(coordinator.last_exception)
        )

    async def restart(self, side: str) -> None:
        """Let the cloud go and come back, so that no connection is left."""
        await self.sim.stop()
        await turns()
        await self.sim.start(ssl_context=self.sides[side])

    @asynccontextmanager
    async def trouble(self, name: str, method: str, path: str) -> AsyncGenerator[Script | None]:
        """Let something go wrong with every request of a kind."""
        if name in FAULTS:
            script = self.sim.faults.add(FAULTS[name], method=method, path=path, times=None)
            yield script
            self.sim.faults.remove(script)
            await turns()
            return
        session = async_get_clientsession(self.hass)
        connector = session.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        connector.clear_dns_cache()
        await self.restart("expired" if name == "an expired certificate" else "good")
        self.names.broken = name == "no such name"
        if name == "refused":
            await self.sim.stop()
        await turns()
        with pytest.raises(aiohttp.ClientConnectorError) as outage:
            await session.get(f"https://{NAME}:{self.sim.port}")
        assert outage.type is OUTAGES[name]
        assert ("has expired" in str(outage.value)) == (name == "an expired certificate")
        yield None
        self.names.broken = False
        await self.restart("good")
        await turns()

    async def endure(self, work: Coroutine[Any, Any, object], script: Script | None) -> str | None:
        """Wait for something, as long as the client's patience lasts, and return what it said.

        That is the key of a sentence, None where nothing went wrong.
        """
        task = self.hass.async_create_task(work)
        met = len(script.struck) if script else 0
        while not task.done():
            await turns(1)
            if script and len(script.struck) > met and script.fault in SLOW.values():
                met += 1
                await turns()
                self.freezer.tick(5)
                async_fire_time_changed(self.hass)
        try:
            await task
        except HomeAssistantError as err:
            return self.sentence(err)
        return None

    def sentence(self, err: BaseException | None) -> str | None:
        """Return the key of what a person was told, and write all of it down."""
        if err is None:
            return None
        self.notes += everything_of(err)
        assert isinstance(err, HomeAssistantError)
        assert err.translation_domain == DOMAIN
        text = str(err)
        assert text[0].isupper()
        assert "{" not in text
        assert "\n" not in text
        return err.translation_key


def troubles_of_answers() -> list[str]:
    """Return the troubles that leave the cloud itself within reach.

    A request that follows another one is not even made where nothing is within reach.
    """
    return [name for name in TROUBLES if name not in OUTAGES]


def levels(records: Sequence[logging.LogRecord]) -> str:
    """Return the levels of what the integration has logged, below debug left out."""
    return " ".join(
        record.levelname
        for record in records
        if record.name.startswith(f"custom_components.{DOMAIN}") and record.levelname != "DEBUG"
    )


async def turns(count: int = 20) -> None:
    """Let everything go on that waits for nothing but its turn."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def house(
    hass: HomeAssistant,
    sim: Simulator,
    clock: ManualClock,
    freezer: FrozenDateTimeFactory,
    pauses: list[float],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> AsyncGenerator[House]:
    """Run the cloud behind a name and a certificate; at the end, look for secrets."""
    caplog.set_level(logging.DEBUG)
    good, good_text = certificate(tmp_path, 2999)
    expired, expired_text = certificate(tmp_path, 2020)
    names = Names()
    trust = ssl.create_default_context(cadata=good_text + expired_text)
    sides = {"good": good, "expired": expired}
    house = House(hass, sim, clock, freezer, pauses, sides, names)
    hass.loop.set_debug(enabled=False)  # most of the time would go into it
    await house.restart("good")
    with (
        patch.object(ssl_util, "client_context", return_value=trust),
        patch("homeassistant.helpers.aiohttp_client._async_make_resolver", return_value=names),
        patch(f"custom_components.{DOMAIN}.api.client.ANSWER_TIMEOUT", 4),
    ):
        yield house
        caught: Any = SimpleNamespace(records=caplog.get_records("call"))
        texts = house.notes + [
            record.getMessage() + (record.exc_text or "") for record in logged(caught)
        ]
        assert any("Finished fetching tedee_cloud" in text for text in texts)
        for secret in (sim.token, *DIGITS.values()):
            assert [text for text in texts if secret in text] == [], secret


# --- What is expected of requests that only read --------------------------------------------

READ: dict[str, str | None] = {
    **dict.fromkeys(map(str, STATUSES), "refused"),
    **dict.fromkeys(("404 without a body", "502 in HTML", "no success"), "refused"),
    "401": "key_refused",
    **dict.fromkeys(("429 for 7 s", "429 for 30 min"), "rate_limited"),
    **dict.fromkeys(NO_ANSWER_OF_TEDEE, "answer_not_understood"),
    **dict.fromkeys(("an older answer", "an older answer, done"), None),
    **dict.fromkeys(("cut off", *CUT, *SLOW), "no_answer"),
    **dict.fromkeys(OUTAGES, "cannot_connect"),
}
POLL = READ | {
    "403": "locks_not_readable",
    "404": "unsupported_version",
    "404 without a body": "unsupported_version",
}
TRIES = dict.fromkeys(TROUBLES, 1) | dict.fromkeys(OUTAGES, 0)
"""Requests on the wire, of which the cloud sees none in an outage. aiohttp would send a GET, PUT or
DELETE once more where a connection that it had kept is dropped."""


async def test_the_lock_list_at_the_start(house: House) -> None:
    """The set-up is tried again by Home Assistant, with the sentence; 401 asks for a new key."""
    flows = house.hass.config_entries.flow
    seen = {}
    for name in TROUBLES:
        house.sim.clear()
        async with house.trouble(name, "GET", "/my/lock") as script:
            entry = house.new_entry()
            await house.endure(house.hass.config_entries.async_setup(entry.entry_id), script)
            seen[name] = (entry.state, entry.error_reason_translation_key, len(house.sim.requests))
            house.notes.append(repr(entry.reason))
        assert len(flows.async_progress()) == (name == "401")
        await house.give_key()
        await house.wait(1801 if name == "429 for 30 min" else 6)
        await house.wait(30)
        assert entry.state is ConfigEntryState.LOADED, name
        assert state_of(house.hass, DOOR) == "unlocked", name
        await house.hass.config_entries.async_remove(entry.entry_id)

    states = dict.fromkeys(TROUBLES, ConfigEntryState.SETUP_RETRY) | {
        "401": ConfigEntryState.SETUP_ERROR,
        "an older answer": ConfigEntryState.LOADED,
        "an older answer, done": ConfigEntryState.LOADED,
    }
    assert seen == {name: (states[name], POLL[name], TRIES[name]) for name in TROUBLES}


async def test_the_poll(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """One missed poll changes nothing; 90 s after the last good one nothing is shown any more.

    The log has one line for the beginning and one for the end, and the bolt that was turned
    meanwhile is shown with the first good poll.
    """
    entry = await house.set_up()
    seen = {}
    for name in TROUBLES:
        await house.rest(UNLOCKED)
        begin = len(caplog.records)
        house.lock.turn("locked")
        async with house.trouble(name, "GET", "/my/lock/sync") as script:
            await house.endure(house.pass_time(61), script)
            row = [house.last_sentence(entry), len(house.sim.requests), state_of(house.hass, DOOR)]
            # 80 s after the last good poll; the client's patience has taken 5 s of the slow ones
            await house.endure(house.pass_time(14 if name in SLOW else 19), script)
            row.append(state_of(house.hass, DOOR))
            await house.endure(house.pass_time(14), script)
            row.append(state_of(house.hass, DOOR))
        await house.give_key()
        await house.wait(1801 if name == "429 for 30 min" else 31)
        assert state_of(house.hass, DOOR) == "locked", name
        seen[name] = (*row, levels(caplog.records[begin:]))

    told = dict.fromkeys(TROUBLES, "ERROR INFO") | {"401": "ERROR"}
    # While polls wait for requests, the lock can be operated, so it is not unavailable.
    late = dict.fromkeys(TROUBLES, "unavailable") | {
        **dict.fromkeys(("429 for 7 s", "429 for 30 min"), "unknown"),
    }
    expected = {
        name: (POLL[name], TRIES[name], "unlocked", "unlocked", late[name], told[name])
        for name in TROUBLES
    }
    assert seen == expected | {
        "an older answer": (None, 1, "unlocked", "unlocked", "unlocked", ""),
        "an older answer, done": (None, 1, "unlocked", "unlocked", "locked", ""),
    }


RELISTED = {"an older answer": 0, "an older answer, done": 0}
"""Lists afterwards, where it is not one."""


async def test_the_hourly_list(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """What the sync before it told is shown all the same; the list is asked again in 5 minutes."""
    entry = await house.set_up()
    seen = {}
    for name in troubles_of_answers():
        await house.rest(UNLOCKED)
        begin = len(caplog.records)
        house.lock.turn("locked")
        async with house.trouble(name, "GET", "/my/lock") as script:
            await house.endure(house.pass_time(3700), script)
            row = (house.last_sentence(entry), len(house.lists()), state_of(house.hass, DOOR))
        await house.wait(61)
        assert len(house.lists()) == row[1], name
        seen[name] = (*row, levels(caplog.records[begin:]))
        await house.give_key()
        for seconds in (1801, 31) if name == "429 for 30 min" else (61, 61, 61, 61, 61):
            await house.wait(seconds)
        assert len(house.lists()) == row[1] + RELISTED.get(name, 1), name
        assert state_of(house.hass, DOOR) == "locked", name

    expected = {name: (None, TRIES[name], "locked", "") for name in seen}
    assert seen == expected | {
        "429 for 30 min": (None, 1, "locked", "ERROR"),
    }


async def test_the_read_of_a_lock_whose_revision_moved(house: House) -> None:
    """Whatever becomes of it, the sync before it has told where the bolt is, and is shown.

    The lock is read again with the next poll, not only with the hourly list.
    """
    await house.set_up()
    seen = {}
    for name in troubles_of_answers():
        await house.rest(UNLOCKED)
        house.lock.turn("locked")
        house.lock.rename(f"Door of {name}")
        async with house.trouble(name, "GET", "/my/lock/41001") as script:
            await house.endure(house.pass_time(61), script)
            tries = len(house.sim.calls("GET", "/my/lock/41001"))
            row = (tries, state_of(house.hass, DOOR))
        await house.wait(1801 if name == "429 for 30 min" else 61)
        seen[name] = (*row, shown(house.hass, DOOR).name)

    assert seen == {name: (TRIES[name], "locked", f"Door of {name}") for name in seen}
    assert house.hass.config_entries.flow.async_progress() == []


async def test_a_lock_that_was_not_heard_of_is_shown_again_as_it_was(house: House) -> None:
    """Unavailable after 90 s, and back with the first sync that tells of it."""
    await house.set_up()
    house.lock.raw_sync = {"id": ABSENT}
    for _ in range(7):
        await house.wait(31)
    assert state_of(house.hass, DOOR) == "unavailable"

    house.lock.raw_sync = {}
    await house.wait(61)
    assert state_of(house.hass, DOOR) == "unlocked"


# --- Commands -------------------------------------------------------------------------------

BEGINNING = {"lock": UNLOCKED, "unlock": LOCKED, "open": UNLOCKED}
END = {"lock": "locked", "unlock": "unlocked", "open": "open"}
DONE = (
    "HTML, done",
    "an older answer, done",
    "cut off",
    "dropped, done",
    "reset, done",
    "a slow body",
    "given up, done before",
)
"""The cloud did what it was asked for before the answer was lost."""

COMMAND: dict[str, tuple[str | None, int]] = {
    **dict.fromkeys(TROUBLES, ("command_outcome_unknown", 1)),
    "400": ("bridge_disconnected", 1),
    "401": ("key_refused", 1),
    "403": ("remote_access_denied", 1),
    "404": ("lock_not_found", 1),
    "404 without a body": ("lock_not_found", 2),  # once in each generation
    **dict.fromkeys(("406", "412", "422", "423", "428", "no success"), ("refused", 1)),
    "409": ("command_busy", 4),
    "503": ("refused", 2),
    "429 for 7 s": ("rate_limited", 2),
    "429 for 30 min": ("rate_limited", 1),
    "another shape": ("movement_unfinished", 1),
    "an older answer": ("movement_unfinished", 1),
    **dict.fromkeys(OUTAGES, ("cannot_connect", 2)),
    **dict.fromkeys(DONE, (None, 1)),
}
"""The sentence and the tries; nothing that may have been done is tried twice."""


@pytest.mark.parametrize("generation", ["operation", "close"])
@pytest.mark.parametrize("action", ["lock", "unlock", "open"])
async def test_a_command(house: House, action: str, generation: str) -> None:
    """The bolt decides: success where it is there, else a sentence; then its true state."""
    house.sim.settings.generation = generation
    await house.set_up(generation=generation)
    await house.rest(BEGINNING[action])
    await act(house.hass, f"lock.{action}", entity_id=DOOR)
    seen = {}
    for name in TROUBLES:
        await house.rest(BEGINNING[action])
        async with house.trouble(name, "POST", "/my/lock/**") as script:
            key = await house.endure(act(house.hass, f"lock.{action}", entity_id=DOOR), script)
            tries = len(house.sim.calls("POST")) if script else 1 + len(house.pauses)
            seen[name] = (key, tries, state_of(house.hass, DOOR))
        await house.wait(1801 if name == "429 for 30 min" else 61)
        assert state_of(house.hass, DOOR) == SHOWN[house.lock.state], name

    before = SHOWN[BEGINNING[action]]
    table = dict(COMMAND)
    if generation == "operation":  # the older operation has completed, so this one has ended
        table["an older answer"] = ("movement_fell_back", 1)
    assert seen == {
        name: (*table[name], END[action] if name in DONE else before) for name in TROUBLES
    }
    assert house.hass.config_entries.flow.async_progress() == []


# --- What follows a command -----------------------------------------------------------------

QUESTION = "/my/device/operation/*"
STATE = "/my/lock/*/sync"

type Followed = tuple[str | None, str, int, int]
"""The sentence, the state right after, and the requests of both kinds."""

GIVEN_UP: dict[str, Followed] = {
    "401": ("key_refused", "unknown", 2, 1),
    "429 for 30 min": ("command_not_followed", "unknown", 2, 1),
}
NO_OPERATIONS = ("404", "404 without a body")
OLDER = ("an older answer", "an older answer, done")
FOLLOWED: dict[tuple[str, int | None], dict[str, Followed]] = {
    (QUESTION, 1): {
        **dict.fromkeys(TROUBLES, (None, "locked", 2, 1)),
        **dict.fromkeys(NO_OPERATIONS, (None, "locked", 1, 1)),
        "401": ("key_refused", "unknown", 1, 0),
        "429 for 30 min": ("command_not_followed", "unknown", 1, 0),
    },
    (QUESTION, None): {
        **dict.fromkeys(TROUBLES, (None, "locked", 2, 1)),
        **dict.fromkeys(NO_OPERATIONS, (None, "locked", 1, 1)),
        # These say that it is still pending.
        **dict.fromkeys(
            ("an older answer", "another shape"), ("movement_unfinished", "locked", 7, 1)
        ),
        "an older answer, done": (None, "locked", 3, 1),
        "401": ("key_refused", "unknown", 1, 0),
        "429 for 30 min": ("command_not_followed", "unknown", 1, 0),
    },
    (STATE, 1): {
        **dict.fromkeys(TROUBLES, (None, "locked", 2, 2)),
        **GIVEN_UP,
    },
    (STATE, None): {
        **dict.fromkeys(TROUBLES, ("command_outcome_unknown", "unknown", 2, 7)),
        "an older answer, done": (None, "locked", 2, 2),
        "429 for 7 s": ("command_not_followed", "unknown", 2, 4),
        # Time passes while they are waited for.
        **dict.fromkeys(SLOW, ("command_outcome_unknown", "unknown", 2, 5)),
        **GIVEN_UP,
    },
}


@pytest.mark.parametrize(("path", "times"), FOLLOWED)
async def test_a_question_behind_a_command(house: House, path: str, times: int | None) -> None:
    """One that fails is asked again in its turn; the command is not."""
    await house.set_up(generation="operation")
    seen = {}
    for name in troubles_of_answers():
        await house.rest(UNLOCKED)
        async with house.trouble(name, "GET", path) as script:
            assert script is not None
            script.times = times
            key = await house.endure(act(house.hass, "lock.lock", entity_id=DOOR), script)
            asked = (len(house.sim.calls("GET", kind)) for kind in (QUESTION, STATE))
            seen[name] = (key, state_of(house.hass, DOOR), *asked)
            assert len(house.sim.calls("POST")) == 1, name
        await house.wait(1801 if name == "429 for 30 min" else 61)
        assert state_of(house.hass, DOOR) == "locked", name

    assert seen == {name: FOLLOWED[path, times][name] for name in seen}
    assert house.hass.config_entries.flow.async_progress() == []


@pytest.mark.parametrize("seconds", [1, 7, 12, 20])
async def test_the_cloud_puts_the_end_of_a_command_off_once(house: House, seconds: int) -> None:
    """Questions go on for 20 s, and for as long as it asks to wait the first time."""
    await house.set_up(generation="operation")
    fault = Fault(status=429, headers={"Retry-After": str(seconds)})
    house.sim.faults.add(fault, method="GET", path="/my/**", times=None)

    key = await house.endure(act(house.hass, "lock.lock", entity_id=DOOR), None)

    assert key == "command_not_followed"
    assert house.pauses[:2] == [2.0, max(seconds, 1.2)]
    assert sum(house.pauses) <= 20 + seconds


@pytest.mark.parametrize("name", OUTAGES)
async def test_an_outage_that_begins_behind_a_command(house: House, name: str) -> None:
    """The bolt moves and nobody can ask about it: that is what is said and shown."""
    await house.set_up(generation="operation")
    await house.rest(UNLOCKED)
    async with AsyncExitStack() as stack:
        pause: Callable[[float], Awaitable[None]] = vars(commands)["sleep"]

        async def break_off(seconds: float) -> None:
            if not house.pauses:
                await stack.enter_async_context(house.trouble(name, "GET", QUESTION))
            await pause(seconds)

        with patch.object(commands, "sleep", break_off):
            key = await house.endure(act(house.hass, "lock.lock", entity_id=DOOR), None)
        assert key == "command_outcome_unknown"
        assert state_of(house.hass, DOOR) == "unknown"
        assert len(house.sim.calls("POST")) == 1
        assert house.lock.state == LOCKED
    await house.wait(61)

    assert state_of(house.hass, DOOR) == "locked"


async def test_an_older_answer_does_not_make_a_bolt_locked(house: House) -> None:
    """It tells a change from before the last one that is known."""
    await house.set_up(generation="operation")
    house.lock.turn("locked")
    await act(house.hass, "lock.lock", entity_id=DOOR)
    await house.rest(UNLOCKED)
    house.lock.outcome = "fall_back"
    house.sim.faults.add(Fault(stale=True), method="GET", path=STATE, times=None)

    key = await house.endure(act(house.hass, "lock.lock", entity_id=DOOR), None)

    assert key is not None
    assert state_of(house.hass, DOOR) != "locked"


OPEN = READ | {
    "400": "bridge_disconnected",
    "403": "remote_access_denied",
    "404": "lock_not_found",
    "404 without a body": "lock_not_found",
    "409": "command_busy",
}
"""The sentences of the question whether the bolt is out, before the spring is pulled."""


async def test_the_question_before_the_spring_is_pulled(house: House) -> None:
    """Without an answer nothing is sent, and nothing has changed."""
    await house.set_up(generation="operation")
    seen = {}
    for name in TROUBLES:
        if name in OLDER:  # a good answer, for all one can tell
            continue
        await house.rest(UNLOCKED)
        async with house.trouble(name, "GET", STATE) as script:
            key = await house.endure(act(house.hass, "lock.open", entity_id=DOOR), script)
            tries = len(house.sim.calls("GET", STATE)) if script else 1 + len(house.pauses)
            seen[name] = (key, tries, len(house.sim.calls("POST")), state_of(house.hass, DOOR))
        await house.wait(1801 if name == "429 for 30 min" else 61)
        assert state_of(house.hass, DOOR) == "unlocked", name

    tries_of = TRIES | {"409": 4, "503": 2, "429 for 7 s": 2} | dict.fromkeys(OUTAGES, 2)
    assert seen == {name: (OPEN[name], tries_of[name], 0, "unlocked") for name in seen}


# --- PINs -----------------------------------------------------------------------------------

PIN_READ = READ | {
    "400": "pin_rejected",
    "403": "pin_not_permitted",
    **dict.fromkeys(("404", "404 without a body"), "pin_not_found"),
    "406": "pin_exists",
    "408": "pin_timeout",
    "409": "pin_busy",
    **dict.fromkeys(("412", "422"), "pin_list_full"),
    "428": "pin_lock_unreachable",
}
UNCLEAR = (
    *("408", "500", "502", "502 in HTML", "504"),
    *NO_ANSWER_OF_TEDEE,
    *("cut off", *CUT, *SLOW),
)
"""What a write may have been carried out behind: the lock is asked."""
PIN_WRITE = PIN_READ | {name: None if name in DONE else "pin_unfinished" for name in UNCLEAR}
LOCK_IN_404 = dict.fromkeys(("404", "404 without a body"), "lock_not_found")
PIN_DELETE = (
    PIN_READ
    | {name: None if name in DONE else "pin_not_deleted" for name in UNCLEAR}
    | dict.fromkeys(LOCK_IN_404, "pin_not_deleted")
)
"""After a 404, the list still has it."""

type Sent = tuple[int, tuple[float, ...]]
"""How often a request leaves, and the pauses between it, its questions and its next try."""
READ_SENT: dict[str, Sent] = {
    **dict.fromkeys(TROUBLES, (1, ())),
    "408": (2, (2,)),
    "409": (4, (2, 5, 10)),
    "503": (2, (1,)),
    "429 for 7 s": (1, (7,)),  # in the test the account's own count stands still, and holds it back
    **dict.fromkeys(OUTAGES, (0, (1,))),  # the cloud sees neither of two
}
WRITE_SENT: dict[str, Sent] = {
    **READ_SENT,
    **{name: (1, (2,)) if name in DONE else (2, (2, 5, 2, 5)) for name in UNCLEAR},
}
BODY_UNREAD = ("another shape", "cut off", "a slow body")
"""Answers to an update and a delete: 204 has no body, and they need none."""


@dataclass(frozen=True, kw_only=True)
class PinAction:
    """A PIN action: its request, its sentences, and what it leaves in the lock."""

    method: str
    path: str
    data: Mapping[str, Any]
    sentences: Mapping[str, str | None]
    sent: Mapping[str, Sent]
    leaves: tuple[str, ...]
    again: str | None = None
    """The sentence for doing it once more where it was done."""


PIN_ACTIONS = {
    "get_pins": PinAction(
        method="GET",
        path="/my/lock/*/pin",
        data={},
        sentences=PIN_READ | LOCK_IN_404,
        sent=READ_SENT,
        leaves=("There",),
    ),
    "get_pin": PinAction(
        method="GET",
        path="/my/lock/*/pin/7",
        data={"pin_id": 7},
        sentences=PIN_READ,
        sent=READ_SENT,
        leaves=("There",),
    ),
    "create_pin": PinAction(
        method="POST",
        path="/my/lock/*/pin",
        data={"alias": "New", "pin": DIGITS["new"]},
        sentences=PIN_WRITE | LOCK_IN_404,
        sent=WRITE_SENT,
        leaves=("There", "New"),
        again="alias_exists",
    ),
    "update_pin": PinAction(
        method="PUT",
        path="/my/lock/*/pin/7",
        data={"pin_id": 7, "alias": "New", "pin": DIGITS["new"]},
        sentences=PIN_WRITE | dict.fromkeys(BODY_UNREAD),
        sent=WRITE_SENT | dict.fromkeys(BODY_UNREAD, (1, ())),
        leaves=("New",),
    ),
    "delete_pin": PinAction(
        method="DELETE",
        path="/my/lock/*/pin/7",
        data={"pin_id": 7},
        sentences=PIN_DELETE | dict.fromkeys(BODY_UNREAD),
        sent=WRITE_SENT | dict.fromkeys(BODY_UNREAD, (1, ())),
        leaves=(),
    ),
}


@pytest.mark.parametrize("name_of_action", PIN_ACTIONS)
async def test_a_pin_action(house: House, name_of_action: str) -> None:
    """Sent again where that can do no harm, told in a sentence that fits, never lost or doubled."""
    action = PIN_ACTIONS[name_of_action]
    pins = house.lock.pins

    def call() -> Coroutine[Any, Any, Any]:
        service = f"{DOMAIN}.{name_of_action}"
        return act(house.hass, service, dict(action.data), respond=True, entity_id=DOOR)

    def stored() -> tuple[str, ...]:
        return tuple(pin["alias"] for pin in pins.entries.values())

    def begin() -> None:
        for pin_id in list(pins.entries):
            pins.delete(pin_id)
        pins.add("There", DIGITS["there"], pin_id=7)

    begin()
    await house.set_up(generation="operation")
    await call()
    seen = {}
    for name in TROUBLES:
        begin()
        await house.rest(UNLOCKED)
        async with house.trouble(name, action.method, action.path) as script:
            key = await house.endure(call(), script)
            sent = (len(house.sim.calls(action.method, action.path)), tuple(house.pauses))
            row = (key, sent, stored())
        await house.wait(1801 if name == "429 for 30 min" else 61)
        assert state_of(house.hass, DOOR) == "unlocked", name
        if name == "given up, done later":
            row = (key, sent, stored())
        seen[name] = (*row, await house.endure(call(), None))
        assert stored() == action.leaves, name

    done = {*DONE, "given up, done later"}
    assert seen == {
        name: (
            action.sentences[name],
            action.sent[name],
            action.leaves if name in done else ("There",),
            action.again if name in done else None,
        )
        for name in TROUBLES
    }
    assert house.hass.config_entries.flow.async_progress() == []


READ_BACK: dict[str, tuple[str | None, tuple[str, ...]]] = {
    # An old list has no new PIN in it: it is sent once more, and refused as there already.
    **dict.fromkeys(TROUBLES, ("pin_outcome_unknown", ("There", "New"))),
    "an older answer, done": (None, ("There", "New")),
}


async def test_the_look_at_what_became_of_a_pin(house: House) -> None:
    """Where the answer to a write is missing and the look fails too, that is what is said."""
    pins = house.lock.pins
    await house.set_up(generation="operation")
    seen = {}
    for name in troubles_of_answers():
        for pin_id in list(pins.entries):
            pins.delete(pin_id)
        pins.add("There", DIGITS["there"], pin_id=7)
        await house.rest(UNLOCKED)
        house.sim.faults.add(Fault(drop=True, worked=True), method="POST")
        call = act(
            house.hass,
            f"{DOMAIN}.create_pin",
            {"alias": "New", "pin": DIGITS["new"]},
            respond=True,
            entity_id=DOOR,
        )
        async with house.trouble(name, "GET", "/my/lock/*/pin") as script:
            assert script is not None
            script.after = 1
            key = await house.endure(call, script)
        seen[name] = (key, tuple(pin["alias"] for pin in pins.entries.values()))
        await house.wait(1801 if name == "429 for 30 min" else 61)
        assert state_of(house.hass, DOOR) == "unlocked", name

    assert seen == {name: READ_BACK[name] for name in seen}


async def test_the_hourly_look_at_pins(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """What is shown stays, nobody is told of a change, and the next look sees what there is."""
    pins = house.lock.pins
    pins.add("There", DIGITS["there"], pin_id=7)
    await house.set_up(generation="operation")
    await house.wait(61)
    assert state_of(house.hass, "sensor.front_door_pins") == "1"
    seen = {}
    for name in TROUBLES:
        for pin_id in [pin_id for pin_id in pins.entries if pin_id != 7]:
            pins.delete(pin_id)
        await house.rest(UNLOCKED)
        await house.wait(3700)
        assert state_of(house.hass, "sensor.front_door_pins") == "1", name
        told = state_of(house.hass, "event.front_door_pin_changes")
        house.sim.clear()
        pins.add(name, DIGITS["new"])
        begin = len(caplog.records)
        async with house.trouble(name, "GET", "/my/lock/*/pin") as script:
            await house.endure(house.pass_time(3700), script)
            row = (
                len(house.sim.calls("GET", "/my/lock/*/pin")),
                state_of(house.hass, "sensor.front_door_pins"),
                state_of(house.hass, "event.front_door_pin_changes") == told,
            )
        # In an outage polls fail as well, and they say so.
        spoke = levels(caplog.records[begin:]) if name not in OUTAGES else ""
        await house.give_key()
        await house.wait(3700)
        await house.wait(3700)
        assert state_of(house.hass, "sensor.front_door_pins") == "2", name
        assert state_of(house.hass, "event.front_door_pin_changes") != told, name
        seen[name] = (*row, spoke)

    tries = TRIES | {"408": 2, "409": 4, "503": 2}
    assert seen == {name: (tries[name], "1", True, "") for name in TROUBLES}


async def test_the_log_of_a_lock_without_room(house: House) -> None:
    """Without it, the repair of a full list knows nothing of its PINs' use, and says so."""
    assert await async_setup_component(house.hass, "repairs", {})
    manager = repairs_flow_manager(house.hass)
    assert manager is not None
    house.lock.pins.add("There", DIGITS["there"], pin_id=7)
    house.lock.activity.add(38)
    house.sim.settings.pin_capacity = 1
    await house.set_up(generation="operation")
    with pytest.raises(HomeAssistantError, match="no room"):
        await act(
            house.hass,
            f"{DOMAIN}.create_pin",
            {"alias": "New", "pin": DIGITS["new"]},
            entity_id=DOOR,
        )
    [(_, issue_id)] = [key for key in ir.async_get(house.hass).issues if key[0] == DOMAIN]

    async def open_repair() -> Any:
        shown: Any = await manager.async_init(DOMAIN, data={"issue_id": issue_id})
        assert shown["type"] is FlowResultType.FORM
        manager.async_abort(shown["flow_id"])
        [options] = [field.config["options"] for field in shown["data_schema"].schema.values()]
        labels.extend(option["label"] for option in options)

    labels: list[str] = []
    await open_repair()
    seen: dict[str, tuple[int, str]] = {}
    # What takes long is shown as such, which is another test's business.
    for name in [name for name in troubles_of_answers() if name not in SLOW]:
        house.sim.clear()
        labels.clear()
        async with house.trouble(name, "GET", "/my/deviceactivity") as script:
            assert await house.endure(open_repair(), script) is None, name
            [label] = labels
            seen[name] = (len(house.sim.calls("GET", "/my/deviceactivity")), label)
        await house.wait(1801 if name == "429 for 30 min" else 61)
        assert state_of(house.hass, DOOR) == "unlocked", name

    unknown = "There: no end date, use not known"
    known = "There: not used since 2026-"
    assert {
        name: (count, label[: len(known)] if name in OLDER else label)
        for name, (count, label) in seen.items()
    } == {name: (1, known if name in OLDER else unknown) for name in seen}
    assert house.hass.config_entries.flow.async_progress() == []


FORM_ERRORS: dict[str, str | None] = {
    **dict.fromkeys(TROUBLES, "unknown"),
    "401": "invalid_auth",
    "403": "missing_permission",
    **dict.fromkeys(("404", "404 without a body"), "unsupported_version"),
    **dict.fromkeys(("429 for 7 s", "429 for 30 min"), "rate_limited"),
    **dict.fromkeys(
        ("500", "502", "502 in HTML", "503", "504", "cut off", *CUT, *SLOW, *OUTAGES),
        "cannot_connect",
    ),
    **dict.fromkeys(("an older answer", "an older answer, done"), None),
}


async def test_the_form_of_a_new_account(house: House) -> None:
    """One request for each time it is sent; nothing is stored before the cloud has said yes."""
    flows = house.hass.config_entries.flow
    typed = {
        "token": house.sim.token,
        "advanced": {"url": f"https://{NAME}:{house.sim.port}", "api_version": "v37"},
    }
    first = await house.set_up()
    await house.hass.config_entries.async_remove(first.entry_id)
    seen = {}
    for name in TROUBLES:
        house.sim.clear()
        form = await flows.async_init(DOMAIN, context={"source": "user"})
        answers: list[Any] = []

        async def send(flow_id: str = form["flow_id"], to: list[Any] = answers) -> None:
            to.append(await flows.async_configure(flow_id, typed))

        async with house.trouble(name, "GET", "/my/lock") as script:
            await house.endure(send(), script)
            tries = len(house.sim.requests)
        errors = answers[0].get("errors") or {}
        seen[name] = (errors.get("base"), tries)
        if errors:
            house.notes.append(repr(errors))
            assert house.hass.config_entries.async_entries(DOMAIN) == [], name
            await send()
        await house.hass.async_block_till_done(wait_background_tasks=True)
        [entry] = house.hass.config_entries.async_entries(DOMAIN)
        assert entry.state is ConfigEntryState.LOADED, name
        await house.hass.config_entries.async_remove(entry.entry_id)

    tries_of = TRIES | {
        "401": 2,  # once in each scheme
        **dict.fromkeys(OLDER, 2),  # with that of the set-up
    }
    assert seen == {name: (FORM_ERRORS[name], tries_of[name]) for name in TROUBLES}


# --- Wrong types ----------------------------------------------------------------------------

WRONG: tuple[object, ...] = (None, ABSENT, "six", "", -7, 10**20, 1.5, True, [], {}, [{}])
STATE_FIELDS = (
    "state",
    "doorState",
    "isCharging",
    "batteryLevel",
    "stateChangeResult",
    "lastStateChangedDate",
)
SYNC_FIELDS = ("id", "isConnected", "revision", "deviceState")
LIST_FIELDS = (
    "serialNumber",
    "name",
    "type",
    "userIdentity",
    "timeZone",
    "accessLevel",
    "softwareVersions",
    "deviceSettings",
    "accessories",
)
SETTING_FIELDS = ("pullSpringEnabled", "pullSpringDuration")


def spoiled(holder: str, fields: Sequence[str]) -> list[tuple[str, object, dict[str, Any]]]:
    """Return every field with every wrong value, and the JSON to lay over the lock's."""
    return [
        (field, value, {holder: {field: value}} if holder else {field: value})
        for field in fields
        for value in WRONG
    ]


SPOILED_SYNCS = [*spoiled("", SYNC_FIELDS), *spoiled("deviceState", STATE_FIELDS)]
SPOILED_LISTS = [*spoiled("", LIST_FIELDS), *spoiled("deviceSettings", SETTING_FIELDS)]


async def test_wrong_types_in_a_poll(house: House) -> None:
    """They spoil what they tell of, for as long as they last, and nothing of another lock."""
    back = house.sim.account.add_lock("Back door", state=LOCKED)
    entry = await house.set_up()
    for number, (field, value, over) in enumerate(SPOILED_SYNCS):
        house.lock.raw_sync = over
        back.state = LOCKED if number % 2 else UNLOCKED
        await house.wait(31)
        spoils = {
            "state": "unknown",
            "isConnected": "unlocked" if value is True else "unavailable",
            "deviceState": "unlocked" if value == {} and field == "deviceState" else "unknown",
        }
        case = f"{field}: {value!r}"
        assert house.last_sentence(entry) is None, case
        assert state_of(house.hass, "lock.back_door") == SHOWN[back.state], case
        assert state_of(house.hass, DOOR) == spoils.get(field, "unlocked"), case
        house.lock.raw_sync = {}
        await house.wait(31)
        assert state_of(house.hass, DOOR) == "unlocked", case


@pytest.mark.parametrize("seconds", [61, 3700], ids=["one lock", "the list"])
async def test_wrong_types_in_settings(house: House, seconds: int) -> None:
    """Whether one lock is read or the list: both locks stay, and show where their bolts are."""
    back = house.sim.account.add_lock("Back door", state=LOCKED)
    entry = await house.set_up()
    for number, (field, value, over) in enumerate(SPOILED_LISTS):
        case = f"{field}: {value!r}"
        house.lock.raw = over
        for lock in (house.lock, back):
            lock.state = LOCKED if number % 2 else UNLOCKED
            lock.rename(lock.name)
        await house.wait(seconds)
        assert house.last_sentence(entry) is None, case
        for lock, door in ((house.lock, DOOR), (back, "lock.back_door")):
            assert state_of(house.hass, door) == SHOWN[lock.state], case


async def test_wrong_types_in_the_state_behind_a_command(house: House) -> None:
    """Only a bolt that is known to be out was locked."""
    await house.set_up(generation="operation")
    seen = {}
    for field, value, over in SPOILED_SYNCS:
        await house.rest(UNLOCKED)
        house.lock.raw_sync = over
        key = await house.endure(act(house.hass, "lock.lock", entity_id=DOOR), None)
        seen[field, repr(value)] = (key, state_of(house.hass, DOOR))
        house.lock.raw_sync = {}
    told: dict[str, tuple[str | None, str]] = {
        "id": ("command_outcome_unknown", "unknown"),
        "isConnected": ("went_offline", "unavailable"),
        "deviceState": ("went_offline", "unknown"),
        "state": ("movement_fell_back", "unknown"),
    }
    good: tuple[str | None, str] = (None, "locked")
    assert seen == {(field, value): told.get(field, good) for field, value in seen} | {
        ("isConnected", "True"): good,
        ("deviceState", "{}"): good,
    }


COMPLETED: dict[str, object] = {"status": "COMPLETED", "result": 0}
OPERATIONS: list[dict[str, object]] = [
    *({"status": value} for value in WRONG),
    *({"result": value} for value in (*WRONG[:4], "2", 1.5, True, [2], {}, 0)),
    {"status": "completed"},
    {"result": 2},
]


async def test_wrong_types_in_an_operation(house: House) -> None:
    """Only COMPLETED is completed, and only a number other than 0 is an error."""
    await house.set_up(generation="operation")
    seen = {}
    for changed in OPERATIONS:
        await house.rest(UNLOCKED)
        result = {key: value for key, value in (COMPLETED | changed).items() if value is not ABSENT}
        fault = Fault(body={"success": True, "result": result})
        script = house.sim.faults.add(fault, method="GET", path=QUESTION, times=None)
        key = await house.endure(act(house.hass, "lock.lock", entity_id=DOOR), None)
        house.sim.faults.remove(script)
        seen[str(changed)] = (key, state_of(house.hass, DOOR))

    expected: dict[str, tuple[str | None, str]]
    expected = {str(changed): (None, "locked") for changed in OPERATIONS}
    expected |= {str({"status": value}): ("movement_unfinished", "locked") for value in WRONG}
    assert seen == expected | {str({"result": 2}): ("movement_failed", "locked")}


PIN_FIELDS: dict[str, tuple[object, ...]] = {
    "id": (4, -7, "7", True, [], {}),
    "alias": (None, ABSENT, "", -7, True, [], {}),
    "pin": (None, ABSENT, "", 918273, True, [], {}),
    **dict.fromkeys(
        ("startDate", "endDate", "dayStartTime", "dayEndTime"),
        ("six", "", "2027-13-01", -7, True, [], {}),
    ),
    "weekDays": ("six", "", "1", 1.5, True, [], {}),
}


async def test_wrong_types_in_a_pin(house: House) -> None:
    """A PIN that is not understood in every field is neither shown nor written back."""
    house.lock.pins.add("There", DIGITS["there"], pin_id=7)
    await house.set_up()
    whole = {"id": 7, **house.lock.pins[7]}
    for field, value in [(key, value) for key, values in PIN_FIELDS.items() for value in values]:
        await house.rest(UNLOCKED)
        changed = {
            key: kept for key, kept in (whole | {field: value}).items() if kept is not ABSENT
        }
        fault = Fault(body={"success": True, "result": changed})
        script = house.sim.faults.add(fault, method="GET", path="/my/lock/*/pin/7", times=None)
        for action, data in (("get_pin", {}), ("update_pin", {"alias": "New"})):
            call = act(
                house.hass,
                f"{DOMAIN}.{action}",
                {"pin_id": 7, **data},
                respond=True,
                entity_id=DOOR,
            )
            assert await house.endure(call, None) == "answer_not_understood", (field, value)
        house.sim.faults.remove(script)
        assert [call.method for call in house.sim.requests] == ["GET", "GET"], (field, value)
