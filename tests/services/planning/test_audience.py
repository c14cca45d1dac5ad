"""The audience of an Event: who follows what it touches, and is there to hear of it."""

from datetime import timedelta

import pytest
from newsroom import NOON, Newsroom
from sqlalchemy import select

from digest.models import Follow, Interest, List, ListMember, Subscriber
from digest.services.app import App
from digest.services.planning.audience import audience
from digest.store import events, readers
from digest.store.visibility import newest_seq

HOUR = timedelta(hours=1)
STATES = [
    ("active", None, True),
    ("active", NOON + HOUR, True),  # what is left of a pause that they ended
    ("paused", None, False),
    ("paused", NOON + HOUR, False),
    ("paused", NOON, True),
    ("left", None, False),
    ("left", NOON - HOUR, False),
    ("of a later release", None, False),
]


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def heard_by(room: Newsroom) -> list[int]:
    with room.app.db.read() as session:
        (candidate,) = events.candidates(session, 0, newest_seq(session))
        return audience(session, candidate, NOON)


def test_all_who_follow_it_once_each_in_order(room: Newsroom) -> None:
    room.news(actors=["Iran", "Israel"], story={"title": "War in the Gulf"})
    room.alert()
    both = room.reader("both", follows=("iran", "israel"))
    nobody = room.reader("nobody", follows=("peru",))
    above = room.reader("above", follows=("middle-east",))
    story = room.reader("story", follows=())
    room.follow_story(story, "war-in-the-gulf")
    listed, left = (room.reader(key, follows=()) for key in ("listed", "left"))
    with room.app.db.begin() as session:
        desk = List(key="desk", name="Desk")
        session.add(desk)
        session.flush()
        iran = session.scalars(select(Interest.id).where(Interest.slug == "iran")).one()
        session.add(Follow(list_id=desk.id, interest_id=iran))
        for one, gone in ((both, None), (listed, None), (left, NOON)):
            session.add(ListMember(list_id=desk.id, subscriber_id=one, left_at=gone))
    assert heard_by(room) == [both, above, story, listed]
    assert nobody not in heard_by(room)


def test_an_event_nobody_follows_has_none(room: Newsroom) -> None:
    room.news()
    room.alert()
    room.reader(follows=("peru",))
    assert heard_by(room) == []


def test_but_for_those_who_are_away(room: Newsroom) -> None:
    room.news()
    room.alert()
    there, away = [], []
    for number, (state, until, hears) in enumerate(STATES):
        who = {"state": state, "paused_until": until}
        (there if hears else away).append(room.reader(f"reader-{number}", person=who))
    assert heard_by(room) == there
    with room.app.db.read() as session:
        for said, found in ((readers.reachable, there), (readers.away, away)):
            assert sorted(session.scalars(select(Subscriber.id).where(said(NOON)))) == found
