"""Calls to Slack: every one with a time-out, every failure a DeliveryError, no secret in either.

slack_sdk's own retry handlers are off: after a connection that is cut behind an accepted message
they post it a second time and report success.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from digest.channels.slack import refusals
from digest.channels.slack.settings import SlackSettings
from digest.errors import RetryLater
from digest.server_urls import is_loopback

Answer = Mapping[str, Any]
T = TypeVar("T")

WITHOUT_TOKEN_SECONDS = 900.0  # until a message that needs a token is tried again
_CONNECT_SECONDS = 5.0
_ANSWER_BYTES = 10_000  # a webhook says "ok" or a few words

# The SDK writes every call to its log when that listens to "debug": ours does not.
_QUIET = logging.getLogger("digest.channels.slack.sdk")
_QUIET.setLevel(logging.WARNING)


class SlackClient:
    """The Web API with our token, and webhooks without it."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, payload: Mapping[str, Any]) -> Answer:
        """Calls a method that writes, with a JSON body.

        Raises:
            DeliveryError: as `refusals` tells them apart.
        """
        return (await self._api(method, json=dict(payload)))[0]

    async def read(self, method: str, **arguments: Any) -> Answer:
        """Calls a method that reads. Raises as `call`."""
        return (await self.read_with_headers(method, **arguments))[0]

    async def read_with_headers(
        self, method: str, **arguments: Any
    ) -> tuple[Answer, Mapping[str, str]]:
        """As `read`, with the headers of the answer, names in lower case."""
        return await self._api(method, http_verb="GET", params=arguments)

    async def post_to_webhook(self, url: str, payload: Mapping[str, Any]) -> None:
        """Hands `payload` to an incoming webhook. Raises as `call`."""

        async def post() -> tuple[int, str, Mapping[str, str]]:
            async with self._kept_session().post(
                url, json=payload, allow_redirects=False
            ) as response:
                body = await response.content.read(_ANSWER_BYTES)
                return response.status, body.decode("utf-8", "replace"), response.headers

        failure = refusals.of_webhook(*await _guarded(post))
        if failure:
            raise failure

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _api(self, method: str, **arguments: Any) -> tuple[Answer, Mapping[str, str]]:
        token = self._settings.token
        if not token:
            # Not a stop of the Channel: webhooks work without a token.
            raise RetryLater(
                "not_configured", "set DIGEST_SLACK_TOKEN", retry_after=WITHOUT_TOKEN_SECONDS
            )

        async def call() -> tuple[Answer, Mapping[str, str]]:
            client = self._client(token)
            response = await client.api_call(method, **arguments)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return (response.data if isinstance(response.data, dict) else {}), headers

        return await _guarded(call)

    def _client(self, token: str) -> AsyncWebClient:
        client = AsyncWebClient(
            token=token,
            base_url=self._settings.slack_api_url,
            session=self._kept_session(),
            retry_handlers=[],
            logger=_QUIET,
        )
        if is_loopback(urlsplit(self._settings.slack_api_url).hostname or ""):
            client.proxy = None  # the SDK takes HTTPS_PROXY for every address
        return client

    def _kept_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            seconds = self._settings.slack_timeout
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(
                    total=seconds, sock_connect=min(seconds, _CONNECT_SECONDS)
                ),
            )
        return self._session


async def _guarded(call: Callable[[], Awaitable[T]]) -> T:
    """`call()`, with its failure as a DeliveryError that keeps no trace of the first exception:
    a traceback could show a token or a webhook's URL."""
    try:
        return await call()
    except Exception as error:
        failure = refusals.of_exception(error)
    raise failure
