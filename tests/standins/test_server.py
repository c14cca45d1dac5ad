"""The thread that serves a stand-in."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from digest.standins.server import LocalServer


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def test_serves_on_a_free_local_port_until_stopped() -> None:
    with LocalServer(Starlette(routes=[Route("/", hello)])) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx.get(server.url).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
