"""Slack, by bot token and by webhook. The oracle is slackblocks (`slack_oracle`)."""

import html
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from slack_oracle import judge

from conformance.adapter import PATIENT, WAIT, Fault, Seen
from digest.channels.base import Message
from digest.channels.slack import SlackChannel
from digest.channels.slack.settings import SlackSettings
from digest.errors import Action
from digest.models.content import EditionContent
from digest.render.environment import Templates
from digest.standins.slack import SlackStandIn

TOKEN = "xoxb-1234-a-secret-of-the-team"

# docs.slack.dev: limits of messages; the total is what slackapi/bolt-js#2509 leaves room for.
BLOCKS, TOTAL_TEXT, FALLBACK_TEXT = 50, 10_000, 4_000

_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")
_ACTIVE = re.compile(r"<[!@#]|<(?!https?://)")  # mentions, or a bracket that is not of a link
_MARKS = re.compile("(?<!\u200b)[*_~]|[*_~](?!\u200b)")


class SlackProvider:
    """The workspace; `webhook` posts to the URL of an incoming webhook instead of a channel."""

    def __init__(self, standin: SlackStandIn, timeout: float, *, webhook: bool) -> None:
        self.standin = standin
        self.timeout = timeout
        self.webhook = standin.webhook("#crisis") if webhook else ""
        self.address = self.webhook or SlackAdapter.address
        settings = SlackSettings(
            slack_token=None if webhook else TOKEN,
            slack_api_url=standin.url,
            slack_timeout=timeout,
            slack_channel_per_second=100,  # as the stand-in: what is proved here is no pace
            slack_edits_per_minute=6_000,
        )
        self.channel = SlackChannel(settings, Templates())
        self.secrets = (TOKEN, self.webhook.rpartition("/services/")[2] or TOKEN)

    @property
    def accepted(self) -> int:
        return len(self.standin.messages())

    def make(self, fault: Fault, message: Message) -> Message:
        standin = self.standin
        table: Mapping[Fault, Callable[[], None]] = {
            Fault.NO_CONNECTION: standin.stop,
            Fault.FORM: lambda: standin.refuse_next("invalid_arguments"),
            Fault.LOGIN: lambda: (
                standin.refuse_next("invalid_token")
                if self.webhook
                else standin.set_token("token_revoked")
            ),
            Fault.CLOSED: lambda: standin.set_channel("#crisis", "read_only"),
            Fault.UNKNOWN: lambda: standin.set_channel("#crisis", "not_found"),
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


class SlackAdapter:
    channel = "slack"
    address = "#crisis"
    reference = "C0123ABCD:1700000000.000100"
    differs: Mapping[Fault, frozenset[Action]] = {}
    can_be_asked = True
    webhook = False

    @asynccontextmanager
    async def provider(self, timeout: float = PATIENT) -> AsyncIterator[SlackProvider]:
        with SlackStandIn(token=TOKEN, channel_per_second=None) as standin:
            provider = SlackProvider(standin, timeout, webhook=self.webhook)
            try:
                yield provider
            finally:
                await provider.channel.close()

    def judge(self, message: Message, content: EditionContent) -> None:
        for payload in _payloads(message):
            judge(payload)
            assert len(payload["blocks"]) <= BLOCKS
            assert sum(map(len, _texts(payload["blocks"]))) <= TOTAL_TEXT
            assert 0 < len(payload["text"]) <= FALLBACK_TEXT
            assert payload["unfurl_links"] is payload["unfurl_media"] is False
            for text in (payload["text"], *_mrkdwn(payload["blocks"])):
                assert not _ACTIVE.search(text), text
                text.encode()

    def seen(self, message: Message) -> Sequence[Seen]:
        return [
            Seen(tuple(_read(text) for block in each["blocks"] for text in _lines(block)))
            for each in _payloads(message)
        ]

    def links(self, message: Message) -> set[str]:
        found: set[str] = set()
        for payload in _payloads(message):
            found |= set(_urls(payload["blocks"]))
            for text in _mrkdwn(payload["blocks"]):
                found |= {html.unescape(match[1]) for match in _LINK.finditer(text)}
        return found


class WebhookAdapter(SlackAdapter):
    """The poor relation: posts only, and its address is its password."""

    address = "https://hooks.slack.com/services/T0STANDIN/B0000000/a-secret"
    differs: Mapping[Fault, frozenset[Action]] = {Fault.LOGIN: frozenset({Action.PAUSE})}
    can_be_asked = False
    webhook = True


def _payloads(message: Message) -> list[dict[str, Any]]:
    """Of all Steps and what may be sent in their stead."""
    found = []
    for step in message.steps:
        while step is not None:
            found.append(dict(step.payload))  # type: ignore[arg-type]
            step = step.fallback  # type: ignore[assignment]
    return found


def _lines(block: dict[str, Any]) -> list[str]:
    return [line for text in _texts({**block, "accessory": None}) for line in text.split("\n")]


def _read(line: str) -> str:
    """A line of mrkdwn as Slack shows it."""
    shown = _MARKS.sub("", _LINK.sub(r"\2", line))
    return html.unescape(shown)


def _texts(part: Any) -> list[str]:
    return [one["text"] for one in _dicts(part) if isinstance(one.get("text"), str)]


def _mrkdwn(part: Any) -> list[str]:
    return [one["text"] for one in _dicts(part) if one.get("type") == "mrkdwn"]


def _urls(part: Any) -> list[str]:
    return [one["url"] for one in _dicts(part) if "url" in one]


def _dicts(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [found for one in part for found in _dicts(one)]
    if not isinstance(part, dict):
        return []
    return [part, *(found for value in part.values() for found in _dicts(value))]
