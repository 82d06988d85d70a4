"""What the cloud does with a request: version, route, key, limits, scope, work."""

import re
from inspect import isawaitable

from . import routes_activity, routes_command, routes_lock, routes_pin
from .account import Account, Key
from .envelope import Answer, RefusedError
from .limits import Limits
from .recorder import Recorded, resource
from .routing import RETIRED, UNSERVED, Call, find

ROUTES = (
    *routes_lock.ROUTES,
    *routes_command.ROUTES,
    *routes_pin.ROUTES,
    *routes_activity.ROUTES,
)
VERSION = re.compile(r"/api/v((?:1\.)?([0-9]+))(?:/.*)?", re.IGNORECASE)
SYNCS = (routes_lock.sync_locks, routes_lock.sync_lock)


class Api:
    """The vendor's pages at work on an account."""

    def __init__(self, account: Account) -> None:
        """Serve an account."""
        self._account = account
        self.limits = Limits(account.clock, account.settings)

    async def work(self, request: Recorded) -> Answer:
        """Do what a request asks for and return the answer to it."""
        try:
            return await self._work(request)
        except RefusedError as refused:
            return refused.answer

    async def _work(self, request: Recorded) -> Answer:
        settings = self._account.settings
        version = VERSION.fullmatch(request.path)
        if version is None:
            return UNSERVED[404]
        if version[1] not in settings.versions:
            return RETIRED[settings.retired]
        found = find(ROUTES, request.method, resource(request.path), settings)
        if isinstance(found, Answer):
            return found
        route, ids = found
        scheme, key = self._authorize(request)
        request.user = key.user
        is_list = route.answer is routes_lock.list_locks and scheme == "personalkey"
        self.limits.spend(
            key.user, lists=key.value if is_list else None, syncs=route.answer in SYNCS
        )
        if not set(route.scopes) & set(key.scopes):
            raise RefusedError(settings.missing_scope, MISSING_SCOPE[settings.missing_scope])
        query: dict[str, list[str]] = {}
        for name, value in request.query.items():
            query.setdefault(name.lower(), []).append(value)
        answer = route.answer(
            Call(
                account=self._account,
                key=key,
                version=int(version[2]),
                ids=ids,
                query=query,
                json=request.json,
                recorded=request,
            )
        )
        done: Answer = await answer if isawaitable(answer) else answer
        return done

    def _authorize(self, request: Recorded) -> tuple[str, Key]:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        scheme = scheme.lower()
        now = self._account.clock.now()
        for key in self._account.keys:
            schemes = [accepted.lower() for accepted in key.schemes]
            if key.value == value and scheme in schemes and key.is_valid(now):
                return scheme, key
        raise RefusedError(401, MISSING_SCOPE[401])


MISSING_SCOPE = {
    401: "You are unauthorized.",
    403: "You are not permitted to do this.",
}
