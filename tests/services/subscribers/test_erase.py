"""Erase: nothing is left of a reader but a mark that nobody can read, and it holds."""

import json
from pathlib import Path

import pytest
from newsroom import Newsroom
from sqlalchemy import text
from worlds import dump

from digest.errors import AddressRefused, NotFound
from digest.models import AuditEntry, Delivery, Subscriber, Suppression
from digest.models.words import BounceKind, Cadence
from digest.services.admin import bounces as admin
from digest.services.app import App
from digest.services.bounces.record import Report, take
from digest.services.reader.preferences import pause
from digest.services.subscribers.contacts import import_contacts
from digest.services.subscribers.erase import erase
from digest.services.subscribers.sync import sync

MAIL, CHAT = "maria@example.org", "770077"
CSV = f"email,name\n{MAIL},Maria Moreno\n".encode()
YAML = f"""\
subscribers:
  - key: maria
    name: Maria Moreno
    destinations: [{{email: {MAIL}}}]
    follows: [Iran]
"""


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def everything(app: App) -> str:
    """All rows of all tables, those of the engine as well, as text."""
    found = [json.dumps(dump(app), default=str)]
    with app.db.read() as session:
        if not app.db.is_sqlite:
            rows = session.execute(text("SELECT args::text FROM procrastinate_jobs"))
            found += [row.args for row in rows]
    if app.db.file is not None:  # also what a deleted row left in the file
        app.db.dispose()  # brings all into one file
        for file in app.db.file.parent.glob(f"{app.db.file.name}*"):
            found.append(file.read_bytes().decode("utf-8", "replace"))
    return "\n".join(found)


async def a_long_life(room: Newsroom) -> int:
    """A reader of whom every table knows something."""
    places = {"email": MAIL, "telegram": CHAT}
    maria = room.reader(MAIL, destinations=places)
    room.news()
    room.email.refused[MAIL] = AddressRefused("mailbox_unknown", f"no such user {MAIL}")
    await room.run()
    pause(room.app.db, maria, 3, room.now)
    with room.app.db.begin() as session:
        session.execute(
            text("INSERT INTO rate_buckets (name, free_at) VALUES (:name, 1)"),
            {"name": f"telegram/{CHAT}"},
        )
        take(session, Report(BounceKind.COMPLAINT, "mail", "k", address=MAIL), room.now)
    admin.add(room.app, MAIL, room.now)
    before = everything(room.app)
    assert all(before.count(one) for one in (MAIL, CHAT, MAIL.capitalize()))
    return maria


async def test_no_address_and_no_name_is_left_anywhere(room: Newsroom) -> None:
    maria = await a_long_life(room)
    assert erase(room.app, maria, room.now, "cli") == 2
    left = everything(room.app)
    assert [left.count(one) for one in (MAIL, CHAT, MAIL.capitalize())] == [0, 0, 0]
    marks = room.rows(Suppression)
    assert {(one.channel, one.reason) for one in marks} == {
        ("email", "complaint"),
        ("telegram", "erased"),
    }
    assert [one.action for one in room.rows(AuditEntry, AuditEntry.actor == "cli")] == ["erased"]
    with pytest.raises(NotFound):
        erase(room.app, maria, room.now, "cli")


async def test_complaints_go_on_counting(room: Newsroom) -> None:
    maria = await a_long_life(room)
    erase(room.app, maria, room.now, "cli")
    with room.app.db.read() as session:
        assert admin.health(session, room.now)["complaints"] == 1


def test_an_import_leaves_them_alone(room: Newsroom) -> None:
    maria = room.reader(destinations={"email": MAIL})
    erase(room.app, maria, room.now, "cli")
    for _ in range(2):
        done = import_contacts(room.app, CSV, room.now)
        assert (done.new, done.unsubscribed) == (0, 1)
    assert MAIL not in everything(room.app)


async def test_files_that_name_them_still_send_them_nothing(room: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "readers.yaml").write_text(YAML)
    maria = room.reader(destinations={"email": MAIL})
    erase(room.app, maria, room.now, "cli")
    plan = sync(room.app, folder, room.now)
    assert [note.text for note in plan.notes] == [f"nothing is sent to email {MAIL}: erased"]
    room.news()
    await room.run()
    assert not room.sent
    assert set(room.states()) == {"suppressed"}
    assert admin.lift(room.app, MAIL, room.now) == 0
    room.news("next")
    await room.run()
    assert [one.address for one in room.sent] == [MAIL], "an admin can undo it"


def test_lifting_needs_the_address_and_no_reader(room: Newsroom) -> None:
    erase(room.app, room.reader(destinations={"telegram": CHAT}), room.now, "cli")
    with room.app.db.read() as session:
        assert admin.suppressions(session)[0]["address"] == "(erased)"
    admin.lift(room.app, CHAT, room.now, channel="telegram")
    assert not room.rows(Suppression)


async def test_an_address_that_is_somebody_elses_too_stays_theirs(room: Newsroom) -> None:
    maria = room.reader(destinations={"email": "desk@example.org"}, cadence=Cadence.NONE)
    room.reader("tom", destinations={"email": "desk@example.org"}, cadence=Cadence.NONE)
    assert erase(room.app, maria, room.now, "cli") == 0
    room.news()
    await room.run()
    assert [one.address for one in room.sent] == ["desk@example.org"]


def test_nobody_else_gets_their_number(room: Newsroom) -> None:
    """Links in their old mails name it, and must not open the pages of another."""
    maria = room.reader()
    erase(room.app, maria, room.now, "cli")
    assert room.reader("tom") > maria
    assert len(room.rows(Subscriber)) == 1


def test_nobody_elses_message_gets_the_number_of_theirs(room: Newsroom) -> None:
    """A mail's Message-ID, return path and links name it."""
    (old,) = room.deliveries_to_come(maria := room.reader())
    erase(room.app, maria, room.now, "cli")
    assert room.rows(Delivery) == []
    (new,) = room.deliveries_to_come(room.reader("tom"))
    assert new > old
