"""Fetch: bytes of a file or an HTTP address, with time-outs, a size cap and no way inside."""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from digest import __version__
from digest.errors import InputError

LARGEST = 256 * 1024 * 1024  # bytes of a file
LARGEST_ANSWER = 16 * 1024 * 1024  # bytes of an HTTP answer, unpacked
TIMEOUT = httpx.Timeout(20, connect=10)
WHOLE = 60.0  # seconds for the whole answer
REDIRECTS = 5
AGENT = f"Digest/{__version__} (feed reader)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `body` is empty for 304."""

    status: int
    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    retry_after: float | None = None


def read(name: str, *, allow_private: bool = False) -> bytes:
    """The bytes of a file or of an http(s) address.

    Raises:
        InputError: it can't be read; says why in one line.
    """
    if urlsplit(name).scheme in ("http", "https"):
        answer = get(name, allow_private=allow_private)
        if answer.status != 200:
            raise InputError(f"the server answered {answer.status}", place=name)
        return answer.body
    path = Path(name)
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"larger than {LARGEST // 2**20} MB", place=name)
        return path.read_bytes()
    except OSError as error:
        raise InputError(error.strerror or type(error).__name__, place=name) from None


def get(
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    allow_private: bool = False,
) -> Answer:
    """One GET with conditional headers, following up to 5 redirects.

    Every connection, also of a redirect, is made to an address that was checked: a name that
    resolves to a private or local address is refused unless `allow_private`.

    Raises:
        InputError: no answer, too large an answer, or an address that is not allowed.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError("only http and https addresses are read", place=url)
    headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    transport = httpx.HTTPTransport(trust_env=False)
    # httpx has no public way to choose httpcore's backend, which is where names become addresses.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        network_backend=_Guarded(allow_private),
    )
    try:
        with (
            httpx.Client(
                transport=transport,
                timeout=TIMEOUT,
                follow_redirects=True,
                max_redirects=REDIRECTS,
                trust_env=False,
            ) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            body = b"" if response.status_code == 304 else _body(response, url)
            return Answer(
                response.status_code,
                body,
                response.headers.get("etag"),
                response.headers.get("last-modified"),
                _seconds(response.headers.get("retry-after")),
            )
    except httpx.TimeoutException:
        raise InputError("no answer in time", place=url) from None
    except httpx.TooManyRedirects:
        raise InputError("too many redirects", place=url) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise InputError(str(error) or type(error).__name__, place=url) from None


def _body(response: httpx.Response, url: str) -> bytes:
    """The answer's bytes, counted while they come: a small gzip may hold a large text."""
    parts, size, begun = [], 0, monotonic()
    try:
        for part in response.iter_bytes():
            size += len(part)
            if size > LARGEST_ANSWER:
                raise InputError(f"larger than {LARGEST_ANSWER // 2**20} MB", place=url)
            if monotonic() - begun > WHOLE:
                raise InputError("the answer comes too slowly", place=url)
            parts.append(part)
    except httpx.DecodingError as error:
        raise InputError(f"the answer is not what it says: {error}", place=url) from None
    return b"".join(parts)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None


class _Guarded(httpcore.SyncBackend):
    """Connects to addresses that were checked, not to a name that may change its mind."""

    def __init__(self, allow_private: bool) -> None:
        self.allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"there is no host {host}") from None
        addresses = [str(one[4][0]) for one in found]
        if not self.allow_private and not all(_public(one) for one in addresses):
            raise httpcore.ConnectError(
                f"{host} is a private or local address;"
                " DIGEST_FEED_PRIVATE_ADDRESSES=true allows it"
            )
        return super().connect_tcp(
            addresses[0],
            port,
            timeout,
            local_address,
            socket_options,
        )


def _public(address: str) -> bool:
    one = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(one, "ipv4_mapped", None)
    return (mapped or one).is_global and not one.is_multicast
