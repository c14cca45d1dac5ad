"""Weeks of real news for readers who all differ: what must hold of every digest of theirs.

`./run bench replay` does the same for all 151 days and thirty readers, and takes the time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from bench import news, replay, world
from bench.limits import over
from factories import installation

from digest.services.app import App

FIRST = news.FIRST + timedelta(days=77)  # the last days of winter time in Europe
DAYS = 14
READERS = 12

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not news.REAL.is_file(), reason="the real data is not beside the checkout"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Readers who joined in March, and the news of the three months before as history."""
    with installation(tmp_path_factory.mktemp("replay")) as app:
        world.people(app, READERS, datetime.combine(FIRST, world.HOUR, UTC))
        replayed = replay.replay(app, news.news(), FIRST, DAYS)
        assert replayed.outcomes["edition"] > READERS  # there was something to say
        yield app


def test_each_reader_is_told_once_a_day_or_there_is_a_reason_and_nothing_twice(
    replayed: App,
) -> None:
    assert replay.faults(replayed, FIRST, DAYS) == []


def test_the_ledger_s_own_faults_would_be_found(replayed: App) -> None:
    """A date that was not replayed is missed, so the check above can fail."""
    found = replay.faults(replayed, FIRST, DAYS + 1)
    assert len(found) == READERS


def test_every_message_is_within_its_provider_s_limits(replayed: App) -> None:
    seen = dict.fromkeys(replayed.channels, 0)
    for message, content in replay.messages(replayed):
        seen[message.channel] += 1
        assert over(replayed.channels[message.channel], message, content) == []
        assert all(item.reasons for item in content.items)
    assert min(seen.values()) > DAYS
