"""Leases: what a worker has in hand is found, and becomes free, when it gives it back or dies."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from newsroom import NOON, Newsroom
from sqlalchemy import delete, text, update

from digest.models import Claim, Delivery
from digest.models.words import DeliveryState as State
from digest.services.app import App
from digest.store import deliveries as ledger
from digest.store import leases
from digest.store.deliveries import ALERTS, LEASE, Result

LATER = NOON + LEASE + timedelta(seconds=1)


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def claim(room: Newsroom, worker: str = "w1", now: datetime = NOON, limit: int = 200) -> list[int]:
    with room.app.db.begin() as session:
        return [row.id for row in ledger.claim(session, "email", ALERTS, now, worker, limit)]


def begin(room: Newsroom, ids: list[int], worker: str = "w1") -> None:
    with room.app.db.begin() as session:
        assert ledger.begin(session, ids, worker, NOON) == set(ids)


def recover(
    room: Newsroom, now: datetime = NOON, gone: Callable[[str], bool] = lambda name: False
) -> int:
    with room.app.db.begin() as session:
        return leases.recover(session, now, gone)


def test_what_is_given_back_is_free_at_once(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    claim(room)
    with room.app.db.begin() as session:
        leases.give_back(session, "email", ALERTS, "w2")
    assert claim(room, "w2") == [], "it was not theirs to give back"
    with room.app.db.begin() as session:
        leases.give_back(session, "email", ALERTS, "w1")
    assert claim(room, "w2") == [one]


def test_what_a_dead_worker_was_sending_is_unknown(room: Newsroom) -> None:
    sending, claimed = room.deliveries_to_come(room.reader(), 2)
    claim(room)
    begin(room, [sending])
    with room.app.db.begin() as session:
        assert leases.recover(session, NOON + LEASE) == 0, "its lease still runs"
    found = NOON + LEASE + timedelta(seconds=1)
    with room.app.db.begin() as session:
        assert leases.recover(session, found) == 1
    row = room.delivery(sending)
    assert (row.state, row.reason) == (State.UNKNOWN, "worker_died")
    assert (row.attempts, row.unanswered) == (1, 1)
    assert row.not_before == found, "due at once, after all that waits"
    assert room.delivery(claimed).state == State.PENDING


def test_a_worker_known_to_be_gone_is_not_waited_for(room: Newsroom) -> None:
    sending, claimed = room.deliveries_to_come(room.reader(), 2)
    (others,) = room.deliveries_to_come(room.reader("tom"))
    claim(room, "dead", limit=2)
    begin(room, [sending], "dead")
    claim(room, "alive")
    with room.app.db.begin() as session:
        assert leases.recover(session, NOON, lambda name: name == "dead") == 1
    assert set(claim(room, "new")) == {sending, claimed}
    assert room.delivery(others).worker == "alive"


def test_a_claim_is_kept_while_any_of_it_is_in_hand(room: Newsroom) -> None:
    sent, slow = room.deliveries_to_come(room.reader(), 2)
    claim(room)
    begin(room, [sent])
    with room.app.db.begin() as session:
        ledger.record(session, [Result(sent, State.SENT, NOON, reference="r")], "w1")
        ledger.begin(session, [slow], "w1", NOON + LEASE / 2)  # which renews its lease
    recover(room, LATER)
    assert len(room.rows(Claim)) == 1
    assert room.delivery(slow).state == State.SENDING
    assert recover(room, LATER + LEASE) == 1
    assert room.rows(Claim) == []


def test_what_the_dead_held_is_forgotten_at_once(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 3)
    claim(room, "dead", limit=2)
    claim(room, "alive")
    recover(room, gone=lambda name: name == "dead")
    assert [one.worker for one in room.rows(Claim)] == ["alive"]


def test_of_a_claim_that_ended_nothing_is_taken_from_who_has_it_now(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    claim(room, "slow")
    claim(room, "quick", now=LATER)
    recover(room, LATER)
    assert room.delivery(one).worker == "quick"
    assert [one.worker for one in room.rows(Claim)] == ["quick"]


def test_what_an_old_release_is_sending_is_noted(room: Newsroom) -> None:
    """Before claims were noted; also when it goes out no more, should this attempt fail."""
    sending, superseded, claimed, noted = room.deliveries_to_come(room.reader(), 4)
    claim(room, "old", limit=3)
    begin(room, [sending, superseded], "old")
    with room.app.db.begin() as session:
        session.execute(delete(Claim))
        ended = {"not_before": None, "expires_at": NOON}
        session.execute(update(Delivery).where(Delivery.id == superseded).values(ended))
    claim(room, "new")
    begin(room, [noted], "new")
    assert recover(room, gone=lambda name: name == "old") == 0
    for _ in range(2):
        with room.app.db.begin() as session:
            leases.adopt(session)
    assert len(room.rows(Claim)) == 3
    assert recover(room, gone=lambda name: name == "old") == 2
    assert room.delivery(sending).state == room.delivery(superseded).state == State.UNKNOWN
    assert room.delivery(noted).worker == "new"
    assert claim(room, "newer", LATER) == [sending, claimed], "the lease of what was claimed ends"


def test_an_old_worker_has_what_a_new_one_gave_back(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    claim(room, "new")
    with room.app.db.begin() as session:
        leases.give_back(session, "email", ALERTS, "new")
    claim(room, "old")
    begin(room, [one], "old")
    with room.app.db.begin() as session:
        session.execute(delete(Claim).where(Claim.worker == "old"))
        leases.adopt(session)
    assert recover(room, gone=lambda name: name == "old") == 1


def test_to_claim_and_to_begin_touches_no_index(room: Newsroom) -> None:
    """Of PostgreSQL, which counts the rows that it wrote into their own page and nowhere else."""
    if room.app.db.is_sqlite:
        return
    ids = room.deliveries_to_come(room.reader(), 8)
    written = text("SELECT pg_stat_get_xact_tuples_hot_updated('deliveries'::regclass)")
    with room.app.db.begin() as session:
        before = session.scalar(written) or 0
        ledger.claim(session, "email", ALERTS, NOON, "w1")
        assert session.scalar(written) == before + 8
        ledger.begin(session, ids, "w1", NOON)
        assert session.scalar(written) == before + 16
