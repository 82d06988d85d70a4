"""Locks: list, single, sync, change; devices, operations and keys."""

from typing import Any

from .envelope import Answer, RefusedError, date_text
from .lock import SETTING_FIELDS
from .routing import READ, WRITE, Call, Route, need_access, need_admin
from .views import bridge_views, keypad_views, lock_view, sync_view

PAGED_SINCE = 26


def _views(call: Call) -> list[dict[str, Any]]:
    return [_view(call, lock.id) for lock in call.locks()]


def _view(call: Call, lock_id: object) -> dict[str, Any]:
    return lock_view(
        call.lock(lock_id),
        call.settings,
        call.version,
        with_accessories=call.flag("IncludeAccessories"),
        with_user=call.flag("IncludeUserSettings"),
    )


def list_locks(call: Call) -> Answer:
    """GET /my/lock."""
    views = _views(call)
    if call.version < PAGED_SINCE:
        return Answer(result=views)
    size = call.number("ItemsPerPage", call.settings.default_page_size)
    page = call.number("Page", 1)
    if size is not None and call.settings.max_page_size is not None:
        size = min(size, call.settings.max_page_size)
    if (size is not None and size < 1) or page is None or page < 1:
        raise RefusedError(400, "ItemsPerPage and Page start at 1.")
    if size is None:
        return Answer(result=views if page == 1 else [])
    return Answer(result=views[(page - 1) * size : page * size])


def get_lock(call: Call) -> Answer:
    """GET /my/lock/{id}."""
    return Answer(result=_view(call, call.ids[0]))


def sync_locks(call: Call) -> Answer:
    """GET /my/lock/sync; ids that are not there are left out."""
    wanted = call.query.get("id")
    return Answer(
        result=[
            sync_view(lock, call.settings, call.version)
            for lock in call.locks()
            if wanted is None or str(lock.id) in wanted
        ]
    )


def sync_lock(call: Call) -> Answer:
    """GET /my/lock/{id}/sync."""
    return Answer(result=sync_view(call.lock(call.ids[0]), call.settings, call.version))


def change_lock(call: Call) -> Answer:
    """PATCH /my/lock."""
    body = call.json
    if not isinstance(body, dict) or type(body.get("revision")) is not int:
        raise RefusedError(400, "Id and revision are required.")
    lock = call.lock(body.get("id"))
    changes = body.get("deviceSettings") or {}
    if changes or "name" in body or "timeZone" in body:
        need_admin(lock)
    else:
        need_access(lock)
    if body["revision"] != lock.revision:
        raise RefusedError(409, "Revision is not up to date.")
    lock.name = body.get("name") or lock.name
    lock.time_zone = body.get("timeZone") or lock.time_zone
    lock.revision += 1
    for key, value in changes.items():
        if key in SETTING_FIELDS:
            setattr(lock, SETTING_FIELDS[key], value)
        else:
            lock.other_settings[key] = value
    if changes:
        lock.target_device_revision = lock.revision
        lock.device_revision = lock.revision if lock.reachable else lock.device_revision
    call.done()
    return Answer(
        result={
            "id": lock.id,
            "revision": lock.revision,
            "targetDeviceRevision": lock.target_device_revision,
        }
    )


def get_operation(call: Call) -> Answer:
    """GET /my/device/operation/{operationId}."""
    operation = call.account.operations.get(str(call.ids[0]))
    if operation is None or operation.user != call.key.user:
        raise RefusedError(404, "Operation not found.")
    reachable = any(lock.reachable for lock in call.locks() if lock.id == operation.lock_id)
    now = call.account.clock.monotonic()
    completed = operation.done_at is not None and now >= operation.done_at and reachable
    return Answer(
        result={
            "deviceId": operation.lock_id,
            "operationId": operation.id,
            "type": operation.type,
            "status": "COMPLETED" if completed else "PENDING",
            "result": operation.result if completed else call.settings.pending_result,
        }
    )


def get_details(call: Call) -> Answer:
    """GET /my/device/details."""
    return Answer(
        result={
            "bridges": bridge_views(call.account, call.key.user),
            "locks": _views(call),
            "keypads": keypad_views(call.account, call.key.user),
            "gates": [],
            "dryContacts": [],
        }
    )


def list_bridges(call: Call) -> Answer:
    """GET /my/bridge."""
    return Answer(result=bridge_views(call.account, call.key.user))


def list_keypads(call: Call) -> Answer:
    """GET /my/keypad."""
    return Answer(result=keypad_views(call.account, call.key.user))


def list_keys(call: Call) -> Answer:
    """GET /my/personalaccesskey."""
    return Answer(
        result=[
            {
                "id": key.id,
                "name": key.name,
                "prefix": key.prefix,
                "scopes": list(key.scopes),
                "validTo": date_text(key.valid_to or call.account.clock.now(), call.settings),
            }
            for key in call.account.keys
            if key.user == call.key.user
        ]
    )


ROUTES = (
    Route(method="GET", path="/my/lock", scopes=READ, answer=list_locks),
    Route(method="GET", path="/my/lock/sync", scopes=READ, answer=sync_locks),
    Route(method="GET", path="/my/lock/{id}", scopes=READ, answer=get_lock),
    Route(method="GET", path="/my/lock/{id}/sync", scopes=READ, answer=sync_lock),
    Route(method="PATCH", path="/my/lock", scopes=WRITE, answer=change_lock),
    Route(
        method="GET",
        path="/my/device/operation/{name}",
        scopes=READ,
        answer=get_operation,
        served=lambda settings: settings.serves_status,
    ),
    Route(method="GET", path="/my/device/details", scopes=READ, answer=get_details),
    Route(method="GET", path="/my/bridge", scopes=READ, answer=list_bridges),
    Route(method="GET", path="/my/keypad", scopes=READ, answer=list_keypads),
    Route(
        method="GET",
        path="/my/personalaccesskey",
        scopes=("Account.Read", "Account.ReadWrite"),
        answer=list_keys,
    ),
)
