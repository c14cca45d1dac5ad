"""Addresses of mail servers, as settings name them: read in one way, whatever they are for."""

import ipaddress
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit


class ServerUrl(NamedTuple):
    """Its parts, decoded. `port` is the scheme's own unless it is written."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None
    path: str  # without the slashes around it
    options: Mapping[str, str]  # of one that stands there twice the last

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def parse(url: str, ports: Mapping[str, int], form: str) -> ServerUrl:
    """Of one of the schemes in `ports`.

    Raises:
        ValueError: it is no such URL; says that it should be of this `form`, and no part of it.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ValueError(form) from None
    if parts.scheme not in ports or not parts.hostname:
        raise ValueError(form)
    return ServerUrl(
        parts.scheme,
        parts.hostname,
        port or ports[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        unquote(parts.path.strip("/")),
        {name: of[-1] for name, of in parse_qs(parts.query, keep_blank_values=True).items()},
    )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
