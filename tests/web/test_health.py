"""Health: who may see the metrics, and that /readyz says in words what is wrong."""

import json
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update
from starlette.applications import Starlette
from worlds import World

from digest.models import Subscriber
from digest.web import health

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def pages(world: World) -> Starlette:
    return health.create(world.app, lambda: world.now)


async def get(
    pages: Starlette, path: str = "/metrics", host: str = "127.0.0.1", **headers: str
) -> httpx.Response:
    transport = httpx.ASGITransport(pages, client=(host, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(path, headers=named)


async def test_each_thing_that_is_right_or_wrong_is_a_line(world: World, pages: Starlette) -> None:
    with world.app.db.begin() as session:
        late = world.now - timedelta(hours=1)
        session.execute(update(Subscriber).values(next_due_at=late))
    answer = await get(pages, "/readyz")
    found = {one["check"]: one for one in map(json.loads, answer.text.splitlines())}
    assert answer.status_code == 503
    assert found["database"] == {"check": "database", "ok": True, "says": "answers"}
    assert found["tables"]["ok"]
    assert found["planning"]["says"].endswith("late by 60 minutes")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "192.168.7.7", "::1", "fd00::7"])
async def test_private_addresses_see_the_metrics(pages: Starlette, host: str) -> None:
    answer = await get(pages, host=host)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "\ndigest_info{version=" in answer.text


async def test_openmetrics_for_who_asks_for_it(pages: Starlette) -> None:
    answer = await get(pages, accept=OPENMETRICS)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("93.184.216.34", {}),
        ("127.0.0.1", {"X_Forwarded_For": "93.184.216.34"}),
        ("127.0.0.1", {"Forwarded": "for=93.184.216.34"}),
    ],
)
async def test_others_and_what_was_forwarded_do_not(
    pages: Starlette, host: str, headers: dict[str, str]
) -> None:
    answer = await get(pages, host=host, **headers)
    assert answer.status_code == 403
    assert "digest_" not in answer.text


async def test_with_a_token_it_is_the_token_that_counts(world: World) -> None:
    made = type(world.app.settings).load(metrics_token="s3cret")
    world.app.settings = world.app.settings.model_copy(update={"metrics_token": made.metrics_token})
    pages = health.create(world.app, lambda: world.now)
    assert (await get(pages)).status_code == 403
    assert (await get(pages, authorization="Bearer wrong")).status_code == 403
    away = await get(pages, host="93.184.216.34", authorization="Bearer s3cret")
    assert away.status_code == 200
    assert "s3cret" not in away.text
