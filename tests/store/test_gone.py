"""Who is gone takes along all that is theirs, and nothing else."""

from newsroom import Newsroom

from digest.models import Delivery, Destination, Edition, Slot, Subscriber
from digest.services.app import App
from digest.store import gone


def test_a_subscriber_takes_along_what_was_decided_and_what_they_were_sent(
    app_on_both: App,
) -> None:
    room = Newsroom(app_on_both)
    room.news()
    erased, other = room.reader("erased"), room.reader("other")
    room.alert()
    with room.app.db.begin() as session:
        gone.subscriber(session, erased)
    assert [row.id for row in room.rows(Subscriber)] == [other]
    assert {row.subscriber_id for row in room.rows(Slot)} == {other}
    assert [row.subscriber_id for row in room.rows(Delivery)] == [other]
    assert {row.subscriber_id for row in room.rows(Destination)} == {other}
    assert room.rows(Edition)


def test_a_destination_takes_along_what_is_to_go_there(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    first, second = room.deliveries_to_come(room.reader(), 2)
    where = room.delivery(first).destination_id
    assert room.delivery(second).destination_id != where
    with room.app.db.begin() as session:
        gone.destination(session, session.get_one(Destination, where))
    assert [row.id for row in room.rows(Delivery)] == [second]
    assert where not in {row.id for row in room.rows(Destination)}
