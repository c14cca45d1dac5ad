"""A stand-in of Telegram's Bot API on 127.0.0.1: the calls that Digest makes, with the real limits.

It refuses what the real one refuses, in its words: bad HTML (`telegram_html`), texts too long,
buttons that lead nowhere, chats that are gone, calls too fast. It can be told to fail as networks
do. Sources: core.telegram.org/bots/api, core.telegram.org/bots/faq (rates) and the refusals of
github.com/tdlib/telegram-bot-api.
"""

import asyncio
import json
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from digest.clock import now
from digest.standins.server import LocalServer
from digest.standins.telegram_checks import Refusal, check_buttons, check_text

TOKEN = "424242:stand-in"
BOT = {"id": 424242, "is_bot": True, "first_name": "Digest", "username": "digest_standin_bot"}

ChatState = Literal[
    "open", "blocked", "deactivated", "kicked", "not_found", "migrated", "no_topic", "no_rights"
]
Fault = Literal["cut_before", "cut_after", "late", "error_500", "html", "flood"]

CHAT_REFUSALS: Mapping[ChatState, tuple[int, str]] = {
    "blocked": (403, "Forbidden: bot was blocked by the user"),
    "deactivated": (403, "Forbidden: user is deactivated"),
    "kicked": (403, "Forbidden: bot was kicked from the supergroup chat"),
    "not_found": (400, "Bad Request: chat not found"),
    "migrated": (400, "Bad Request: group chat was upgraded to a supergroup chat"),
    "no_topic": (400, "Bad Request: message thread not found"),
    "no_rights": (400, "Bad Request: not enough rights to send text messages to the chat"),
}


@dataclass(slots=True)
class StoredMessage:
    """One message in a chat. `history` has the HTML of its earlier versions, oldest first."""

    chat_id: int
    message_id: int
    html: str
    text: str
    entities: int
    buttons: list[list[dict[str, str]]]
    silent: bool
    sent_at: str
    thread: int | None = None
    reply_to: int | None = None
    preview: bool = True
    edited_at: str | None = None
    deleted: bool = False
    history: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _PlannedFault:
    kind: Fault
    seconds: float
    retry_after: int


class TelegramStandIn:
    """The stand-in; `with TelegramStandIn() as telegram:` serves it at `telegram.url`.

    `per_second` and `chat_per_second` are the rates it allows, None for none at all.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        port: int = 0,
        per_second: int | None = 30,
        chat_per_second: int | None = 1,
        group_per_minute: int | None = 20,
    ) -> None:
        self.token = token
        self.calls: list[str] = []  # methods, in the order in which they came
        self._rates = _Rates(per_second, chat_per_second, group_per_minute)
        self._messages: dict[tuple[int, int], StoredMessage] = {}
        self._next_id: dict[int, int] = defaultdict(lambda: 1)
        self._states: dict[int, ChatState] = {}
        self._moved: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._faults: deque[_PlannedFault] = deque()
        self.fail_often(lambda: None)
        self._server = LocalServer(
            Starlette(routes=[Route("/bot{rest:path}", self._serve, methods=["GET", "POST"])]), port
        )

    @property
    def url(self) -> str:
        """For DIGEST_TELEGRAM_API_URL."""
        return f"{self._server.url}/bot"

    def messages(self, chat_id: int | None = None) -> list[dict[str, Any]]:
        """What the chats show now, oldest first, as plain dicts (the fields of StoredMessage)."""
        return [
            {name: getattr(message, name) for name in StoredMessage.__slots__}
            for message in self._messages.values()
            if chat_id in (None, message.chat_id)
        ]

    def set_chat(self, chat_id: int, state: ChatState, *, moved_to: int | None = None) -> None:
        """How a chat answers from now on; all are "open" until said otherwise."""
        self._states[chat_id] = state
        if moved_to is not None:
            self._moved[chat_id] = moved_to

    def fail_next(
        self, kind: Fault, *, times: int = 1, seconds: float = 5.0, retry_after: int = 1
    ) -> None:
        """The next `times` calls fail.

        cut_before and cut_after: the connection is cut before or after the call has acted; late:
        it acts and answers after `seconds`; error_500: refused in JSON; html: it acts and answers
        with a page; flood: refused for `retry_after` seconds.
        """
        self._faults.extend(_PlannedFault(kind, seconds, retry_after) for _ in range(times))

    def clear(self) -> None:
        """Forgets all messages, states and faults."""
        self.calls.clear()
        self._messages.clear()
        self._next_id.clear()
        self._states.clear()
        self._moved.clear()
        self._names.clear()
        self._faults.clear()

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
        token, _, method = request.path_params["rest"].partition("/")
        handler = self._methods().get(method)
        if token != self.token:
            return _refused(401, "Unauthorized")
        if handler is None:
            return _refused(404, "Not Found")
        self.calls.append(method)
        fault = self._faults.popleft() if self._faults else self._by_chance()
        if fault and fault.kind == "cut_before":
            return _Cut()
        if fault and fault.kind == "error_500":
            return _refused(500, "Internal Server Error")
        if fault and fault.kind == "flood":
            return _flooded(fault.retry_after)
        try:
            result = handler(await _arguments(request))
        except Refusal as refusal:
            return _refused(refusal.code, refusal.description, refusal.parameters)
        if fault and fault.kind == "cut_after":
            return _Cut()
        if fault and fault.kind == "html":
            return HTMLResponse(f"<html>Log in to the hotel's network to see {request.url}</html>")
        if fault and fault.kind == "late":
            await asyncio.sleep(fault.seconds)
        return JSONResponse({"ok": True, "result": result})

    def _methods(self) -> Mapping[str, Callable[[dict[str, Any]], Any]]:
        return {
            "getMe": lambda _: BOT,
            "getChat": lambda given: self._chat(self._chat_id(given)),
            "sendMessage": self._send,
            "editMessageText": self._edit,
            "deleteMessage": self._delete,
        }

    def _send(self, given: dict[str, Any]) -> dict[str, Any]:
        chat_id = self._chat_id(given)
        text, entities = check_text(given)
        buttons = check_buttons(given)
        self._rates.take(chat_id)
        message_id = self._next_id[chat_id]
        message = StoredMessage(
            chat_id=chat_id,
            message_id=message_id,
            html=given["text"],
            text=text,
            entities=entities,
            buttons=buttons,
            silent=bool(given.get("disable_notification")),
            thread=given.get("message_thread_id"),
            reply_to=self._replied_to(chat_id, given.get("reply_parameters")),
            preview=not (given.get("link_preview_options") or {}).get("is_disabled"),
            sent_at=now().isoformat(),
        )
        self._next_id[chat_id] += 1
        self._messages[chat_id, message_id] = message
        return self._shown(message)

    def _edit(self, given: dict[str, Any]) -> dict[str, Any]:
        message = self._found(given, "Bad Request: message to edit not found")
        text, entities = check_text(given)
        buttons = check_buttons(given)
        if (text, given["text"], buttons) == (message.text, message.html, message.buttons):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply"
                " markup are exactly the same as a current content and reply markup of the message",
            )
        self._rates.take(message.chat_id)
        message.history.append(message.html)
        message.html, message.text, message.entities = given["text"], text, entities
        message.buttons, message.edited_at = buttons, now().isoformat()
        return self._shown(message)

    def _delete(self, given: dict[str, Any]) -> bool:
        self._found(given, "Bad Request: message to delete not found").deleted = True
        return True

    def _found(self, given: dict[str, Any], otherwise: str) -> StoredMessage:
        message = self._messages.get((self._chat_id(given), int(given.get("message_id") or 0)))
        if message is None or message.deleted:
            raise Refusal(400, otherwise)
        return message

    def _replied_to(self, chat_id: int, given: dict[str, Any] | None) -> int | None:
        if not given:
            return None
        message = self._messages.get((chat_id, int(given["message_id"])))
        if message and not message.deleted:
            return message.message_id
        if given.get("allow_sending_without_reply"):
            return None
        raise Refusal(400, "Bad Request: message to be replied not found")

    def _chat_id(self, given: dict[str, Any]) -> int:
        """The chat that is meant, if it takes messages."""
        written = str(given.get("chat_id", ""))
        if written.startswith("@"):
            chat_id = self._names.setdefault(written.lower(), -1001000000001 - len(self._names))
        else:
            try:
                chat_id = int(written)
            except ValueError:
                raise Refusal(400, "Bad Request: chat not found") from None
        state = self._states.get(chat_id, "open")
        if state != "open" and (state != "no_topic" or given.get("message_thread_id")):
            code, description = CHAT_REFUSALS[state]
            moved = self._moved.get(chat_id)
            raise Refusal(code, description, {"migrate_to_chat_id": moved} if moved else {})
        return chat_id

    def _chat(self, chat_id: int) -> dict[str, Any]:
        if chat_id > 0:
            return {"id": chat_id, "type": "private", "first_name": "Reader"}
        return {"id": chat_id, "type": "supergroup", "title": "Readers"}

    def _shown(self, message: StoredMessage) -> dict[str, Any]:
        """The message as the Bot API answers it."""
        return {
            "message_id": message.message_id,
            "date": int(now().timestamp()),
            "chat": self._chat(message.chat_id),
            "from": BOT,
            "text": message.text,
        }


class _Rates:
    """Telegram's limits as sliding windows; the real ones are fuzzier and allow short bursts."""

    def __init__(
        self, per_second: int | None, chat_per_second: int | None, group_per_minute: int | None
    ) -> None:
        self._all = _Window(per_second, 1)
        self._chats: dict[int, _Window] = defaultdict(lambda: _Window(chat_per_second, 1))
        self._groups: dict[int, _Window] = defaultdict(lambda: _Window(group_per_minute, 60))

    def take(self, chat_id: int) -> None:
        windows = [self._all, self._chats[chat_id]]
        if chat_id < 0:
            windows.append(self._groups[chat_id])
        present = time.monotonic()
        wait = max(window.wait(present) for window in windows)
        if wait > 0:
            seconds = math.ceil(wait)
            raise Refusal(
                429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds}
            )
        for window in windows:
            window.taken.append(present)


class _Window:
    def __init__(self, allowed: int | None, seconds: float) -> None:
        self.allowed = allowed
        self.seconds = seconds
        self.taken: deque[float] = deque()

    def wait(self, present: float) -> float:
        """Seconds until one more is allowed."""
        while self.taken and self.taken[0] <= present - self.seconds:
            self.taken.popleft()
        if self.allowed is None or len(self.taken) < self.allowed:
            return 0
        return self.taken[0] + self.seconds - present


class _Cut(Response):
    """Begins an answer and leaves: the server closes the connection in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _arguments(request: Request) -> dict[str, Any]:
    """The call's arguments; clients send nested ones as JSON within a form."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(await request.json())
    found: dict[str, Any] = dict(request.query_params)
    async with request.form() as form:
        found |= {name: value for name, value in form.items() if isinstance(value, str)}
    for name, value in found.items():
        if name not in ("text", "chat_id"):
            found[name] = _from_json(value)
    return found


def _from_json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _refused(
    code: int, description: str, parameters: Mapping[str, object] | None = None
) -> Response:
    body: dict[str, object] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        body["parameters"] = parameters
    return JSONResponse(body, status_code=code)


def _flooded(seconds: int) -> Response:
    return _refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
