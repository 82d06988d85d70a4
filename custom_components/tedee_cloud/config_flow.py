"""Config flow: adding an account, renewing its key, changing its address, through one check."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util.network import is_local
from yarl import URL

from .api import (
    DEFAULT_API_VERSION,
    DEFAULT_URL,
    TedeeAuthError,
    TedeeClient,
    TedeeConnectionError,
    TedeeError,
    TedeeNoAnswerError,
    TedeeRateLimitError,
    TedeeStatusError,
    TedeeVersionError,
)
from .const import CONF_ADVANCED, CONF_API_VERSION, CONF_SCHEME, DOMAIN, KEYS_PAGE
from .identity import identities
from .options_flow import TedeeOptionsFlow

TITLE: Final = "Tedee Cloud"
SCOPES: Final = "Device.ReadWrite, Lock.Operate"
VERSION_SHAPE: Final = re.compile(r"v\d+(\.\d+)?", re.ASCII)
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
ADVANCED: Final = section(
    vol.Schema(
        {
            vol.Required(CONF_URL, default=DEFAULT_URL): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL)
            ),
            vol.Required(CONF_API_VERSION, default=DEFAULT_API_VERSION): str,
        }
    ),
    {"collapsed": True},
)
USER_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_TOKEN): PASSWORD, vol.Required(CONF_ADVANCED): ADVANCED}
)
REAUTH_SCHEMA: Final = vol.Schema({vol.Required(CONF_TOKEN): PASSWORD})
RECONFIGURE_SCHEMA: Final = vol.Schema(
    {vol.Optional(CONF_TOKEN): PASSWORD, vol.Required(CONF_ADVANCED): ADVANCED}
)

ERRORS: Final[Mapping[type[TedeeError], str]] = {
    TedeeAuthError: "invalid_auth",
    TedeeConnectionError: "cannot_connect",
    TedeeNoAnswerError: "cannot_connect",
    TedeeRateLimitError: "rate_limited",
    TedeeVersionError: "unsupported_version",
}


@dataclass(frozen=True, slots=True)
class Account:
    """What a token turned out to be good for."""

    data: dict[str, Any]
    identities: list[str]


class InvalidInputError(Exception):
    """Something in the form that cannot be right; carries the key of its sentence."""

    def __init__(self, error: str) -> None:
        """Keep the key."""
        super().__init__(error)
        self.error = error


class TedeeConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds and changes Tedee accounts."""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> TedeeOptionsFlow:
        """Return what "Configure" opens."""
        return TedeeOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key of a new account."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                account = await self._async_check(user_input[CONF_TOKEN], user_input[CONF_ADVANCED])
            except InvalidInputError as err:
                errors["base"] = err.error
            else:
                self._async_abort_entries_match({CONF_TOKEN: account.data[CONF_TOKEN]})
                await self.async_set_unique_id(next(iter(account.identities), None))
                self._abort_if_unique_id_configured()
                return self.async_create_entry(title=TITLE, data=account.data)
        return self._show("user", USER_SCHEMA, user_input, errors)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:  # noqa: ARG002  the platform's signature
        """Begin to renew a key that the cloud no longer accepts."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new key of the same account."""
        entry = self._get_reauth_entry()
        given = user_input and {**user_input, CONF_ADVANCED: entry.data}
        return await self._async_change("reauth_confirm", REAUTH_SCHEMA, entry, given)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another key, address or version of the same account."""
        entry = self._get_reconfigure_entry()
        return await self._async_change("reconfigure", RECONFIGURE_SCHEMA, entry, user_input)

    async def _async_change(
        self, step: str, schema: vol.Schema, entry: ConfigEntry, given: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Check what was given for an account that exists, and store it."""
        errors: dict[str, str] = {}
        if given is not None:
            token = given.get(CONF_TOKEN) or entry.data[CONF_TOKEN]
            try:
                account = await self._async_check(token, given[CONF_ADVANCED])
                identity = self._same_account(entry, account)
            except InvalidInputError as err:
                errors["base"] = err.error
            else:
                address = (CONF_URL, CONF_API_VERSION)
                moved = any(account.data[key] != entry.data[key] for key in address)
                return self.async_update_reload_and_abort(
                    entry,
                    unique_id=identity,
                    data=account.data if moved else {**entry.data, **account.data},
                )
        shown = given or {CONF_ADVANCED: entry.data}
        return self._show(step, schema, shown, errors)

    def _show(
        self,
        step: str,
        schema: vol.Schema,
        values: Mapping[str, Any] | None,
        errors: dict[str, str],
    ) -> ConfigFlowResult:
        """Show a form with what was typed before."""
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
            description_placeholders={"keys_page": KEYS_PAGE, "scopes": SCOPES},
        )

    def _same_account(self, entry: ConfigEntry, account: Account) -> str | None:
        """Return the identity that an entry keeps or gets; refuse a key of another account."""
        if entry.unique_id is not None:
            if entry.unique_id not in account.identities:
                raise InvalidInputError("wrong_account")
            return entry.unique_id
        identity = next(iter(account.identities), None)
        if identity and self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, identity):
            raise InvalidInputError("wrong_account")
        return identity

    async def _async_check(self, token: str, advanced: Mapping[str, Any]) -> Account:
        """Try a key at the cloud; return what to store, or raise the sentence that says why not."""
        data = {
            CONF_TOKEN: _token(token),
            CONF_URL: _url(advanced[CONF_URL]),
            CONF_API_VERSION: _api_version(advanced[CONF_API_VERSION]),
        }
        client = TedeeClient(
            async_get_clientsession(self.hass),
            data[CONF_TOKEN],
            url=data[CONF_URL],
            api_version=data[CONF_API_VERSION],
        )
        try:
            locks = await client.get_locks()
        except TedeeError as err:
            raise InvalidInputError(_error(err)) from err
        return Account({**data, CONF_SCHEME: client.scheme}, identities(locks))


def _error(err: TedeeError) -> str:
    """Return the key of the sentence for what the cloud said of a key."""
    if isinstance(err, TedeeStatusError):
        if err.status == HTTPStatus.FORBIDDEN:
            return "missing_permission"
        return "cannot_connect" if err.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "unknown"
    return ERRORS.get(type(err), "unknown")


def _token(text: str) -> str:
    """Return a key that can stand in a header."""
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInputError("invalid_auth")
    return token


def _url(text: str) -> str:
    """Return an address to which a key can be sent without others reading it."""
    try:
        url = URL(text.strip())
    except ValueError:
        raise InvalidInputError("invalid_url") from None
    if not url.host or url.user or url.password or url.query or url.fragment:
        raise InvalidInputError("invalid_url")
    if url.scheme != "https" and not (url.scheme == "http" and _is_at_home(url.host)):
        raise InvalidInputError("invalid_url")
    return str(url).rstrip("/")


def _is_at_home(host: str) -> bool:
    """Tell whether a host is this machine or one of the local network."""
    try:
        return is_local(ip_address(host))
    except ValueError:
        return host == "localhost"


def _api_version(text: str) -> str:
    """Return a version that can stand in an address."""
    version = text.strip().lower()
    if not VERSION_SHAPE.fullmatch(version):
        raise InvalidInputError("unsupported_version")
    return version
