"""A backup that is made while messages go out, restored elsewhere: nothing goes out twice."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from databases import Server, on
from factories import installation
from newsroom import Newsroom, Sending

from digest import bootstrap
from digest.models.words import Cadence
from digest.services.admin.restored import settle
from digest.services.app import App

DOCUMENT = Path(__file__).parents[3] / "docs" / "operations.md"


class OfSqlite:
    """A backup and the App of its copy, by the statement that the documentation has."""

    def __init__(self, room: Newsroom, folder: Path) -> None:
        assert room.app.db.file is not None
        self.file, self.copy, self.folder = room.app.db.file, folder / "copy.db", folder

    def make(self) -> None:
        found = re.search(
            r'`sqlite3 digest\.db "(VACUUM INTO \'copy\.db\')"`', DOCUMENT.read_text()
        )
        assert found
        with sqlite3.connect(self.file) as connection:
            connection.execute(found[1].replace("copy.db", str(self.copy)))
        connection.close()

    @contextmanager
    def restored(self) -> Iterator[App]:
        with installation(self.folder / "elsewhere") as other:
            assert other.db.file is not None
            other.db.dispose()
            other.db.file.write_bytes(self.copy.read_bytes())
            yield other


class OfPostgres:
    """The same by the commands that the documentation has."""

    def __init__(self, room: Newsroom, folder: Path, server: Server) -> None:
        self.name, self.folder, self.server = str(room.app.db.url.database), folder, server
        row = next(line for line in DOCUMENT.read_text().splitlines() if "`pg_dump" in line)
        self.commands = re.findall(r"`([^`]+)`", row)
        assert [one.split()[0] for one in self.commands] == ["pg_dump", "createdb", "pg_restore"]

    def make(self) -> None:
        self.server.call(self.commands[0].replace("NAME", self.name), self.folder)

    @contextmanager
    def restored(self) -> Iterator[App]:
        name = f"{self.name}_again"
        try:
            for command in self.commands[1:]:
                self.server.call(command.replace("NAME", name), self.folder)
            with on(self.server.url(name)) as other:
                bootstrap.set_up(other)  # `digest init`
                yield other
        finally:
            self.server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.mark.parametrize("settled", [True, False])
async def test_what_was_sent_after_the_backup_is_not_sent_again(
    app_on_both: App, tmp_path: Path, request: pytest.FixtureRequest, settled: bool
) -> None:
    room = Newsroom(app_on_both)
    backup: OfSqlite | OfPostgres
    if room.app.db.is_sqlite:
        backup = OfSqlite(room, tmp_path)
    else:
        backup = OfPostgres(room, tmp_path, request.getfixturevalue("postgres_server"))
    room.reader()
    room.publish()
    room.later(hours=18, minutes=55)
    room.news(breaking=True, severity=5)
    room.news("other", severity=3)
    room.deliveries_to_come(room.reader("anna", follows=(), cadence=Cadence.NONE), 6)
    made: list[object] = []

    async def while_sending(_: Sending) -> None:
        if not made:
            made.append(backup.make())

    room.email.on_send = while_sending
    await room.drain()
    room.alert()
    await room.drain()
    room.later(minutes=10)
    room.publish()
    await room.drain()
    assert len(room.email.sent) == 6 + 1 + 1  # an alert and a digest after the backup

    room.later(minutes=5)
    with backup.restored() as other:
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
