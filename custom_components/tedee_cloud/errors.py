"""What a person reads when something goes wrong: client exception to Home Assistant exception.

Sentences are keys of the translations; no exception text of the client or of aiohttp gets into
them.
"""

from collections.abc import Mapping
from math import ceil
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations

from .api import (
    TedeeAnswerError,
    TedeeAuthError,
    TedeeConnectionError,
    TedeeError,
    TedeeNoAnswerError,
    TedeeOutcomeUnknownError,
    TedeeRateLimitError,
    TedeeStatusError,
    TedeeUnfinishedError,
    TedeeVersionError,
)
from .const import DOMAIN

type Sentences = Mapping[int | type[TedeeError], str]
"""The sentence for each status of the cloud and each failure on the way to it."""

COMMAND_SENTENCES: Final[Sentences] = {
    400: "bridge_disconnected",
    403: "remote_access_denied",
    404: "lock_not_found",
    405: "command_not_served",
    409: "command_busy",
    410: "command_not_served",
    501: "command_not_served",
}
"""Of the vendor's page "Lock your lock", and what its other pages say of a lock that is busy."""

FOLLOW_SENTENCES: Final[Sentences] = {TedeeRateLimitError: "command_not_followed"}
"""Where a command was accepted and the cloud takes no more questions about it."""

POLL_SENTENCES: Final[Sentences] = {403: "locks_not_readable"}
"""Reading the locks needs a scope, and nothing else that a person can grant."""

PIN_SENTENCES: Final[Sentences] = {
    400: "pin_rejected",
    403: "pin_not_permitted",
    404: "pin_not_found",
    406: "pin_exists",
    408: "pin_timeout",
    409: "pin_busy",
    412: "pin_list_full",
    422: "pin_list_full",
    428: "pin_lock_unreachable",
}
"""Of the vendor's pages on PINs, of both generations: 412 and 422 both mean a full list."""

PIN_LIST_SENTENCES: Final[Sentences] = {**PIN_SENTENCES, 404: "lock_not_found"}
"""Where the request names no PIN, a 404 is about the lock."""

PIN_WRITE_SENTENCES: Final[Sentences] = {
    **PIN_SENTENCES,
    TedeeUnfinishedError: "pin_unfinished",
    TedeeOutcomeUnknownError: "pin_outcome_unknown",
}
"""Where a PIN was to be written, it matters whether it was."""

PIN_CREATE_SENTENCES: Final[Sentences] = {**PIN_WRITE_SENTENCES, 404: "lock_not_found"}

PIN_DELETE_SENTENCES: Final[Sentences] = {
    **PIN_LIST_SENTENCES,
    TedeeUnfinishedError: "pin_not_deleted",
    TedeeOutcomeUnknownError: "pin_delete_unknown",
}
"""Of a delete and of what is cleaned up by one: a PIN that is missing is no failure."""

FAILURES: Final[Sentences] = {
    TedeeConnectionError: "cannot_connect",
    TedeeNoAnswerError: "no_answer",
    TedeeAnswerError: "answer_not_understood",
    TedeeAuthError: "key_refused",
    TedeeVersionError: "unsupported_version",
}
"""What is said where a request has nothing special to say."""

NO_SENTENCES: Final[Sentences] = {}


def translated(
    err: TedeeError, sentences: Sentences = NO_SENTENCES, **placeholders: str
) -> HomeAssistantError:
    """Return the exception that tells a person what the cloud said.

    `sentences` are those of the request that failed; `placeholders` name its lock.
    """
    match err:
        case TedeeRateLimitError():
            key = sentences.get(type(err), "rate_limited")
            placeholders["minutes"] = str(ceil(err.retry_after / 60))
        case TedeeStatusError():
            key = sentences.get(err.status, "refused")
            placeholders["status"] = str(err.status)
        case _:
            key = sentences.get(type(err)) or FAILURES[type(err)]
    return failed(key, **placeholders)


def failed(key: str, **placeholders: str) -> HomeAssistantError:
    """Return the exception for something that went wrong in the world."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


def refused(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the exception for something that a person asked for and cannot have."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


async def async_sentence(hass: HomeAssistant, err: HomeAssistantError) -> str:
    """Return an exception's sentence in the language of the installation."""
    strings = await async_get_translations(hass, hass.config.language, "exceptions", {DOMAIN})
    sentence = strings[f"component.{DOMAIN}.exceptions.{err.translation_key}.message"]
    return sentence.format(**(err.translation_placeholders or {}))


async def async_combined(
    hass: HomeAssistant, failures: Mapping[str, HomeAssistantError]
) -> HomeAssistantError:
    """Return one exception for all failures of a call, by the names of what failed."""
    if len(failures) == 1:
        return next(iter(failures.values()))
    sentences = [f"{name}: {await async_sentence(hass, err)}" for name, err in failures.items()]
    own_fault = all(isinstance(err, ServiceValidationError) for err in failures.values())
    return (refused if own_fault else failed)("several_failed", reasons=" ".join(sentences))
