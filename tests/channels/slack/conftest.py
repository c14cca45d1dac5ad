"""A stand-in of Slack and a Channel that talks to it with the SDK as it is."""

from collections.abc import AsyncIterator, Iterator

import pytest

from digest.channels.slack import SlackChannel
from digest.channels.slack.settings import SlackSettings
from digest.render.environment import Templates
from digest.standins.slack import TOKEN, SlackStandIn


@pytest.fixture(scope="session")
def served() -> Iterator[SlackStandIn]:
    with SlackStandIn(channel_per_second=None, edits_per_minute=None) as server:
        yield server


@pytest.fixture
def standin(served: SlackStandIn) -> SlackStandIn:
    served.reset()
    return served


@pytest.fixture
async def slack(standin: SlackStandIn) -> AsyncIterator[SlackChannel]:
    """The Channel, unpaced: what waits for a turn is tested with the Pace."""
    settings = SlackSettings(
        slack_token=TOKEN,
        slack_api_url=standin.url,
        slack_timeout=2,
        slack_per_second=1_000,
        slack_channel_per_second=1_000,
        slack_edits_per_minute=60_000,
    )
    channel = SlackChannel(settings, Templates())
    yield channel
    await channel.close()
