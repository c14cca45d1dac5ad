"""Bounces are taken in beside what `digest serve` and `digest scheduler` do anyway."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from formats.reports import postfix
from imap_server import ImapServer
from services.bounces.conftest import Returns
from services.bounces.test_lmtp import hand_over, talk

from digest import clock, process
from digest.models import Bounce
from digest.process import Service
from digest.services.app import App
from digest.services.bounces import lmtp
from digest.store.lead import Lead

SECONDS = 30.0  # a busy machine takes its time


@asynccontextmanager
async def running(room: Returns) -> AsyncIterator[None]:
    service = Service(room.app, clock.now, queues=())
    task = asyncio.create_task(service.run())
    try:
        yield
    finally:
        service.stop()
        await asyncio.wait_for(task, SECONDS)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.02)


async def test_over_lmtp_where_it_is_set(
    app_on_both: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, where = Returns(app_on_both, now=clock.now()), tmp_path / "lmtp"
    monkeypatch.setenv("DIGEST_BOUNCE_LMTP", str(where))
    mail = room.mail(room.reader())
    async with running(room):
        await until(where.is_socket)
        raw = postfix(room.address(mail), "hidden", "")
        code, _ = await talk(where, hand_over(raw, room.back(mail)))
        assert code == 250
    assert [one.source for one in room.rows(Bounce)] == ["lmtp"]
    assert not where.exists()


async def test_from_the_mailbox_by_the_clock_that_leads(
    app_on_both: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Returns(app_on_both, now=clock.now())
    mail = room.mail(room.reader())
    with ImapServer() as server:
        server.add(postfix(room.address(mail), "hidden", room.headers(mail)))
        monkeypatch.setenv("DIGEST_BOUNCE_IMAP_URL", server.url)
        if not room.app.db.is_sqlite:  # beside SQLite there is one clock
            other = Lead(room.app.db)
            assert other.take()
            async with running(room):
                await asyncio.sleep(1.5)
                assert not server.fetched
            other.drop()
        async with running(room):
            await until(lambda: room.rows(Bounce))
    assert [one.source for one in room.rows(Bounce)] == ["imap"]


async def test_a_mailbox_that_fails_stops_nothing(
    app_on_sqlite: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = Returns(app_on_sqlite)
    monkeypatch.setenv("DIGEST_BOUNCE_IMAP_URL", "imap://me:hush@127.0.0.1:1/INBOX")
    async with running(room):
        await until(lambda: "no bounces are taken from the mailbox" in caplog.text)
        await until(lambda: room.app.telemetry.ticked)
    assert "hush" not in caplog.text


@pytest.mark.parametrize("kind", ["socket", "port"])
async def test_a_second_process_stands_by_until_the_place_is_free(
    app_on_sqlite: App,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    unused_tcp_port: int,
    kind: str,
) -> None:
    monkeypatch.setattr(lmtp, "AGAIN", 0.05)
    room = Returns(app_on_sqlite)
    where = str(tmp_path / "lmtp") if kind == "socket" else f"127.0.0.1:{unused_tcp_port}"
    first, second = asyncio.Event(), asyncio.Event()
    ready = asyncio.Event()
    serving = asyncio.create_task(lmtp.serve(room.app, where, room.clock, first, ready))
    await ready.wait()
    standing_by = asyncio.create_task(lmtp.Intake(room.app, where, room.clock).run(second))
    await until(lambda: "no bounces are taken over LMTP here" in caplog.text)
    first.set()
    await serving

    async def answers() -> bool:
        try:
            if kind == "socket":
                _, writer = await asyncio.open_unix_connection(where)
            else:
                _, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        except OSError:
            return False
        writer.close()
        return True

    async with asyncio.timeout(SECONDS):
        while not await answers():
            await asyncio.sleep(0.02)
    second.set()
    await standing_by
    assert caplog.text.count("no bounces are taken over LMTP here") == 1


async def test_nothing_of_it_runs_where_nothing_is_set(app_on_sqlite: App) -> None:
    service = Service(app_on_sqlite, clock.now, queues=())
    assert [type(one) for one in service._parts] == [process.Clock]
