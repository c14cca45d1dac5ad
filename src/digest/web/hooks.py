"""Hooks: what mail services post about our mails. A signature is checked before all else.

200 means that it is kept, or was known; 403 that it is not signed; 503 that the service should post
it again. A service that is not set up has no address here. Services send no cookie and need none.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import InputError, NotFound
from digest.formats import hooks as formats
from digest.services.bounces import signatures
from digest.services.bounces.hooks import take_events
from digest.services.bounces.settings import BounceSettings
from digest.web.guard import HOOKS
from digest.web.site import site_of

log = logging.getLogger(__name__)

FETCH_SECONDS = 5.0
_LARGEST_CERTIFICATE = 32_768  # bytes
_MOST_CERTIFICATES = 8
Fetch = Callable[[str], Awaitable[bytes]]


class Unsigned(Exception):
    """The request is not from the service that it says."""


class FetchFailed(Exception):
    """Amazon's notification service did not answer."""


async def fetch(url: str) -> bytes:
    """
    Raises:
        FetchFailed: no answer in time, or none that can be used.
    """
    try:
        async with httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False) as client:
            answer = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchFailed(type(error).__name__) from None
    if answer.status_code != 200 or len(answer.content) > _LARGEST_CERTIFICATE:
        raise FetchFailed(f"status {answer.status_code}")
    return answer.content


class Hooks:
    """The addresses of one installation. `ask` fetches certificates from SNS, and confirms."""

    def __init__(self, settings: BounceSettings, ask: Fetch | None = None) -> None:
        self.settings = settings
        self._fetch = ask or fetch
        self._certificates: dict[str, bytes] = {}
        self._services: Mapping[str, Callable[[Request, bytes], Awaitable[Any]]] = {
            "ses": self._ses,
            "mailgun": self._mailgun,
            "postmark": self._postmark,
            "sendgrid": self._sendgrid,
        }

    @property
    def routes(self) -> list[Route]:
        return [Route(f"{HOOKS}{{service}}", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        service = request.path_params["service"]
        read = self._services.get(service)
        if read is None:
            raise NotFound("There is no such page here.")
        try:
            document = await read(request, await request.body())
        except Unsigned:
            log.warning("a request without a valid signature", extra={"service": service})
            return PlainTextResponse("That is not signed by who it should be.\n", 403)
        except InputError as error:
            return PlainTextResponse(f"That can't be read: {error}.\n", 400)
        except FetchFailed as error:
            log.warning("the certificate of SNS can't be fetched: %s", error)
            return PlainTextResponse("Not now; please try again.\n", 503)
        if document is None:
            return PlainTextResponse("done\n")
        site = site_of(request)
        events = formats.events(service, document)
        done = await asyncio.to_thread(take_events, site.app, service, events, site.clock())
        if done:
            log.info("events of a mail service", extra={"service": service, **done})
        return PlainTextResponse("kept\n")

    async def _mailgun(self, request: Request, body: bytes) -> Any:
        key = self.settings.hook_mailgun_key
        if key is None:
            raise NotFound("There is no such page here.")
        document = formats.document("mailgun", body)  # its signature stands within
        signature = formats.table(document.get("signature"))
        if not signatures.of_mailgun(key.get_secret_value(), signature, site_of(request).clock()):
            raise Unsigned
        return document

    async def _postmark(self, request: Request, body: bytes) -> Any:
        login = self.settings.hook_postmark_login
        if login is None:
            raise NotFound("There is no such page here.")
        given = request.headers.get("authorization", "")
        if not signatures.of_postmark(login.get_secret_value(), given):
            raise Unsigned
        return formats.document("postmark", body)

    async def _sendgrid(self, request: Request, body: bytes) -> Any:
        if not self.settings.hook_sendgrid_key:
            raise NotFound("There is no such page here.")
        header = "x-twilio-email-event-webhook-{}".format
        given, stamp = (request.headers.get(header(of), "") for of in ("signature", "timestamp"))
        if not signatures.of_sendgrid(self.settings.hook_sendgrid_key, given, stamp, body):
            raise Unsigned
        return formats.document("sendgrid", body)

    async def _ses(self, request: Request, body: bytes) -> Any:
        """The Message of a signed notification; None: a subscription was confirmed."""
        if not self.settings.topics:
            raise NotFound("There is no such page here.")
        notice = formats.as_signed(body)
        place = formats.text(notice.get("SigningCertURL"))
        if formats.text(notice.get("TopicArn")) not in self.settings.topics:
            raise Unsigned
        if not signatures.is_of_sns(place, ".pem"):
            raise Unsigned
        certificate = self._certificates.get(place) or await self._fetch(place)
        if not signatures.of_sns(notice, certificate, site_of(request).clock()):
            raise Unsigned
        if len(self._certificates) < _MOST_CERTIFICATES:
            self._certificates[place] = certificate
        kind = notice["Type"]
        if kind == "Notification":
            return formats.document("ses", formats.text(notice.get("Message")))
        if kind == "SubscriptionConfirmation":
            where = formats.text(notice.get("SubscribeURL"))
            if not signatures.is_of_sns(where):
                raise Unsigned
            await self._fetch(where)
            log.info("the subscription to bounces of SES is confirmed")
        else:
            log.warning("the subscription to bounces of SES has ended")
        return None
