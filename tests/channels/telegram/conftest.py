"""A Telegram Channel, a stand-in of the Bot API for it, and no waiting where nothing waits."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from digest.channels.telegram import TelegramChannel
from digest.channels.telegram.settings import TelegramSettings
from digest.render.environment import Templates
from digest.standins.telegram import TelegramStandIn


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates()


@pytest.fixture
def offline(templates: Templates) -> TelegramChannel:
    """A Channel that renders and never sends."""
    return TelegramChannel(TelegramSettings(), templates)


@pytest.fixture(scope="session")
def served() -> Iterator[TelegramStandIn]:
    with TelegramStandIn(per_second=None, chat_per_second=None, group_per_minute=None) as standin:
        yield standin


@pytest.fixture
def telegram(served: TelegramStandIn) -> TelegramStandIn:
    """A stand-in without limits of pace, as if nobody had called it yet."""
    served.clear()
    return served


UNPACED = {
    "telegram_per_second": 1_000,
    "telegram_chat_per_second": 1_000,
    "telegram_group_per_minute": 60_000,
}
Connect = Callable[..., TelegramChannel]


@pytest.fixture
async def connect(templates: Templates) -> AsyncIterator[Connect]:
    """`connect(standin, **settings)` gives a Channel for that stand-in, closed at the end."""
    channels = []

    def connect(standin: TelegramStandIn, **given: Any) -> TelegramChannel:
        values = {
            "telegram_token": standin.token,
            "telegram_api_url": standin.url,
            "telegram_timeout": 1.0,
        }
        channels.append(TelegramChannel(TelegramSettings(**(values | given)), templates))
        return channels[-1]

    yield connect
    for channel in channels:
        await channel.close()


@pytest.fixture
def channel(telegram: TelegramStandIn, connect: Connect) -> TelegramChannel:
    """A Channel without pace, connected to `telegram`."""
    return connect(telegram, **UNPACED)
