"""Locks as JSON, under the names each API version uses."""

from typing import Any

from .account import Account
from .envelope import date_text, merged
from .lock import SimLock
from .settings import Settings
from .states import BRIDGE, KEYPAD, Access

STATE_IN_LIST = 34
STATE_IN_SYNC = 35
ACCESS_DETAILS = 34
ACCESSORIES = 33
REVISION_IN_SYNC = 33


def _state(lock: SimLock, settings: Settings) -> dict[str, Any] | None:
    if not lock.reachable:
        return None
    return {
        "state": lock.bolt.state,
        "doorState": lock.door,
        "isCharging": lock.charging,
        "batteryLevel": lock.battery,
        "stateChangeResult": lock.bolt.result,
        "lastStateChangedDate": date_text(lock.bolt.changed, settings),
    }


def _connected(lock: SimLock) -> bool | None:
    return None if lock.bridge_id is None else lock.connected


def _access(lock: SimLock) -> dict[str, Any] | None:
    if lock.access_level == Access.OWNER:
        return None
    unlimited = dict.fromkeys(("weekDays", "startDate", "endDate", "dayStartTime", "dayEndTime"))
    return {
        "accessLevel": lock.access_level,
        "remoteAccessDisabled": lock.remote_access_disabled,
        **unlimited,
    }


def _renamed(view: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {old if key == new else key: value for key, value in view.items()}


def _device(lock: SimLock, settings: Settings) -> dict[str, Any]:
    """Return what all devices tell about themselves."""
    return {
        "accessLevel": lock.access_level,
        "accessDetails": _access(lock),
        "organizationId": None,
        "timeZone": lock.time_zone,
        "created": date_text(lock.created, settings),
        "revision": lock.revision,
        "targetDeviceRevision": lock.target_device_revision,
        "deviceRevision": lock.device_revision,
        "userIdentity": lock.user_identity,
        "beaconMajor": lock.id % 997,
        "beaconMinor": lock.id % 991,
    }


def lock_view(
    lock: SimLock,
    settings: Settings,
    version: int,
    *,
    with_accessories: bool = False,
    with_user: bool = False,
) -> dict[str, Any]:
    """Return a lock as lists and single reads show it."""
    accessories = [] if lock.keypad_id is None else [{"id": lock.keypad_id, "deviceType": KEYPAD}]
    asked = with_accessories or not settings.accessories_on_request
    view = {
        "id": lock.id,
        "serialNumber": lock.serial,
        "name": lock.name,
        "type": lock.type,
        "connectedToId": lock.bridge_id,
        "isConnected": _connected(lock),
        "deviceState": _state(lock, settings),
        "deviceSettings": lock.device_settings(),
        "userSettings": {"favorite": False} if with_user else None,
        "accessories": accessories if asked else None,
        "softwareVersions": [
            {
                "softwareType": 0,
                "version": lock.firmware.version,
                "updateAvailable": lock.firmware.update_available,
            }
        ],
        **_device(lock, settings),
    }
    view = merged(view, lock.raw)
    if version < ACCESSORIES:
        view.pop("accessories", None)
        view["connectedToKeypadId"] = lock.keypad_id
    if version < ACCESS_DETAILS:
        view = _renamed(view, "shareDetails", "accessDetails")
    if version < STATE_IN_LIST:
        view = _renamed(view, "lockProperties", "deviceState")
    return view


def sync_view(lock: SimLock, settings: Settings, version: int) -> dict[str, Any]:
    """Return a lock as sync shows it."""
    view: dict[str, Any] = {
        "id": lock.id,
        "isConnected": _connected(lock),
        "deviceState": _state(lock, settings),
    }
    if version >= REVISION_IN_SYNC:
        view["revision"] = lock.revision
    view = merged(view, {key: value for key, value in lock.raw.items() if key in view})
    view = merged(view, lock.raw_sync)
    if version < STATE_IN_SYNC:
        view = _renamed(view, "lockProperties", "deviceState")
    return view


def bridge_views(account: Account, user: str) -> list[dict[str, Any]]:
    """Return the bridges of a user's locks."""
    by_id: dict[int, list[SimLock]] = {}
    for lock in account.seen_by(user):
        if lock.bridge_id is not None:
            by_id.setdefault(lock.bridge_id, []).append(lock)
    return [
        {
            **_device(locks[0], account.settings),
            "id": bridge_id,
            "serialNumber": f"20230101-{bridge_id:06d}",
            "name": f"Bridge {bridge_id}",
            "type": BRIDGE,
            "isConnected": any(lock.connected for lock in locks),
            "isUpdating": False,
            "wasConfigured": True,
            "softwareVersions": [
                {"softwareType": kind, "version": "2.2.41000", "updateAvailable": False}
                for kind in (0, 1)
            ],
        }
        for bridge_id, locks in by_id.items()
    ]


def keypad_views(account: Account, user: str) -> list[dict[str, Any]]:
    """Return the keypads of a user's locks."""
    return [
        {
            **_device(lock, account.settings),
            "id": lock.keypad_id,
            "serialNumber": f"20230201-{lock.keypad_id:06d}",
            "name": f"Keypad {lock.keypad_id}",
            "type": KEYPAD,
            "connectedToId": lock.bridge_id,
            "connectedToLockId": lock.id,
            "isConnected": None,
            "deviceSettings": {"batteryType": 0, "soundLevel": 1, "backlightLevel": 2},
            "deviceState": {"batteryLevel": 70},
            "softwareVersions": [],
        }
        for lock in account.seen_by(user)
        if lock.keypad_id is not None
    ]
