"""What happened to a lock: the newest first, page by page."""

from typing import Any

from .activity import Activity
from .envelope import Answer, RefusedError, date_text, parse_date
from .routing import Call, Route, need_access

LARGEST_PAGE = 200


def list_activities(call: Call) -> Answer:
    """GET /my/deviceactivity."""
    device_id = call.number("deviceId", None)
    if device_id is None:
        raise RefusedError(400, "DeviceId is required.")
    lock = call.lock(device_id)
    need_access(lock)
    elements = call.number("elements", LARGEST_PAGE) or 0
    if not 1 <= elements <= LARGEST_PAGE:
        raise RefusedError(400, f"Elements must be in range 1-{LARGEST_PAGE}.")
    last = call.query.get("lastelemdate")
    try:
        before = parse_date(last[-1]) if last else None
    except ValueError as err:
        raise RefusedError(400, "LastElemDate is not a date and time.") from err
    lines = lock.activity.newest(elements, before)
    return Answer(result=[_view(call, device_id, line) for line in lines])


def _view(call: Call, device_id: int, line: Activity) -> dict[str, Any]:
    return {
        "id": line.id,
        "deviceId": device_id,
        "userId": None,
        "username": line.username,
        "event": line.event,
        "source": 0,
        "date": date_text(line.date, call.settings),
    }


ROUTES = (
    Route(
        method="GET",
        path="/my/deviceactivity",
        scopes=("DeviceActivity.Read",),
        answer=list_activities,
    ),
)
