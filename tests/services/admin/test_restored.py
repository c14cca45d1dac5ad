"""A backup that is made while messages go out, restored elsewhere: nothing goes out twice."""

import re
import sqlite3
from pathlib import Path

import pytest
from factories import installation
from newsroom import Newsroom, Sending

from digest.models.words import Cadence
from digest.services.admin.restored import settle
from digest.services.app import App

DOCUMENT = Path(__file__).parents[3] / "docs" / "operations.md"


def backup(room: Newsroom) -> Path:
    """By the statement that the documentation has."""
    found = re.search(r'`sqlite3 digest\.db "(VACUUM INTO \'copy\.db\')"`', DOCUMENT.read_text())
    assert found
    file = room.app.db.file
    assert file is not None
    copy = file.with_name("copy.db")
    with sqlite3.connect(file) as connection:
        connection.execute(found[1].replace("copy.db", str(copy)))
    connection.close()
    return copy


@pytest.mark.parametrize("settled", [True, False])
async def test_what_was_sent_after_the_backup_is_not_sent_again(
    app_on_sqlite: App, tmp_path: Path, settled: bool
) -> None:
    room = Newsroom(app_on_sqlite)
    room.reader()
    room.publish()
    room.later(hours=18, minutes=55)
    room.news(breaking=True, severity=5)
    room.news("other", severity=3)
    room.deliveries_to_come(room.reader("anna", follows=(), cadence=Cadence.NONE), 6)
    copies: list[Path] = []

    async def while_sending(_: Sending) -> None:
        if not copies:
            copies.append(backup(room))

    room.email.on_send = while_sending
    await room.drain()
    room.alert()
    await room.drain()
    room.later(minutes=10)
    room.publish()
    await room.drain()
    assert len(room.email.sent) == 6 + 1 + 1  # an alert and a digest after the backup

    room.later(minutes=5)
    with installation(tmp_path / "elsewhere") as other:
        assert other.db.file is not None
        other.db.dispose()
        other.db.file.write_bytes(copies[0].read_bytes())
        again = Newsroom(other, now=room.now)
        if settled:
            done = settle(other, room.now)
            assert done["deliveries"] == 6
            assert (done["digests"], done["revisions"]) == (1, 2)
        await again.run()
        if not settled:
            assert again.sent, "without the step they are"
            return
        assert not again.sent
        again.later(days=1)
        await again.run()
        assert [one.content.kind for one in again.sent] == ["digest"], "the next one comes"


async def test_what_has_its_hour_still_to_come_is_sent_then(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    maria = room.reader()
    room.deliveries_to_come(maria, 1)
    room.later(minutes=-30)
    settle(room.app, room.now)
    assert room.states() == ["pending"]
    room.later(hours=1)
    assert settle(room.app, room.now)["deliveries"] == 1
    assert room.states() == ["unknown"]
    assert room.delivery(1).reason == "restored"
