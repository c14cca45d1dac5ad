"""A fault of ours, with one reader or one Event, holds up nobody and nothing else."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from newsroom import NOON, Newsroom

from digest.edit import compose
from digest.errors import DatabaseFails
from digest.models import Subscriber
from digest.models.content import EditionContent
from digest.models.words import Outcome
from digest.services.app import App
from digest.store import memories

BROKEN = "Headline of broken"
MORNING = NOON - timedelta(hours=5)


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


@pytest.fixture(autouse=True)
def fault(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing about the broken Event can be composed."""
    for name in ("alert", "digest"):
        work = getattr(compose, name)

        def composed(*given: Any, work: Callable[..., EditionContent] = work) -> EditionContent:
            content = work(*given)
            if any(item.headline == BROKEN for item in content.items):
                raise ZeroDivisionError("of no use")
            return content

        monkeypatch.setattr(compose, name, composed)
    return monkeypatch


def test_an_alert_that_cannot_be_made_stops_no_other(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    room.reader("anna")
    room.reader("ben")
    room.news("broken", severity=5)
    room.news("sound", severity=5)
    assert room.alert() == {Outcome.DIGEST: 2, Outcome.EDITION: 2}
    assert {slot.rule for slot in room.slots() if slot.outcome == Outcome.DIGEST} == {"fault"}
    [told] = [one for one in caplog.records if one.exc_info]
    assert "the alert about event 1 can't be made for subscriber" in told.getMessage()
    assert room.alert() == {}, "it is decided"


def test_a_digest_that_cannot_be_made_stops_no_other_and_its_news_is_in_the_next(
    room: Newsroom, fault: pytest.MonkeyPatch
) -> None:
    room.now = MORNING - timedelta(days=1)
    anna = room.reader("anna")
    room.reader("ben", follows=["yemen"])
    room.publish()
    room.now = MORNING - timedelta(hours=1)
    room.news("broken", severity=3)
    room.news("sound", severity=3, interests=[{"name": "Yemen", "role": "primary"}])
    room.now = MORNING
    assert room.publish() == {Outcome.NOTHING: 1, Outcome.EDITION: 1}
    [slot] = [slot for slot in room.slots() if slot.rule == "fault"]
    assert slot.subscriber_id == anna
    fault.undo()
    room.later(minutes=1)
    assert room.publish() == {}, "the day is decided"
    room.arrive()
    room.later(days=1)
    room.publish()
    assert [item.headline for item in room.contents()[-1].items] == [BROKEN]


def test_after_a_fault_in_looking_back_the_others_are_told_all(
    room: Newsroom, fault: pytest.MonkeyPatch
) -> None:
    for name in ("anna", "ben"):
        room.reader(name)
    room.now = MORNING
    room.news("sound", severity=3)
    about, failures = memories.about, [ZeroDivisionError("of no use")]

    def failing_once(*given: Any) -> memories.About:
        if failures:
            raise failures.pop()
        return about(*given)

    fault.setattr(memories, "about", failing_once)
    assert room.publish() == {Outcome.EDITION: 2}


def test_what_was_held_and_cannot_be_told_is_looked_at_again(
    room: Newsroom, fault: pytest.MonkeyPatch
) -> None:
    for name, interest in (("anna", "iran"), ("ben", "yemen")):
        room.reader(name, follows=[interest], quiet_from=time(11), quiet_to=time(13))
    room.news("broken")
    room.news("sound", interests=[{"name": "Yemen", "role": "primary"}])
    assert room.alert() == {Outcome.HELD: 2}
    room.later(hours=1)
    assert room.release() == {Outcome.EDITION: 1}
    assert [slot.outcome for slot in room.slots()] == [Outcome.HELD, Outcome.EDITION]
    assert room.release() == {}
    fault.undo()
    room.later(hours=1)
    assert room.release() == {Outcome.EDITION: 1}


def test_a_database_that_fails_is_nobodys_fault(room: Newsroom, fault: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> EditionContent:
        raise DatabaseFails("the disk is full")

    fault.setattr(compose, "alert", full)
    room.reader()
    room.news("sound", severity=5)
    with pytest.raises(DatabaseFails):
        room.alert()
    fault.undo()
    assert room.alert() == {Outcome.EDITION: 1}


def test_an_hour_that_cannot_be_reckoned_is_looked_at_again(room: Newsroom) -> None:
    """A zone that this machine's tables don't have, perhaps, or no longer."""
    room.now = MORNING
    lost = room.reader("anna", zone="Europe/Atlantis", follows=["yemen"])
    room.reader("ben", follows=["yemen"])
    room.news("sound", severity=3, interests=[{"name": "Yemen", "role": "primary"}])
    assert room.publish() == {Outcome.EDITION: 1}
    assert room.publish() == {}
    [row] = room.rows(Subscriber, Subscriber.id == lost)
    assert row.next_due_at == MORNING + timedelta(hours=1)


def test_a_reader_in_no_known_zone_stops_no_alert(room: Newsroom) -> None:
    room.reader("anna", zone="Europe/Atlantis")
    room.reader("ben")
    room.news("sound", severity=5)
    assert room.alert() == {Outcome.DIGEST: 1, Outcome.EDITION: 1}
