"""A stand-in of Slack's Web API and of incoming webhooks on 127.0.0.1, with the real limits.

It refuses what the real one refuses, in its words: bad blocks (`slack_checks`), bad tokens,
missing scopes, channels that are archived or not joined, posts too fast. It can be told to fail as
networks do. Sources: docs.slack.dev/reference/methods, docs.slack.dev/apis/web-api/rate-limits.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from digest.standins.server import LocalServer
from digest.standins.slack_workspace import ChannelState, Refusal, Workspace

TOKEN = "xoxb-stand-in"
SCOPES = (
    "chat:write,channels:read,groups:read,im:write,channels:join,channels:history,groups:history"
)
TEAM = {"team": "Stand-in", "team_id": "T0STANDIN", "user": "digest", "user_id": "U0DIGEST"}

Fault = Literal["cut_before", "cut_after", "late", "error_500", "html", "flood"]

NEEDED_SCOPES: Mapping[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.list": "channels:read",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
}
# Statuses of a webhook's answers; everything of the Web API is 200 but too many calls.
WEBHOOK_STATUSES: Mapping[str, int] = {
    "channel_not_found": 404,
    "channel_is_archived": 410,
    "is_archived": 410,
    "restricted_action_read_only_channel": 403,
    "not_in_channel": 404,
    "no_service": 404,
    "ratelimited": 429,
}


@dataclass(slots=True)
class _PlannedFault:
    kind: Fault
    seconds: float
    retry_after: int


class SlackStandIn:
    """The stand-in; `with SlackStandIn() as slack:` serves it at `slack.url`.

    `channel_per_second` is the rate it allows in one channel, `edits_per_minute` that of all edits,
    None for no limit. `token` may be given a state (`set_token`) and `scopes` be taken away.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        port: int = 0,
        scopes: str = SCOPES,
        channel_per_second: float | None = 1,
        edits_per_minute: int | None = 50,
    ) -> None:
        # A little less than asked for: the wire brings two posts closer together.
        self._spacing = 0.95 / channel_per_second if channel_per_second else 0.0
        self._edits_per_minute = edits_per_minute
        self._given = token, scopes
        self.reset()
        routes = [
            Route("/api/{method}", self._serve, methods=["GET", "POST"]),
            Route("/services/{secret:path}", self._serve_hook, methods=["POST"]),
        ]
        self._server = LocalServer(Starlette(routes=routes), port)

    def reset(self) -> None:
        """As at the start: no message, no fault, a good token, every channel open."""
        self.token, self.scopes = self._given
        self.workspace = Workspace(self._spacing, self._edits_per_minute)
        self.calls: list[str] = []  # methods, in the order in which they came
        self._token_error = ""
        self._hooks: dict[str, str] = {}  # secret -> channel ID
        self._plans: deque[_PlannedFault | str] = deque()
        self.fail_often(lambda: None)

    @property
    def url(self) -> str:
        """For DIGEST_SLACK_API_URL."""
        return f"{self._server.url}/api/"

    def webhook(self, channel: str = "#general") -> str:
        """The URL of an incoming webhook that posts to `channel`."""
        channel_id = self.workspace.channel_id(channel)
        secret = f"T0STANDIN/B0{len(self._hooks):06d}/secret{len(self._hooks):06d}hook"
        self._hooks[secret] = channel_id
        return f"{self._server.url}/services/{secret}"

    def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """What the channels show now, oldest first, as plain dicts (the fields of StoredMessage,
        and `channel_name`)."""
        return self.workspace.messages(channel)

    def set_channel(self, channel: str, state: ChannelState) -> None:
        """How a channel answers from now on; all are "open" until said otherwise."""
        self.workspace.set_channel(channel, state)

    def set_token(self, error: str) -> None:
        """What every call is refused with ("token_revoked"); "" for a good token."""
        self._token_error = error

    def refuse_next(self, *codes: str) -> None:
        """The next calls are refused with these error codes, one each."""
        self._plans.extend(codes)

    def fail_next(
        self, kind: Fault, *, times: int = 1, seconds: float = 5.0, retry_after: int = 1
    ) -> None:
        """The next `times` calls fail.

        cut_before and cut_after: the connection is cut before or after the call has acted; late:
        it acts and answers after `seconds`; error_500: refused in JSON; html: it acts and answers
        with a page; flood: refused for `retry_after` seconds.
        """
        self._plans.extend(_PlannedFault(kind, seconds, retry_after) for _ in range(times))

    def fail_often(self, chance: Callable[[], Fault | None], *, seconds: float = 5.0) -> None:
        """Each call that nothing was planned for fails as `chance` says; None: it does not."""
        self._chance, self._late = chance, seconds

    def _by_chance(self) -> _PlannedFault | None:
        kind = self._chance()
        return _PlannedFault(kind, self._late, 1) if kind else None

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self, request: Request) -> Response:
        method = request.path_params["method"]

        async def act() -> dict[str, Any]:
            self._authorise(request, method)
            handler = self._methods().get(method)
            if handler is None:
                raise Refusal("unknown_method")
            return handler(await _arguments(request))

        return await self._acted(method, act, _answered, _refused, self.scopes)

    async def _serve_hook(self, request: Request) -> Response:
        async def act() -> dict[str, Any]:
            channel = self._hooks.get(request.path_params["secret"])
            if channel is None:
                raise Refusal("no_service")
            return self.workspace.post(await request.json() | {"channel": channel}, webhook=True)

        return await self._acted("webhook", act, _hook_answered, _hook_refused, "")

    async def _acted(
        self,
        method: str,
        act: Callable[[], Any],
        answered: Callable[[dict[str, Any]], Response],
        refused: Callable[[Refusal], Response],
        scopes: str,
    ) -> Response:
        """The answer to one call, or the fault that was planned for it."""
        self.calls.append(method)
        plan = self._plans.popleft() if self._plans else self._by_chance()
        fault = plan if isinstance(plan, _PlannedFault) else None
        if fault and fault.kind == "cut_before":
            return _Cut()
        try:
            if isinstance(plan, str):
                raise Refusal(plan)
            if fault and fault.kind == "flood":
                raise Refusal("ratelimited", retry_after=fault.retry_after)
            if fault and fault.kind == "error_500":
                return JSONResponse({"ok": False, "error": "internal_error"}, 500)
            response = answered(await act())
        except Refusal as refusal:
            response = refused(refusal)
        if fault and fault.kind == "cut_after":
            return _Cut()
        if fault and fault.kind == "html":
            return HTMLResponse("<html><body>Welcome to the hotel's network</body></html>")
        if fault and fault.kind == "late":
            await asyncio.sleep(fault.seconds)
        if scopes:
            response.headers["x-oauth-scopes"] = scopes
        return response

    def _authorise(self, request: Request, method: str) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not given:
            raise Refusal("not_authed")
        if given != self.token:
            raise Refusal("invalid_auth")
        if self._token_error:
            raise Refusal(self._token_error)
        needed = NEEDED_SCOPES.get(method)
        if needed and needed not in self.scopes.split(","):
            raise Refusal("missing_scope", needed=needed, provided=self.scopes)

    def _methods(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        workspace = self.workspace
        return {
            "auth.test": lambda _: {"url": self.url, **TEAM},
            "chat.postMessage": workspace.post,
            "chat.update": workspace.update,
            "conversations.history": workspace.history,
            "conversations.replies": workspace.replies,
            "conversations.list": workspace.channels,
            "conversations.join": workspace.join,
            "conversations.open": workspace.open,
        }


class _Cut(Response):
    """Begins an answer and leaves: the server closes the connection in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _arguments(request: Request) -> dict[str, Any]:
    """The call's arguments: JSON for what writes, a query for what reads."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(await request.json())
    found: dict[str, Any] = dict(request.query_params)
    async with request.form() as form:
        return found | {name: value for name, value in form.items() if isinstance(value, str)}


def _answered(result: dict[str, Any]) -> Response:
    return JSONResponse({"ok": True, **result})


def _refused(refusal: Refusal) -> Response:
    body = {"ok": False, "error": refusal.code, **refusal.more}
    if refusal.retry_after is None:
        return JSONResponse(body)
    return JSONResponse(body, 429, headers={"Retry-After": str(refusal.retry_after)})


def _hook_answered(_: dict[str, Any]) -> Response:
    return PlainTextResponse("ok")


def _hook_refused(refusal: Refusal) -> Response:
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else None
    return PlainTextResponse(refusal.code, WEBHOOK_STATUSES.get(refusal.code, 400), headers)
