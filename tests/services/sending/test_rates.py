"""Limits of providers hold for all workers of an installation, and over a restart."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from bench.rates import Rates, measured
from builders import make_alert, make_item
from databases import Server
from newsroom import Newsroom
from sqlalchemy.exc import IntegrityError

from digest import clock
from digest.channels.telegram import TelegramChannel
from digest.channels.telegram.settings import TelegramSettings
from digest.models import Destination, Event
from digest.models.words import DeliveryState as State
from digest.services.app import App
from digest.services.sending.deliver import Deliverer
from digest.standins.telegram import TelegramStandIn
from digest.store.rates import SharedBuckets

HOUR = 3600
HOUR_LONG = timedelta(seconds=HOUR)


@pytest.fixture
def telegram() -> Iterator[TelegramStandIn]:
    with TelegramStandIn() as standin:
        yield standin


async def drain(app: App, telegram: TelegramStandIn) -> None:
    """As a worker that has just started."""
    settings = TelegramSettings.load(telegram_token=telegram.token, telegram_api_url=telegram.url)
    channel = TelegramChannel(settings, app.templates, SharedBuckets(app.db))
    await Deliverer(replace(app, channels={"telegram": channel}), clock.now).drain()
    await channel.close()


@dataclass
class Alerts:
    """About one Event, to chats."""

    room: Newsroom

    def __post_init__(self) -> None:
        self.room.news()
        (event,) = self.room.rows(Event)
        self.content = make_alert(1, items=(make_item(1, event_id=event.id, revision=1),))

    def to(self, chat: int, slot: str) -> int:
        with suppress(IntegrityError):
            self.room.reader(f"r{chat}", follows=[], destinations={"telegram": str(chat)})
        (place,) = self.room.rows(Destination, Destination.address == str(chat))
        (one,) = self.room.deliveries_to_come(
            place.subscriber_id,
            channel="telegram",
            content=self.content,
            slot=slot,
            destination_id=place.id,
        )
        return one


async def test_a_chat_that_is_banned_for_an_hour_is_left_alone_by_all_and_others_flow(
    app_on_both: App, telegram: TelegramStandIn
) -> None:
    room = Newsroom(app_on_both, now=clock.now())
    alerts = Alerts(room)
    first = alerts.to(1, "alert:1")
    telegram.fail_next("flood", retry_after=HOUR)
    await drain(app_on_both, telegram)
    later, other = alerts.to(1, "alert:2"), alerts.to(2, "alert:1")
    await drain(app_on_both, telegram)  # another worker, or the same after a restart
    assert telegram.calls.count("sendMessage") == 2
    assert [one["chat_id"] for one in telegram.messages()] == [2]
    assert room.delivery(other).state == State.SENT
    for row in (room.delivery(first), room.delivery(later)):
        assert (row.state, row.attempts) == (State.RETRY, 0)
        assert row.not_before is not None
        assert abs(row.not_before - clock.now() - HOUR_LONG) < timedelta(minutes=1)


@pytest.mark.postgres
def test_two_processes_keep_to_one_rate_and_to_the_order_of_each_chat(
    postgres_server: Server,
) -> None:
    """Each alone would be as fast as the rate; both together would be twice as fast as Telegram
    allows."""
    chats, each = 12, 3
    with postgres_server.database() as url:
        seen, _ = measured(url, 2, {"telegram": chats}, each, Rates(telegram=20))
    found = seen["telegram"]
    assert (len(found.taken), found.refused, found.order_faults()) == (chats * each, 0, 0)
    times = sorted(at for *_, at in found.taken)
    assert times[-1] - times[0] >= (chats * each - 1) / 20 - 0.1
