"""One reader's world behind the pages, and a browser-less client to open them with."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from factories import installation
from worlds import BASE_URL, World, make_world

from digest.web.app import create


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with installation(tmp_path, base_url=BASE_URL, secret_key="a key for tests") as app:
        yield make_world(app)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(
        create(world.app, lambda: world.now), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as found:
        yield found
