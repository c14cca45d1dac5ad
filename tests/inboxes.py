"""What the stand-ins of the providers would show, for tests of the inbox."""

from email import message_from_bytes
from typing import Any

from builders import make_envelope
from worlds import NOW, World, add_delivery, add_subscriber, telling

from digest.models import Delivery
from digest.services.links import Bearer
from digest.web.inbox import Inbox


def slack_message(**fields: Any) -> dict[str, Any]:
    """A message as the stand-in of Slack's Web API lists it."""
    said = "*Pilots* stop _work_\n<https://digest.example.org/e/x|Read on>"
    given: dict[str, Any] = {
        "channel": "C0STANDIN000",
        "channel_name": "#desk",
        "ts": "1700000000.000001",
        "text": "Pilots stop work",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Digest"}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": said},
                "accessory": {
                    "type": "overflow",
                    "options": [
                        {"text": {"type": "plain_text", "text": "Why?"}, "url": "https://a.example"}
                    ],
                },
            },
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "one source"}]},
            {"type": "divider"},
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Open"},
                        "url": "https://a.example/x",
                    }
                ],
            },
        ],
        "thread_ts": None,
        "broadcast": False,
        "sent_at": NOW.isoformat(),
        "edited_at": None,
        "history": [],
    }
    return given | fields


def telegram_message(**fields: Any) -> dict[str, Any]:
    """A message as the stand-in of Telegram's Bot API lists it."""
    given: dict[str, Any] = {
        "chat_id": 100000001,
        "message_id": 4,
        "html": '<b>Pilots</b> stop work\n<a href="https://a.example">Open</a>',
        "text": "Pilots stop work\nOpen",
        "buttons": [[{"text": "Open", "url": "https://a.example"}]],
        "silent": True,
        "sent_at": NOW.isoformat(),
        "reply_to": None,
        "edited_at": None,
        "deleted": False,
        "history": [],
    }
    return given | fields


def make_inbox(world: World) -> Inbox:
    """Maria's mail, her Telegram chat with an edit and a reply, and a Slack thread."""
    app, content = world.app, telling(*world.event, ("actor", "iran", "Iran"))
    links = app.links.links(Bearer(world.delivery, world.maria, 0))
    email = app.channels["email"]
    message = email.render(content, make_envelope(links=links, address="maria@example.org"))
    mail = email.preview(message)[1]
    with app.db.begin() as session:
        raw = message_from_bytes(mail)
        session.get_one(Delivery, world.delivery).reference = raw["Message-ID"]
    add_delivery(
        app,
        world.maria,
        content,
        channel="telegram",
        slot="digest:2026-03-06",
        reference="100000001:4",
    )
    desk = add_subscriber(app, "desk", destinations={"slack": "#desk"})
    add_delivery(app, desk, content, channel="slack", reference="C0STANDIN000:1700000000.000001")
    first = slack_message(edited_at=NOW.isoformat(), history=[{"text": "Before", "blocks": []}])
    answer = slack_message(ts="1700000001.000001", thread_ts=first["ts"], broadcast=True)
    told = telegram_message(edited_at=NOW.isoformat(), history=["<i>Before</i>"])
    reply = telegram_message(message_id=5, reply_to=4, silent=False)
    return Inbox(
        emails=lambda: [mail],
        slack=lambda: [first, answer],
        telegram=lambda: [told, reply],
    )
