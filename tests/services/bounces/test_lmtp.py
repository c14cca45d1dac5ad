"""LMTP: a real client of Python's hands over bounces, and keeps what we can't take."""

import asyncio
import smtplib
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from formats.reports import postfix
from services.bounces.conftest import Returns

from digest.errors import ConfigurationError, DatabaseAway
from digest.models import Bounce
from digest.services.bounces import lmtp
from digest.store import counters
from digest.store.bounces import REFUSED

SENDER = "<>"


@asynccontextmanager
async def serving(room: Returns, where: str) -> AsyncIterator[None]:
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(lmtp.serve(room.app, where, room.clock, stop, ready))
    await asyncio.wait_for(ready.wait(), 10)
    try:
        yield
    finally:
        stop.set()
        await task


async def talk(where: Path, dialogue: Callable[[smtplib.LMTP], Any]) -> Any:
    def run() -> Any:
        with smtplib.LMTP(str(where)) as client:
            return dialogue(client)

    return await asyncio.to_thread(run)


def hand_over(raw: str, *recipients: str) -> Callable[[smtplib.LMTP], Any]:
    def dialogue(client: smtplib.LMTP) -> Any:
        client.ehlo_or_helo_if_needed()
        assert client.mail("")[0] == 250
        for one in recipients:
            code, words = client.rcpt(one)
            if code != 250:
                return code, words
        return client.data(raw.encode())

    return dialogue


async def test_a_bounce_is_answered_once_it_is_kept(room: Returns, tmp_path: Path) -> None:
    mail = room.mail(room.reader())
    raw = postfix(room.address(mail), "hidden", "")
    where = tmp_path / "lmtp"
    async with serving(room, str(where)):
        assert await talk(where, hand_over(raw, room.back(mail))) == (250, b"2.6.0 recorded")
        assert await talk(where, hand_over(raw, room.back(mail))) == (250, b"2.6.0 known")
    assert [row.source for row in room.rows(Bounce)] == ["lmtp"]
    assert room.destination(mail).disabled_reason == "mailbox_unknown"
    assert not where.exists()


async def test_a_forged_tag_is_no_address_of_ours(room: Returns, tmp_path: Path) -> None:
    mail = room.mail(room.reader())
    forged = f"b+{mail}.aaaaaaaaaaaaaaaa@bounce.example.org"
    async with serving(room, str(tmp_path / "lmtp")):
        code, words = await talk(tmp_path / "lmtp", hand_over("x", forged))
    assert (code, words[:5]) == (550, b"5.1.1")
    with room.app.db.read() as session:
        assert counters.read(session, REFUSED) == 1


async def test_two_recipients_come_one_after_the_other(room: Returns, tmp_path: Path) -> None:
    one, two = room.mail(room.reader()), room.mail(room.reader("tom"))
    async with serving(room, str(tmp_path / "lmtp")):
        said = await talk(tmp_path / "lmtp", hand_over("x", room.back(one), room.back(two)))
    assert said[0] == 452


async def test_while_the_database_is_away_the_server_keeps_it(
    room: Returns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = room.mail(room.reader())
    raw = postfix(room.address(mail), "hidden", "")
    back = room.back(mail)

    def away() -> Any:
        raise DatabaseAway("gone")

    async with serving(room, str(tmp_path / "lmtp")):
        with monkeypatch.context() as patch:
            patch.setattr(room.app.db, "begin", away)
            code, words = await talk(tmp_path / "lmtp", hand_over(raw, back))
        assert (code, words[:5]) == (451, b"4.3.0")
        code, _ = await talk(tmp_path / "lmtp", hand_over(raw, back))
    assert code == 250
    assert len(room.rows(Bounce)) == 1


async def test_what_is_too_large_is_refused_for_good(room: Returns, tmp_path: Path) -> None:
    mail = room.mail(room.reader())
    async with serving(room, str(tmp_path / "lmtp")):
        large = "x" * 70 + "\r\n"
        said = await talk(tmp_path / "lmtp", hand_over(large * 30_000, room.back(mail)))
        assert said[0] == 552
        long_line = "y" * 30_000 + "\r\n"
        said = await talk(tmp_path / "lmtp", hand_over(long_line, room.back(mail)))
        assert said[0] == 250


async def test_a_socket_left_behind_is_taken_over_and_a_file_is_not(
    room: Returns, tmp_path: Path
) -> None:
    where = tmp_path / "lmtp"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(where))
    left.close()
    async with serving(room, str(where)):
        assert stat.S_IMODE(where.stat().st_mode) == 0o666, "the mail server is another user"
    where.write_text("precious")
    with pytest.raises(ConfigurationError, match="can't be listened on"):
        await lmtp.serve(room.app, str(where), room.clock, asyncio.Event(), asyncio.Event())
    assert where.read_text() == "precious"


async def test_a_place_that_can_t_be_had_is_named(room: Returns) -> None:
    with pytest.raises(ConfigurationError, match="DIGEST_BOUNCE_LMTP: /nowhere/at/all"):
        await lmtp.serve(room.app, "/nowhere/at/all", room.clock, asyncio.Event(), asyncio.Event())
