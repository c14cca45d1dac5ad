"""`digest send-test`: one marked test message."""

import asyncio
from typing import Annotated

import typer

from digest import clock
from digest.channels.base import Receipt
from digest.cli.common import open_app, say
from digest.services.app import App
from digest.services.sending.testing import send_test as send


def send_test(
    channel: Annotated[str, typer.Argument(help="email, slack or telegram.")],
    address: Annotated[str, typer.Argument(help="Where to send it.")],
) -> None:
    """Send one message, marked as a test, to an address."""
    app = open_app()
    receipt = asyncio.run(_send(app, channel, address))
    say(f"Accepted: {receipt.reference}")


async def _send(app: App, channel: str, address: str) -> Receipt:
    try:
        return await send(app, channel, address, clock.now())
    finally:
        for one in app.channels.values():
            await one.close()
