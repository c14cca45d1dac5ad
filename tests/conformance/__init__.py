"""What every Channel must keep, whatever its provider (tests/channels/test_conformance.py).

A new Channel is held to all of it by one Adapter: a module in this folder with a class of the shape
of `adapter.Adapter`, and a line in ADAPTERS.
"""

from collections.abc import Mapping

from conformance.adapter import Adapter
from conformance.email import EmailAdapter
from conformance.slack import SlackAdapter, WebhookAdapter
from conformance.telegram import TelegramAdapter
from digest.channels import discover

ADAPTERS: Mapping[str, Adapter] = {
    "email": EmailAdapter(),
    "slack": SlackAdapter(),
    "slack by webhook": WebhookAdapter(),
    "telegram": TelegramAdapter(),
}
"""By name; several for one Channel begin with its name."""


def without_adapter() -> list[str]:
    """Channels that nobody can judge yet."""
    judged = {name.partition(" ")[0] for name in ADAPTERS}
    return sorted(set(discover()) - judged)
