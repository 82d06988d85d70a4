"""The repair issue of a lock that has no room for another PIN, until it has room again."""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .coordinator import TedeeConfigEntry
from .pin_book import PinChange

ISSUE: Final = "pin_list_full"
DATA_ENTRY_ID: Final = "entry_id"
DATA_SERIAL: Final = "serial"
DATA_LOCK: Final = "lock"


@callback
def async_watch_full_lists(hass: HomeAssistant, entry: TedeeConfigEntry) -> None:
    """Tell of full lists of all locks, and of those that appear later, while the account runs."""
    coordinator = entry.runtime_data
    issues: dict[str, FullListIssue] = {}

    @callback
    def follow() -> None:
        for serial in issues.keys() - coordinator.data.keys():
            issues.pop(serial).stop()
        for serial in coordinator.data.keys() - issues.keys():
            issues[serial] = FullListIssue(hass, entry, serial)

    @callback
    def stop() -> None:
        for issue in issues.values():
            issue.stop()

    entry.async_on_unload(coordinator.async_add_listener(follow))
    entry.async_on_unload(stop)
    follow()


class FullListIssue:
    """Follows what is known of a lock's PINs, and is raised while there is no room."""

    def __init__(self, hass: HomeAssistant, entry: TedeeConfigEntry, serial: str) -> None:
        """Begin to follow."""
        self._hass = hass
        self._entry = entry
        self._serial = serial
        self._is_raised = False
        coordinator = entry.runtime_data
        self._book = coordinator.keypads.of(coordinator.data[serial]).book
        self._stop_listening = self._book.listen(self._follow)

    @callback
    def stop(self) -> None:
        """Follow no longer, and leave no issue."""
        self._stop_listening()
        self._withdraw()

    @callback
    def _follow(self, _: tuple[PinChange, ...]) -> None:
        """Raise the issue or withdraw it."""
        if not self._book.is_full:
            self._withdraw()
            return
        lock = self._entry.runtime_data.data[self._serial].name
        self._is_raised = True
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id,
            data={
                DATA_ENTRY_ID: self._entry.entry_id,
                DATA_SERIAL: self._serial,
                DATA_LOCK: lock,
            },
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE,
            translation_placeholders={"lock": lock},
        )

    @callback
    def _withdraw(self) -> None:
        """Delete the issue if it is ours: another account may see the same lock."""
        if self._is_raised:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)
        self._is_raised = False

    @property
    def _issue_id(self) -> str:
        """The issue of the lock, one at most."""
        return f"{ISSUE}_{self._serial}"
