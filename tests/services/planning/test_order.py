"""At one Destination messages about one Event go out in the order of its Revisions.

What is newer takes the place of what still waits there; what puts an error right follows the error.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from newsroom import Newsroom, Sending
from sqlalchemy import update

from digest.errors import RetryLater, Unanswered
from digest.models import Delivery
from digest.models.words import Code
from digest.models.words import DeliveryState as State
from digest.services.app import App
from digest.services.planning import first_alert
from digest.services.reader.preferences import resubscribe, unsubscribe
from digest.services.sending.deliver import sweep
from digest.store import events

WRONG, RIGHT = "Both pipelines are shut", "One pipeline is shut"
CORRECTION = {"wrong": "Both", "right": "One"}
BUSY = RetryLater("rate_limited", retry_after=900)


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


async def tell(room: Newsroom, **fields: Any) -> None:
    """All that is due is planned and sent, after the news if there is any."""
    if fields:
        room.news(**fields)
    room.alert()
    room.release()
    sweep(room.app, room.now)
    await room.drain()


def told(room: Newsroom, address: str) -> list[tuple[Code, str]]:
    """Every message that was handed over for this address, in order."""
    return [
        (one.content.code, one.content.items[0].headline)
        for one in room.sent
        if one.address == address
    ]


# What still waits ---------------------------------------------------------------------------


async def test_a_wrong_alert_that_nobody_answered_is_not_sent_again_once_it_is_known_to_be_wrong(
    room: Newsroom,
) -> None:
    room.reader(destinations={"telegram": "7"})
    room.telegram.script = [Unanswered("timed_out"), BUSY]
    await tell(room, headline=WRONG)
    room.forget_sent()
    room.later(minutes=1)
    await tell(room, headline=RIGHT, correction=CORRECTION)
    room.later(minutes=20)
    await tell(room)
    assert told(room, "7") == [(Code.CORRECT, RIGHT)]
    assert room.states() == [State.UNKNOWN, State.SENT], "perhaps it did arrive"


@pytest.mark.parametrize(
    ("failure", "righted"),
    [
        (RetryLater("busy"), [(Code.NEW, RIGHT)]),
        (Unanswered("timed_out"), [(Code.CORRECT, RIGHT)]),
    ],
)
async def test_a_wrong_alert_that_fails_while_it_is_found_to_be_wrong_is_not_tried_again(
    room: Newsroom, failure: Exception, righted: list[tuple[Code, str]]
) -> None:
    """It is put right where it perhaps arrived; elsewhere what is true is the news."""
    room.reader(destinations={"telegram": "7"}, cadence="none")
    room.news(headline=WRONG)
    room.alert()

    async def found_out(_: Sending) -> None:
        room.telegram.on_send = None
        room.news(headline=RIGHT, correction=CORRECTION)
        room.alert()
        raise failure

    room.telegram.on_send = found_out
    for _ in range(4):
        await room.run()
        room.later(minutes=20)
    assert told(room, "7") == [(Code.NEW, WRONG), *righted]
    assert State.RETRY not in room.states()


async def test_a_wrong_alert_does_not_go_out_to_who_left_and_came_back(room: Newsroom) -> None:
    maria = room.reader(destinations={"telegram": "7"})
    room.news(headline=WRONG)
    room.alert()
    unsubscribe(room.app.db, maria, room.now)
    room.later(minutes=5)
    await tell(room, headline=RIGHT, retraction={"reason": "A drill."})
    room.later(minutes=5)
    resubscribe(room.app.db, maria, room.now)
    await tell(room)
    assert room.sent == []


async def test_nor_does_a_mend_of_what_is_wrong(room: Newsroom) -> None:
    maria = room.reader(destinations={"slack": "C1"})
    await tell(room, headline="Both pipelines are shtu")
    room.forget_sent()
    room.news(headline=WRONG, minor=True)
    room.alert()
    unsubscribe(room.app.db, maria, room.now)
    await tell(room, headline=WRONG, retraction={"reason": "A drill."})
    resubscribe(room.app.db, maria, room.now)
    await tell(room)
    assert room.sent == []


async def test_an_update_takes_the_place_of_the_alert_that_still_waits_at_one_destination(
    room: Newsroom,
) -> None:
    room.reader(destinations={"email": "m@x", "telegram": "7"})
    room.telegram.script = [BUSY]
    await tell(room, headline="Both pipelines are shut")
    room.forget_sent()
    room.later(minutes=6)
    await tell(room, headline="Pipelines open again")
    room.later(minutes=15)
    await tell(room)
    assert told(room, "m@x") == [(Code.UPDATE, "Pipelines open again")]
    assert told(room, "7") == [(Code.UPDATE, "Pipelines open again")], "complete in itself"
    assert [row.reason for row in room.rows(Delivery) if row.state == State.SUPPRESSED] == [
        "superseded"
    ]


async def test_until_an_update_is_due_what_waits_goes_out_before_it(room: Newsroom) -> None:
    room.reader(destinations={"email": "m@x", "telegram": "7"})
    room.telegram.script = [RetryLater("rate_limited", retry_after=180)]
    await tell(room, headline="Both pipelines are shut")
    room.forget_sent()
    room.later(minutes=1)
    await tell(room, headline="Pipelines open again")
    for _ in range(2):
        room.later(minutes=3)
        await tell(room)
    assert [code for code, _ in told(room, "7")] == [Code.NEW, Code.UPDATE]


# What puts something right -------------------------------------------------------------------


async def a_digest_that_waits_for_telegram(room: Newsroom) -> None:
    room.now = datetime(2026, 3, 5, 6, 55, tzinfo=UTC)
    room.reader(destinations={"email": "m@x", "telegram": "7"})
    await tell(room, headline=WRONG, severity=3)
    room.later(minutes=5)
    room.telegram.script = [RetryLater("rate_limited", retry_after=3600)]
    room.publish()
    await room.drain()
    room.forget_sent()
    room.later(minutes=10)


def in_hand(room: Newsroom, now: State, **columns: object) -> None:
    """What happens to the digest for Telegram, which a worker has in hand."""
    with room.app.db.begin() as session:
        waits = Delivery.slot.like("digest:%") & (Delivery.channel == "telegram")
        session.execute(update(Delivery).where(waits).values(state=now, **columns))


async def corrected(room: Newsroom) -> None:
    await tell(room, headline=RIGHT, severity=3, correction=CORRECTION)
    assert told(room, "m@x") == [(Code.CORRECT, RIGHT)]
    assert told(room, "7") == []


async def test_a_digest_that_waits_is_right_from_the_start(room: Newsroom) -> None:
    await a_digest_that_waits_for_telegram(room)
    await corrected(room)
    room.later(minutes=50)
    await tell(room)
    assert told(room, "7") == [(Code.NEW, RIGHT)]
    assert told(room, "m@x") == [(Code.CORRECT, RIGHT)], "once"


async def test_a_correction_waits_for_the_digest_with_the_error_at_each_destination(
    room: Newsroom,
) -> None:
    await a_digest_that_waits_for_telegram(room)
    in_hand(room, State.SENDING, lease_until=room.now + timedelta(minutes=2))
    await corrected(room)
    in_hand(room, State.RETRY, lease_until=None)
    room.later(minutes=50)
    await tell(room)
    room.later(minutes=1)
    await tell(room)
    assert told(room, "7") == [(Code.NEW, WRONG), (Code.CORRECT, RIGHT)]
    assert told(room, "m@x") == [(Code.CORRECT, RIGHT)], "once"


async def test_an_error_that_ended_before_it_reached_a_destination_is_not_put_right_there(
    room: Newsroom,
) -> None:
    await a_digest_that_waits_for_telegram(room)
    in_hand(room, State.SENDING, lease_until=room.now + timedelta(minutes=2))
    await corrected(room)
    in_hand(room, State.EXPIRED, lease_until=None, not_before=None)
    room.later(minutes=1)
    await tell(room)
    assert told(room, "7") == []
    assert room.rows(Delivery)[-1].reason == "nothing_to_right"


async def test_an_update_waits_for_the_correction_that_is_still_owed(room: Newsroom) -> None:
    room.reader(destinations={"telegram": "7"})
    await tell(room, headline=WRONG)
    room.later(minutes=20)
    room.telegram.script = [BUSY]
    await tell(room, headline=RIGHT, correction=CORRECTION)
    room.forget_sent()
    room.later(minutes=11)
    await tell(room, headline="Crews are on their way", severity=5)
    assert told(room, "7") == []
    room.later(minutes=4)
    await tell(room)
    room.later(minutes=1)
    await tell(room)
    assert [code for code, _ in told(room, "7")] == [Code.CORRECT, Code.ESCALATE]


async def test_what_is_being_sent_goes_before_what_is_newer(room: Newsroom) -> None:
    room.reader(destinations={"telegram": "7"})
    room.news(headline=WRONG)
    room.alert()

    async def found_out(_: Sending) -> None:
        room.telegram.on_send = None
        room.news(headline=RIGHT, correction=CORRECTION)
        room.alert()
        await room.drain()
        assert told(room, "7") == [(Code.NEW, WRONG)], "its answer is not there yet"

    room.telegram.on_send = found_out
    await tell(room)
    room.later(minutes=3)
    await tell(room)
    assert told(room, "7") == [(Code.NEW, WRONG), (Code.CORRECT, RIGHT)]
    assert room.states() == [State.SENT, State.SENT]


def test_who_was_decided_about_by_another_planner_is_passed_over(room: Newsroom) -> None:
    reader = room.reader()
    room.news(breaking=True, severity=5)
    assert room.alert() == {"edition": 1}
    with room.app.db.begin() as session:
        (candidate,) = events.candidates(session, 0, 10**9)
        assert first_alert.tell(session, room.app, candidate, [reader], room.now) == {}
    assert len(room.rows(Delivery)) == 1
