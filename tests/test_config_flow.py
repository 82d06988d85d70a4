"""Config flow: adding an account, renewing its key, changing its address."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tedee_cloud.config_flow import _url

from .common import DOMAIN, act, add_account, let_time_pass, new_entry
from .simulator import OWNER, UNLOCKED, Access, Fault, Key, Simulator

HTML = "<html><body>Bad Gateway</body></html>"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
NEW_KEY = "newkey.Zt4/Hq+9sLm2XbVc7NfRk1WyPd0GoJaUeT6iKxQ8rEv"
STRANGER = "stranger.Yq1+Lm5/Zt8RbXc3NfVk7WsPd2GoJaHeT9iUxQ4rEw"

pytestmark = pytest.mark.usefixtures("without_keypads")

KEY_FIELD = {
    "name": "token",
    "selector": {
        "text": {"multiline": False, "multiple": False, "type": "password"}
        | {"autocomplete": "current-password"}
    },
}


def form(sim: Simulator, **typed: Any) -> dict[str, Any]:
    """Return a form filled in for the simulated cloud, with some fields typed otherwise."""
    return {
        "token": typed.get("token", sim.token),
        "advanced": {
            "url": typed.get("url", sim.url),
            "api_version": typed.get("api_version", "v37"),
        },
    }


def typed(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what stands in the fields of a form that is shown; None in an empty one."""

    def values(schema: Any) -> dict[str, Any]:
        return {
            str(key): values(value.schema)
            if isinstance(value, section)
            else (key.description or {}).get("suggested_value")
            for key, value in schema.schema.items()
        }

    return values(result["data_schema"])


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the form of a new account."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def submit(
    hass: HomeAssistant, shown: ConfigFlowResult, answers: dict[str, Any]
) -> ConfigFlowResult:
    """Send a form, and let what it sets off come to its end."""
    result = await hass.config_entries.flow.async_configure(shown["flow_id"], answers)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def add(hass: HomeAssistant, answers: dict[str, Any]) -> ConfigFlowResult:
    """Open the form of a new account and send it."""
    return await submit(hass, await begin(hass), answers)


def assert_form(result: ConfigFlowResult, step: str, error: str | None) -> None:
    """Check that a form is shown, with this error above it."""
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == step
    assert result["errors"] == ({"base": error} if error else {})


def assert_aborted(result: ConfigFlowResult, reason: str) -> None:
    """Check that a flow has ended without an entry."""
    assert (result["type"], result.get("reason")) == (FlowResultType.ABORT, reason)


def authorizations(sim: Simulator) -> list[str]:
    """Return the Authorization headers of all requests, in their order."""
    return [request.headers["Authorization"] for request in sim.requests]


# --- adding an account --------------------------------------------------------------------------


async def test_the_form_as_the_browser_sees_it(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    """A password field, and a collapsed section with the vendor's address and newest version."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    answer = await client.post("/api/config/config_entries/flow", json={"handler": DOMAIN})
    shown = await answer.json()

    assert (shown["type"], shown["step_id"], shown["errors"]) == ("form", "user", {})
    token, advanced = shown["data_schema"]
    assert token == KEY_FIELD | {"required": True}
    assert (advanced["type"], advanced["name"], advanced["expanded"]) == (
        "expandable",
        "advanced",
        False,
    )
    assert [
        (field["name"], field["default"], field["required"]) for field in advanced["schema"]
    ] == [
        ("url", "https://api.tedee.com", True),
        ("api_version", "v37", True),
    ]
    assert shown["description_placeholders"] == {
        "keys_page": "https://portal.tedee.com/personal-access-keys",
        "scopes": "Device.ReadWrite, Lock.Operate",
    }


async def test_an_account_is_added(hass: HomeAssistant, sim: Simulator) -> None:
    """One request tries the key; what is stored is what the form said and the scheme that works."""
    sim.account.add_lock("Front door")
    shown = await begin(hass)
    assert_form(shown, "user", None)
    assert sim.requests == []

    result = await submit(hass, shown, form(sim))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Tedee Cloud"
    assert entry.data == {
        "token": sim.token,
        "url": sim.url,
        "api_version": "v37",
        "scheme": "PersonalKey",
    }
    assert entry.options == {}
    assert entry.unique_id == "8b8f0c1e-0000-4000-8000-000000000001"
    assert entry.state is ConfigEntryState.LOADED
    tried = sim.requests[0]
    assert (tried.method, tried.path, tried.query_string) == (
        "GET",
        "/api/v37/my/lock",
        "ItemsPerPage=100&Page=1&IncludeAccessories=true",
    )
    assert set(authorizations(sim)) == {f"PersonalKey {sim.token}"}
    assert hass.states.get("lock.front_door") is not None


@pytest.mark.parametrize(
    ("locks", "unique_id"),
    [
        ([], None),
        ([("20240101-000007", Access.OWNER, OWNER)], OWNER),
        (
            [("20240101-000009", Access.GUEST, "a"), ("20240101-000008", Access.ADMIN, "b")],
            "20240101-000008",
        ),
        (
            [("20240101-000001", Access.GUEST, "a"), ("20240101-000002", Access.OWNER, OWNER)],
            OWNER,
        ),
        ([("20240101-000003", Access.OWNER, "")], "20240101-000003"),
    ],
    ids=["no locks", "owner", "guest", "owner and guest", "owner without identity"],
)
async def test_an_account_is_told_by_its_owner_else_by_its_lowest_serial(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[tuple[str, Access, str]],
    unique_id: str | None,
) -> None:
    """Never by its key; one without locks is set up all the same."""
    for serial, level, identity in locks:
        sim.account.add_lock(serial, serial=serial, access_level=level, user_identity=identity)
    result = await add(hass, form(sim))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == unique_id
    assert result["result"].state is ConfigEntryState.LOADED
    assert len(hass.states.async_entity_ids("lock")) == len(locks)


@pytest.mark.parametrize("max_page_size", [None, 100])
async def test_the_owner_is_found_on_the_second_page(
    hass: HomeAssistant, sim: Simulator, max_page_size: int | None
) -> None:
    """Locks of others may come first, and many."""
    sim.settings.default_page_size = 10
    sim.settings.max_page_size = max_page_size
    for number in range(100):
        sim.account.add_lock(f"Flat {number}", access_level=Access.GUEST, user_identity="landlord")
    sim.account.add_lock("Home")
    result = await add(hass, form(sim))
    assert result["result"].unique_id == OWNER
    assert [request.query["Page"] for request in sim.requests[:2]] == ["1", "2"]
    assert len(hass.states.async_entity_ids("lock")) == 101


@pytest.mark.parametrize(
    ("token", "accepted", "tried"),
    [
        (NEW_KEY, "PersonalKey", ["PersonalKey"]),
        (NEW_KEY, "Bearer", ["PersonalKey", "Bearer"]),
        (JWT, "Bearer", ["Bearer"]),
        (JWT, "PersonalKey", ["Bearer", "PersonalKey"]),
    ],
)
async def test_the_scheme_that_works_is_kept_and_used_from_then_on(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    token: str,
    accepted: str,
    tried: list[str],
) -> None:
    """The other scheme is tried once, where the likelier one is refused."""
    sim.account.add_lock("Front door")
    sim.account.add_key(Key(value=token, schemes=(accepted,)))

    result = await add(hass, form(sim, token=token))

    assert result["result"].data["scheme"] == accepted
    at_flow, later = authorizations(sim)[: len(tried)], authorizations(sim)[len(tried) :]
    assert at_flow == [f"{scheme} {token}" for scheme in tried]
    assert later
    assert set(later) == {f"{accepted} {token}"}
    sim.clear()
    await let_time_pass(hass, freezer)
    assert authorizations(sim) == [f"{accepted} {token}"]


@pytest.mark.parametrize("token", [" {} ", "{}\n", "\t{}\r\n"])
async def test_blanks_around_a_key_are_left_off(
    hass: HomeAssistant, sim: Simulator, token: str
) -> None:
    """They come along when it is copied."""
    result = await add(hass, form(sim, token=token.format(sim.token)))
    assert result["result"].data["token"] == sim.token


async def test_address_and_version_are_tidied(hass: HomeAssistant, sim: Simulator) -> None:
    """A slash, blanks and capitals make no difference."""
    result = await add(hass, form(sim, url=f" {sim.url}/ ", api_version=" V1.36 "))
    assert result["result"].data["url"] == sim.url
    assert result["result"].data["api_version"] == "v1.36"
    assert {request.path for request in sim.requests} <= {
        "/api/v1.36/my/lock",
        "/api/v1.36/my/lock/sync",
    }


def refuse_key(sim: Simulator) -> None:
    """Let the key expire."""
    sim.account.keys[0].expired = True


def retire_with(status: int) -> Callable[[Simulator], None]:
    """Return a change that retires the version with this status."""

    def change(sim: Simulator) -> None:
        sim.settings.versions = ("38",)
        sim.settings.retired = status

    return change


def fault(trouble: Fault) -> Callable[[Simulator], None]:
    """Return a change that strikes all requests with a fault."""

    def change(sim: Simulator) -> None:
        sim.faults.add(trouble, times=None)

    return change


def without_scope(sim: Simulator) -> None:
    """Take from the key what lets it read locks."""
    sim.account.keys[0].scopes = ("Lock.Operate",)


TROUBLES: list[tuple[Callable[[Simulator], None], str]] = [
    (refuse_key, "invalid_auth"),
    (fault(Fault(status=401)), "invalid_auth"),
    (fault(Fault(status=401, body=HTML)), "invalid_auth"),
    (without_scope, "missing_permission"),
    (fault(Fault(status=403, body=HTML)), "missing_permission"),
    (retire_with(404), "unsupported_version"),
    (retire_with(410), "unsupported_version"),
    (retire_with(400), "unsupported_version"),
    (fault(Fault(status=404)), "unsupported_version"),
    (fault(Fault(status=400, body=HTML)), "unsupported_version"),
    (fault(Fault(status=429, headers={"Retry-After": "120"})), "rate_limited"),
    (fault(Fault(drop=True)), "cannot_connect"),
    (fault(Fault(reset=True)), "cannot_connect"),
    (fault(Fault(keep=20)), "cannot_connect"),
    (fault(Fault(status=500)), "cannot_connect"),
    (fault(Fault(status=502, body=HTML)), "cannot_connect"),
    (fault(Fault(status=503)), "cannot_connect"),
    (fault(Fault(status=200, body=HTML)), "unknown"),
    (fault(Fault(status=200, body={"success": True})), "unknown"),
    (fault(Fault(status=200, body={"success": True, "result": {}})), "unknown"),
    (fault(Fault(status=204)), "unknown"),
    (fault(Fault(status=400)), "unknown"),
    (fault(Fault(status=418)), "unknown"),
    (fault(Fault(body=b"[" * 200_000)), "unknown"),
    (fault(Fault(status=304)), "unknown"),
]


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_every_error_is_told_and_recovered_from_in_the_same_form(
    hass: HomeAssistant, sim: Simulator, trouble: Callable[[Simulator], None], error: str
) -> None:
    """Nothing typed is lost, nothing is stored, and sending the form again makes the entry."""
    sim.account.add_lock("Front door")
    trouble(sim)

    shown = await add(hass, form(sim))

    assert_form(shown, "user", error)
    assert typed(shown) == form(sim)
    assert hass.config_entries.async_entries(DOMAIN) == []

    sim.faults.clear()
    sim.settings.versions = ("37",)
    sim.account.keys[0].expired = False
    sim.account.keys[0].scopes = ("Device.ReadWrite",)
    result = await submit(hass, shown, form(sim))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED


async def test_a_cloud_that_is_not_there_cannot_be_connected_to(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Once it is back, the same form makes the entry."""
    url = sim.url
    await sim.stop()
    shown = await add(hass, form(sim, url=url))
    assert_form(shown, "user", "cannot_connect")
    assert typed(shown) == form(sim, url=url)
    await sim.start()
    result = await submit(hass, shown, form(sim, url=url))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_cloud_that_never_answers_cannot_be_connected_to(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """A person does not wait for ever."""
    sim.faults.add(Fault(silent=True), times=None)
    with patch("custom_components.tedee_cloud.api.client.ANSWER_TIMEOUT", 0.5):
        assert_form(await add(hass, form(sim)), "user", "cannot_connect")
    assert len(sim.requests) == 1


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"token": ""}, "invalid_auth"),
        ({"token": "   "}, "invalid_auth"),
        ({"token": "\n"}, "invalid_auth"),
        ({"token": "abc\ndef"}, "invalid_auth"),
        ({"token": "abc\r\nX-Evil: 1"}, "invalid_auth"),
        ({"token": "abc def"}, "invalid_auth"),
        ({"token": "abc\x00def"}, "invalid_auth"),
        ({"token": "klucz-żółty"}, "invalid_auth"),
        ({"token": "abc\u200bdef"}, "invalid_auth"),
        ({"url": ""}, "invalid_url"),
        ({"url": "api.tedee.com"}, "invalid_url"),
        ({"url": "https://"}, "invalid_url"),
        ({"url": "http://api.tedee.com"}, "invalid_url"),
        ({"url": "http://203.0.113.5"}, "invalid_url"),
        ({"url": "http://localhost.example.com"}, "invalid_url"),
        ({"url": "ftp://127.0.0.1"}, "invalid_url"),
        ({"url": "file:///etc/passwd"}, "invalid_url"),
        ({"url": "https://user@api.tedee.com"}, "invalid_url"),
        ({"url": "https://user:pass@api.tedee.com"}, "invalid_url"),
        ({"url": "https://api.tedee.com?a=b"}, "invalid_url"),
        ({"url": "https://api.tedee.com/x?a=b"}, "invalid_url"),
        ({"url": "https://api.tedee.com/#x"}, "invalid_url"),
        ({"url": "https://api.tedee.com:99999"}, "invalid_url"),
        ({"url": "https://api.tedee.com:port"}, "invalid_url"),
        ({"url": "https://[::1"}, "invalid_url"),
        ({"api_version": ""}, "unsupported_version"),
        ({"api_version": "37"}, "unsupported_version"),
        ({"api_version": "37 "}, "unsupported_version"),
        ({"api_version": "v"}, "unsupported_version"),
        ({"api_version": "v37/../v36"}, "unsupported_version"),
        ({"api_version": "v37?x=1"}, "unsupported_version"),
        ({"api_version": "v1.2.3"}, "unsupported_version"),
        ({"api_version": "newest"}, "unsupported_version"),
        ({"url": "https://:secret@127.0.0.1"}, "invalid_url"),
        ({"api_version": "v３７"}, "unsupported_version"),  # noqa: RUF001  the point of the row
    ],
    ids=repr,
)
async def test_what_cannot_be_right_is_refused_before_any_request(
    hass: HomeAssistant, sim: Simulator, wrong: dict[str, str], error: str
) -> None:
    """The key goes nowhere; the form keeps what was typed, and takes the correction."""
    shown = await add(hass, form(sim, **wrong))
    assert_form(shown, "user", error)
    assert typed(shown) == form(sim, **wrong)
    assert sim.requests == []

    result = await submit(hass, shown, form(sim))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.tedee.com", "https://api.tedee.com"),
        (" https://API.Tedee.com/ ", "https://api.tedee.com"),
        ("https://proxy.example.com:8443/tedee/", "https://proxy.example.com:8443/tedee"),
        ("https://203.0.113.5", "https://203.0.113.5"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://192.168.1.5", "http://192.168.1.5"),
        ("http://10.0.0.5:80/", "http://10.0.0.5"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[fd00::5]", "http://[fd00::5]"),
    ],
)
def test_addresses_that_a_key_can_be_sent_to(given: str, kept: str) -> None:
    """Any host with https; plain http only at home."""
    assert _url(given) == kept


@pytest.mark.parametrize("level", [Access.OWNER, Access.GUEST])
async def test_the_same_account_cannot_be_added_twice(
    hass: HomeAssistant, sim: Simulator, level: Access
) -> None:
    """Not with another key either."""
    sim.account.add_lock("Front door", access_level=level, user_identity=OWNER)
    sim.account.add_key(Key(value=NEW_KEY))
    entry = (await add(hass, form(sim)))["result"]

    assert_aborted(await add(hass, form(sim, token=NEW_KEY)), "already_configured")
    assert_aborted(await add(hass, form(sim)), "already_configured")

    assert hass.config_entries.async_entries(DOMAIN) == [entry]
    assert entry.data["token"] == sim.token


async def test_the_same_key_of_an_account_without_locks_cannot_be_added_twice(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """There is no identity yet, but the key is the same."""
    await add(hass, form(sim))
    assert_aborted(await add(hass, form(sim)), "already_configured")


async def test_an_account_can_be_added_again_while_its_key_is_to_be_renewed(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The person is told that it is there already, and nothing about flows."""
    sim.account.add_lock("Front door")
    sim.account.add_key(Key(value=NEW_KEY))
    entry = await add_account(hass, sim)
    await entry.start_reauth_flow(hass)
    assert_aborted(await add(hass, form(sim, token=NEW_KEY)), "already_configured")


async def test_accounts_of_different_people_are_added_side_by_side(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Each with its own locks."""
    sim.account.add_lock("Front door")
    sim.account.add_key(Key(value=STRANGER, user="stranger"))
    sim.account.add_lock("Shop", user="stranger")
    first = (await add(hass, form(sim)))["result"]
    second = (await add(hass, form(sim, token=STRANGER)))["result"]
    assert (first.unique_id, second.unique_id) == (OWNER, "stranger")
    assert sorted(hass.states.async_entity_ids("lock")) == ["lock.front_door", "lock.shop"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_takes_the_key_to_no_other_host(
    hass: HomeAssistant, sim: Simulator, status: int
) -> None:
    """Whoever answers in the cloud's place cannot send it on."""
    async with Simulator() as other:
        other.account.add_lock("Trap")
        sim.faults.add(
            Fault(status=status, body=b"", headers={"Location": f"{other.url}/api/v37/my/lock"})
        )
        shown = await add(hass, form(sim))
        assert_form(shown, "user", "unknown")
        assert other.requests == []
    assert len(sim.requests) == 1


# --- renewing the key ---------------------------------------------------------------------------


def flows(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return the flows that wait for a person, by source and step."""
    return [
        (flow["context"]["source"], flow["step_id"])
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    ]


async def test_a_key_that_expires_is_asked_for_again(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Two polls in a row that are answered with 401 start it."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim, generation="operation")
    sim.account.keys[0].expired = True

    await let_time_pass(hass, freezer)
    assert flows(hass) == []
    await let_time_pass(hass, freezer)

    assert flows(hass) == [("reauth", "reauth_confirm")]
    sim.account.add_key(Key(value=NEW_KEY))
    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    shown = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert_form(shown, "reauth_confirm", None)
    assert typed(shown) == {"token": None}
    sim.clear()

    assert_aborted(await submit(hass, shown, {"token": NEW_KEY}), "reauth_successful")

    assert entry.data == {
        "token": NEW_KEY,
        "url": sim.url,
        "api_version": "v37",
        "scheme": "PersonalKey",
        "generation": "operation",
    }
    assert entry.unique_id == OWNER
    assert entry.state is ConfigEntryState.LOADED
    assert set(authorizations(sim)) == {f"PersonalKey {NEW_KEY}"}
    assert flows(hass) == []


@pytest.mark.parametrize("status", [403, 404, 429, 500])
async def test_no_other_answer_asks_for_a_new_key(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, status: int
) -> None:
    """A 403 least of all: the key is right, and may not do this."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    sim.faults.add(Fault(status=status), times=None)
    await let_time_pass(hass, freezer)
    assert len(sim.requests) == 1
    assert flows(hass) == []


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("expired", "asked"), [(False, 0), (True, 1)])
async def test_a_command_that_is_refused_leaves_it_to_a_poll_to_judge_the_key(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    *,
    expired: bool,
    asked: int,
) -> None:
    """A cloud may answer 401 for a scope that is missing; the key may still be good."""
    sim.settings.missing_scope = 401
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim)
    sim.account.keys[0].scopes = ("Device.Read",)
    sim.account.keys[0].expired = expired
    with pytest.raises(Exception, match="refused the personal access key"):
        await act(hass, "lock.lock", entity_id="lock.front_door")
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)
    assert [call.path for call in sim.requests[-2:]] == ["/api/v37/my/lock/sync"] * 2
    assert len(flows(hass)) == asked


async def test_the_key_of_another_account_is_refused_and_the_right_one_taken(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """In the same form; nothing of the other account is stored."""
    sim.account.add_lock("Front door")
    sim.account.add_lock("Shop", user="stranger")
    sim.account.add_key(Key(value=STRANGER, user="stranger"))
    sim.account.add_key(Key(value="empty.key", user="nobody"))
    sim.account.add_key(Key(value=NEW_KEY))
    entry = await add_account(hass, sim)
    before = dict(entry.data)
    shown = await entry.start_reauth_flow(hass)

    for wrong in (STRANGER, "empty.key"):
        shown = await submit(hass, shown, {"token": wrong})
        assert_form(shown, "reauth_confirm", "wrong_account")
        assert typed(shown) == {"token": wrong}
    assert entry.data == before

    assert_aborted(await submit(hass, shown, {"token": NEW_KEY}), "reauth_successful")
    assert entry.data["token"] == NEW_KEY


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_renewing_meets_the_same_errors(
    hass: HomeAssistant, sim: Simulator, trouble: Callable[[Simulator], None], error: str
) -> None:
    """And none of them changes the entry."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    before = dict(entry.data)
    trouble(sim)
    shown = await submit(hass, await entry.start_reauth_flow(hass), {"token": sim.token})
    assert_form(shown, "reauth_confirm", error)
    assert entry.data == before


async def test_a_renewed_key_may_use_the_other_scheme(hass: HomeAssistant, sim: Simulator) -> None:
    """Which works is found out anew."""
    sim.account.add_lock("Front door")
    sim.account.add_key(Key(value=JWT, schemes=("Bearer",)))
    entry = await add_account(hass, sim, generation="close")
    shown = await entry.start_reauth_flow(hass)
    sim.clear()

    assert_aborted(await submit(hass, shown, {"token": JWT}), "reauth_successful")

    assert entry.data["scheme"] == "Bearer"
    assert entry.data["generation"] == "close"
    assert set(authorizations(sim)) == {f"Bearer {JWT}"}


async def test_a_guest_keeps_its_identity_while_it_still_sees_that_lock(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Also after a lower serial was shared with it, and after it came to own a lock."""
    sim.account.add_lock("B", serial="20240101-000005", access_level=0, user_identity="landlord")
    entry = (await add(hass, form(sim)))["result"]
    sim.account.add_lock("A", serial="20240101-000001", access_level=0, user_identity="landlord")
    sim.account.add_lock("C", serial="20240101-000002")
    sim.account.add_key(Key(value=NEW_KEY))
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    [shown] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert_aborted(await submit(hass, shown, {"token": NEW_KEY}), "reauth_successful")
    assert entry.unique_id == "20240101-000005"


# --- changing key, address and version ----------------------------------------------------------


async def test_the_form_for_changes_shows_the_address_and_never_the_key(
    hass: HomeAssistant, sim: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """Neither in the form nor in what travels to the browser with it."""
    assert await async_setup_component(hass, "config", {})
    entry = await add_account(hass, sim, api_version="v1.36")
    client = await hass_client()
    answer = await client.post(
        "/api/config/config_entries/flow", json={"handler": DOMAIN, "entry_id": entry.entry_id}
    )
    text = await answer.text()
    shown = await answer.json()
    assert shown["step_id"] == "reconfigure"
    assert sim.token not in text
    token, advanced = shown["data_schema"]
    assert token == KEY_FIELD | {"required": False, "optional": True}
    assert {
        field["name"]: field["description"]["suggested_value"] for field in advanced["schema"]
    } == {"url": sim.url, "api_version": "v1.36"}


def changed(answers: dict[str, Any], token: str | None) -> dict[str, Any]:
    """Return a form with another token, None for one that was left out."""
    rest = {"advanced": answers["advanced"]}
    return rest if token is None else rest | {"token": token}


@pytest.mark.parametrize("token", [None, ""])
async def test_an_empty_token_keeps_the_present_key(
    hass: HomeAssistant, sim: Simulator, token: str | None
) -> None:
    """And where nothing has changed, what was learnt about the cloud stays as well."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim, generation="operation")
    before = dict(entry.data)
    result = await submit(hass, await entry.start_reconfigure_flow(hass), changed(form(sim), token))
    assert_aborted(result, "reconfigure_successful")
    assert entry.data == before
    assert entry.state is ConfigEntryState.LOADED
    assert set(authorizations(sim)) == {f"PersonalKey {sim.token}"}


async def test_a_new_key_of_the_same_account_is_taken(hass: HomeAssistant, sim: Simulator) -> None:
    """The way in which the cloud takes commands does not depend on it."""
    sim.account.add_lock("Front door")
    sim.account.add_key(Key(value=JWT, schemes=("Bearer",)))
    entry = await add_account(hass, sim, generation="operation")
    shown = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, shown, form(sim, token=JWT))
    assert_aborted(result, "reconfigure_successful")
    assert entry.data == {
        "token": JWT,
        "url": sim.url,
        "api_version": "v37",
        "scheme": "Bearer",
        "generation": "operation",
    }


@pytest.mark.usefixtures("pauses")
async def test_another_version_forgets_how_the_old_one_took_commands(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The next command finds out, and the requests go to the new version."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    entry = await add_account(hass, sim, generation="operation")
    shown = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, shown, changed(form(sim, api_version="v1.36"), None))
    assert_aborted(result, "reconfigure_successful")
    assert entry.data == {
        "token": sim.token,
        "url": sim.url,
        "api_version": "v1.36",
        "scheme": "PersonalKey",
    }
    sim.clear()
    await act(hass, "lock.lock", entity_id="lock.front_door")
    assert [request.path for request in sim.calls("POST")] == [
        "/api/v1.36/my/lock/close",
        "/api/v1.36/my/lock/41001/operation/lock",
    ]


async def test_another_address_forgets_how_the_old_one_took_commands(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The same account at another address; nothing more is asked of the old one."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim, generation="operation")
    async with Simulator() as other:
        other.account.add_lock("Front door")
        shown = await entry.start_reconfigure_flow(hass)
        result = await submit(hass, shown, changed(form(other), None))
        assert_aborted(result, "reconfigure_successful")
        assert entry.data["url"] == other.url
        assert "generation" not in entry.data
        assert other.requests
        assert sim.requests == []
        await hass.config_entries.async_unload(entry.entry_id)


async def test_changing_to_another_account_is_refused(hass: HomeAssistant, sim: Simulator) -> None:
    """The form keeps what was typed and takes the correction."""
    sim.account.add_lock("Front door")
    sim.account.add_lock("Shop", user="stranger")
    sim.account.add_key(Key(value=STRANGER, user="stranger"))
    sim.account.add_key(Key(value="empty.key", user="nobody"))
    entry = await add_account(hass, sim)
    before = dict(entry.data)
    shown = await entry.start_reconfigure_flow(hass)
    for wrong in (STRANGER, "empty.key"):
        shown = await submit(hass, shown, form(sim, token=wrong))
        assert_form(shown, "reconfigure", "wrong_account")
        assert typed(shown) == form(sim, token=wrong)
    assert entry.data == before
    assert_aborted(await submit(hass, shown, form(sim)), "reconfigure_successful")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"token": "a b"}, "invalid_auth"),
        ({"url": "http://api.tedee.com"}, "invalid_url"),
        ({"api_version": "37"}, "unsupported_version"),
        ({"api_version": "v99"}, "unsupported_version"),
    ],
)
async def test_a_change_that_does_not_work_is_not_stored(
    hass: HomeAssistant, sim: Simulator, wrong: dict[str, str], error: str
) -> None:
    """The form keeps what was typed; the stored key never gets into it."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    before = dict(entry.data)
    answers = changed(form(sim, **wrong), wrong.get("token"))
    shown = await submit(hass, await entry.start_reconfigure_flow(hass), answers)
    assert_form(shown, "reconfigure", error)
    assert typed(shown) == {"token": None} | answers
    assert entry.data == before
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_an_account_without_identity_takes_that_of_its_new_key(
    hass: HomeAssistant, sim: Simulator, source: str
) -> None:
    """It had no locks when it was added."""
    entry = await add_account(hass, sim)
    assert entry.unique_id is None
    sim.account.add_key(Key(value=NEW_KEY))
    sim.account.add_lock("Front door")
    if source == "reauth":
        shown = await entry.start_reauth_flow(hass)
        result = await submit(hass, shown, {"token": NEW_KEY})
    else:
        shown = await entry.start_reconfigure_flow(hass)
        result = await submit(hass, shown, form(sim, token=NEW_KEY))
    assert_aborted(result, f"{source}_successful")
    assert entry.unique_id == OWNER
    assert hass.states.get("lock.front_door") is not None


async def test_an_account_without_locks_stays_without_identity(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """A renewed key changes nothing about that."""
    sim.account.add_key(Key(value=NEW_KEY))
    entry = await add_account(hass, sim)
    shown = await entry.start_reauth_flow(hass)
    assert_aborted(await submit(hass, shown, {"token": NEW_KEY}), "reauth_successful")
    assert entry.unique_id is None
    assert entry.data["token"] == NEW_KEY


async def test_an_account_without_identity_cannot_become_one_that_is_there_already(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Else the same account would be there twice."""
    sim.account.add_key(Key(value="empty.key", user="nobody"))
    empty = MockConfigEntry(
        domain=DOMAIN, unique_id=None, data={**new_entry(sim).data, "token": "empty.key"}
    )
    empty.add_to_hass(hass)
    await hass.config_entries.async_setup(empty.entry_id)
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    shown = await submit(hass, await empty.start_reconfigure_flow(hass), form(sim, token=sim.token))
    assert_form(shown, "reconfigure", "wrong_account")
    assert empty.unique_id is None
