"""`digest send-test`: one marked test message."""

import asyncio
from typing import Annotated

import typer

from digest import clock
from digest.channels.base import Receipt
from digest.channels.reasons import in_words
from digest.cli.common import Json, known_channel, open_app, say, say_json
from digest.errors import DeliveryError, DigestError
from digest.services.app import App
from digest.services.sending.testing import send_test as send


def send_test(
    channel: Annotated[str, typer.Argument(help="email, slack or telegram.")],
    address: Annotated[str, typer.Argument(help="Where to send it.")],
    json: Json = False,
) -> None:
    """Send one message, marked as a test, to an address."""
    known_channel(channel)
    app = open_app()
    try:
        receipt = asyncio.run(_send(app, channel, address))
    except DeliveryError as error:
        raise DigestError(f"the test message was not taken: {in_words(error)}") from None
    if json:
        say_json(
            {
                "channel": channel,
                "address": address,
                "reference": receipt.reference,
                "notes": list(receipt.notes),
            }
        )
    else:
        say(f"Accepted: {receipt.reference}")


async def _send(app: App, channel: str, address: str) -> Receipt:
    try:
        return await send(app, channel, address, clock.now())
    finally:
        for one in app.channels.values():
            await one.close()
