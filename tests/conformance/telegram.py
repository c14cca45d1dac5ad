"""Telegram. The oracle is TDLib (`tdlib`): Telegram's own servers and apps parse with it."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import tdlib

from conformance.adapter import PATIENT, WAIT, Fault, Seen
from digest.channels.base import Message, Step
from digest.channels.telegram import TelegramChannel
from digest.channels.telegram.markup import visible
from digest.channels.telegram.settings import TelegramSettings
from digest.errors import Action
from digest.models.content import EditionContent
from digest.render.environment import Templates
from digest.standins.telegram import TelegramStandIn

TOKEN = "424242:AAE-a-secret-of-the-bot"
CHAT = 42

# core.telegram.org/bots/api#sendmessage; TDLib drops what is marked up beyond the 100th entity.
TEXT, ENTITIES, HTML = 4_096, 100, 32_768
_URL = re.compile(r"https?://[^\s]+")


class TelegramProvider:
    address = str(CHAT)

    def __init__(self, standin: TelegramStandIn, timeout: float) -> None:
        self.standin = standin
        self.timeout = timeout
        settings = TelegramSettings(
            telegram_token=TOKEN,
            telegram_api_url=standin.url,
            telegram_timeout=timeout,
            telegram_chat_per_second=100,  # as the stand-in: what is proved here is no pace
        )
        self.channel = TelegramChannel(settings, Templates())
        self.secrets = (TOKEN, TOKEN.partition(":")[2])

    @property
    def accepted(self) -> int:
        return len(self.standin.messages())

    def make(self, fault: Fault, message: Message) -> Message:
        if fault is Fault.FORM:
            return _spoilt(message)
        standin = self.standin
        table: Mapping[Fault, Callable[[], None]] = {
            Fault.NO_CONNECTION: standin.stop,
            Fault.LOGIN: lambda: setattr(standin, "token", "another"),
            Fault.CLOSED: lambda: standin.set_chat(CHAT, "blocked"),
            Fault.UNKNOWN: lambda: standin.set_chat(CHAT, "not_found"),
            Fault.TOO_FAST: lambda: standin.fail_next("flood", retry_after=WAIT),
            Fault.FAILED: lambda: standin.fail_next("error_500"),
            Fault.IN_BETWEEN: lambda: standin.fail_next("html"),
            Fault.LATE: lambda: standin.fail_next("late", seconds=2 * self.timeout),
            Fault.CUT_BEFORE: lambda: standin.fail_next("cut_before"),
            Fault.CUT_AFTER: lambda: standin.fail_next("cut_after"),
            Fault.GARBAGE: lambda: standin.fail_next("html"),
        }
        table[fault]()
        return message


class TelegramAdapter:
    channel = "telegram"
    address = TelegramProvider.address
    reference = f"{CHAT}:7"
    differs: Mapping[Fault, frozenset[Action]] = {}
    can_be_asked = False

    @asynccontextmanager
    async def provider(self, timeout: float = PATIENT) -> AsyncIterator[TelegramProvider]:
        limits: dict[str, Any] = dict.fromkeys(
            ("per_second", "chat_per_second", "group_per_minute")
        )
        with TelegramStandIn(token=TOKEN, **limits) as standin:
            provider = TelegramProvider(standin, timeout)
            try:
                yield provider
            finally:
                await provider.channel.close()

    def judge(self, message: Message, content: EditionContent) -> None:
        for payload in _payloads(message):
            html = payload["text"]
            text, entities = tdlib.parse(html)
            assert text.strip()
            assert text == visible(html), "we count another text than Telegram sees"
            assert max(len(text), len(text.encode("utf-16-le")) // 2) <= TEXT
            assert len(html.encode()) <= HTML
            assert len(entities) <= ENTITIES
            assert html.count("</") == len(entities), "TDLib dropped what we marked up"
            links = sum(one["type"]["@type"] == "textEntityTypeTextUrl" for one in entities)
            assert links == html.count("<a href="), "TDLib dropped a link"
            for row in _buttons(payload):
                assert all(set(button) == {"text", "url"} and button["text"] for button in row)

    def seen(self, message: Message) -> Sequence[Seen]:
        return [
            Seen(tuple(tdlib.parse(payload["text"])[0].split("\n")))
            for payload in _payloads(message)
        ]

    def links(self, message: Message) -> set[str]:
        found: set[str] = set()
        for payload in _payloads(message):
            text, entities = tdlib.parse(payload["text"])
            found |= set(_URL.findall(text))
            found |= {e["type"]["url"] for e in entities if e["type"]["@type"].endswith("TextUrl")}
            found |= {button["url"] for row in _buttons(payload) for button in row}
        return found


def _payloads(message: Message) -> list[dict[str, Any]]:
    """Of all Steps and what may be sent in their stead."""
    steps = [each for step in message.steps for each in (step, step.fallback) if each]
    return [dict(step.payload) for step in steps]  # type: ignore[arg-type]


def _buttons(payload: dict[str, Any]) -> list[list[dict[str, str]]]:
    rows: list[list[dict[str, str]]] = payload.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


def _spoilt(message: Message) -> Message:
    """With markup that Telegram can't parse: a fault of ours."""
    payload: dict[str, Any] = dict(message.steps[0].payload)  # type: ignore[arg-type]
    step = Step(message.steps[0].method, payload | {"text": "<b>never closed"})
    return replace(message, steps=(step,))
