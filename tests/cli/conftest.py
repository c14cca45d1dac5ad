"""An installation of its own for each file of tests, and the providers it writes to."""

from collections.abc import Iterator

import pytest
from shell import Providers, Shell

from digest.standins.slack import SlackStandIn
from digest.standins.smtp import MailServer
from digest.standins.telegram import TelegramStandIn


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """An installation of its own, set up, with no Channel."""
    made = Shell(tmp_path_factory.mktemp("installation"))
    assert made("init").code == 0
    return made


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    """Without their limits for one address: a test's whole day takes less than a second."""
    with (
        MailServer() as mail,
        SlackStandIn(channel_per_second=None) as slack,
        TelegramStandIn(chat_per_second=None) as telegram,
    ):
        yield Providers(mail, slack, telegram)
