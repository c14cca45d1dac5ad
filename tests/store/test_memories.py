"""What readers were told, asked of more Events than one statement carries."""

from datetime import timedelta

import pytest
from newsroom import Newsroom, counting
from sqlalchemy import update

from digest.formats.entry import Entry
from digest.models import Delivery, Event, Slot
from digest.models.record import EventRecord
from digest.models.words import EditionKind
from digest.services.app import App
from digest.services.news.ingest import ingest
from digest.store import memories, readers


def test_any_number_of_events_and_facts_may_be_asked_about(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    maria = room.reader()
    for name in "ab":
        room.news(name, headline="The same report", standfirst="In the same words.")
    room.alert()
    first, second = room.rows(Event)
    assert first.fact_key == second.fact_key
    many = [f"fact {number}" for number in range(35_000)]
    with app_on_both.db.read() as session:
        for ids, facts in (
            ([*range(first.id, 70_000)], many),
            ([], [*many, first.fact_key]),
            ([second.id], [second.fact_key]),
        ):
            told = memories.memories(session, [maria], memories.about(session, ids, facts))
            assert [one.event_id for one in told[maria]] == [first.id]
        assert memories.memories(session, [maria], memories.about(session, [], [])) == {}


def test_any_number_of_destinations_may_be_asked_about(app_on_both: App) -> None:
    Newsroom(app_on_both).reader()
    with app_on_both.db.read() as session:
        assert len(readers.open_destinations(session, range(70_000))) == 1


def test_the_same_report_that_was_told_to_nobody_is_not_asked_about(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    maria = room.reader()
    same = {"headline": "Flood warning", "standfirst": "Rivers rise."}
    room.news("told", **same)
    room.alert()
    room.news("new", **same)
    asked = []
    for count in (0, 1000):
        archive = [{"id": f"{n}", "visible_at": room.now} | same for n in range(count)]
        ingest(room.app, [Entry("a", EventRecord.model_validate(one)) for one in archive], room.now)
        event = room.rows(Event)[1]
        with app_on_both.db.read() as session, counting(app_on_both.db.engine) as statements:
            told = memories.memories(
                session, [maria], memories.about(session, [event.id], [event.fact_key])
            )
        assert [one.event_id for one in told[maria]] == [room.rows(Event)[0].id]
        asked.append(len(statements))
    assert asked[0] == asked[1]


def test_what_was_told_by_a_slower_clock_is_remembered(app_on_both: App) -> None:
    """One machine lets news become visible, another tells it, and their clocks differ."""
    room = Newsroom(app_on_both)
    maria = room.reader()
    room.news()
    visible = room.now
    room.alert()
    with app_on_both.db.begin() as session:
        session.execute(update(Slot).values(planned_at=visible - timedelta(seconds=3)))
    [event] = room.rows(Event)
    with app_on_both.db.read() as session:
        assert memories.memories(session, [maria], memories.about(session, [event.id], []))[maria]


@pytest.mark.parametrize(
    ("kind", "waited", "shown"),
    [
        (EditionKind.ALERT, timedelta(seconds=130), timedelta(minutes=2)),
        (EditionKind.DIGEST, timedelta(minutes=20), timedelta(0)),
        (EditionKind.DIGEST, timedelta(minutes=40), timedelta(minutes=40)),
    ],
)
def test_readers_know_the_minute_in_which_it_was_sent_and_a_digest_by_its_hour(
    app_on_both: App, kind: EditionKind, waited: timedelta, shown: timedelta
) -> None:
    room = Newsroom(app_on_both)
    maria = room.reader(destinations={"email": "m@x", "slack": "C1"}, kinds=[kind])
    digest = kind is EditionKind.DIGEST
    room.news(visible_at=room.now - timedelta(hours=6 if digest else 0))
    planned = room.now
    room.publish() if digest else room.alert()
    first, _ = room.rows(Delivery)
    [event] = room.rows(Event)

    def told_at() -> timedelta:
        with app_on_both.db.read() as session:
            [memory] = memories.memories(session, [maria], memories.about(session, [event.id], []))[
                maria
            ]
        assert memory.at == planned
        return memory.told_at - planned

    assert told_at() == timedelta(0)
    with app_on_both.db.begin() as session:
        late = planned + timedelta(hours=3)
        session.execute(update(Delivery).values(sent_at=late))
        at = planned + waited
        session.execute(update(Delivery).where(Delivery.id == first.id).values(sent_at=at))
    assert told_at() == shown, "at the first of two destinations"
