"""The inbox of demos: each message as its reader sees it, beside its ledger row."""

import httpx
import pytest
from builders import HOSTILE_TEXTS
from inboxes import make_inbox, slack_message, telegram_message
from worlds import BASE_URL, World

from digest.web.app import create
from digest.web.inbox import Entry, Inbox, side_by_side
from digest.web.letters import Letter


def client_of(world: World, inbox: Inbox | None = None) -> httpx.AsyncClient:
    web = create(world.app, lambda: world.now, inbox=inbox or make_inbox(world))
    return httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url=BASE_URL)


async def test_opens_the_newest_beside_the_same_news_on_other_channels(world: World) -> None:
    async with client_of(world) as client:
        page = (await client.get("/inbox")).text
    for name in ("Email", "Slack", "Telegram"):
        assert page.count(f'aria-label="{name}: ') == 1
    rows = page.split("<li><a ")[1:]
    assert [row.count("aria-current") for row in rows[:4]] == [1, 0, 0, 0], "the newest, alone"
    assert 'loading="lazy"' not in page, "what is open is drawn at once"


def test_what_is_not_the_same_news_never_stands_beside_it() -> None:
    def told(channel: str, *events: str) -> Entry:
        letter = Letter(f"{channel}-{events}", channel, "", "", "", ())
        return Entry(letter, ({"items": [{"event": event} for event in events]},))

    digest, older = told("email", "ban", "rebate"), told("telegram", "ban", "pilots")
    mail, chat, reply = told("email", "gas"), told("slack", "gas"), told("slack", "gas")
    assert side_by_side([digest, older]) == [digest]
    assert side_by_side([digest, older, mail, chat, reply]) == [mail, chat]
    assert side_by_side([]) == []


async def test_counts_every_message_once(world: World) -> None:
    async with client_of(world) as client:
        page = (await client.get("/inbox")).text
    assert "5 of 5 messages, newest first; 1 of them stands in a Slack thread below" in page


async def test_the_ledger_and_the_reasons_stand_beside_each_message(world: World) -> None:
    async with client_of(world) as client:
        page = (await client.get("/inbox?message=email-1")).text
    assert "delivery 1" in page
    assert "digest:2026-03-05" in page
    assert "follows Iran: primary" in page
    assert f'href="/e/{world.event[1]}"' in page


async def test_a_mail_is_shown_light_and_dark_on_phone_and_desktop(world: World) -> None:
    async with client_of(world) as client:
        page = (await client.get("/inbox?message=email-1")).text
        for scheme in ("light", "dark"):
            assert page.count(f'src="/inbox/mail/email-1/{scheme}"') == 2
        light = (await client.get("/inbox/mail/email-1/light")).text
        framed = await client.get("/inbox/mail/email-1/dark")
    assert "prefers-color-scheme" not in light + framed.text
    assert "(min-width: 0)" in framed.text
    assert "(max-width: 0)" in light
    assert "sandbox" in framed.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in framed.headers["content-security-policy"]
    for part in ("Headers", "List-Unsubscribe", "Raw", "Content-Transfer-Encoding"):
        assert part in page


async def test_slack_shows_threads_and_edits(world: World) -> None:
    async with client_of(world) as client:
        page = (await client.get("/inbox?message=slack-1")).text
    assert "1 reply in the thread" in page
    assert "(edited)" in page
    assert "<strong>Pilots</strong> stop <em>work</em>" in page
    assert '<a href="https://digest.example.org/e/x">Read on</a>' in page


async def test_telegram_shows_replies_edits_and_sound(world: World) -> None:
    async with client_of(world) as client:
        first = (await client.get("/inbox?message=telegram-1")).text
        reply = (await client.get("/inbox?message=telegram-2")).text
    assert "<b>Pilots</b> stop work" in first
    assert "edited · silent" in first
    assert "In reply to: Pilots stop work" in reply
    assert "with sound" in reply


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 4),
        ("channel=telegram", 2),
        ("reader=maria", 3),
        ("words=STRAIT", 1),
        ("words=strait&channel=slack", 0),
    ],
)
async def test_filters_are_in_the_address(world: World, query: str, shown: int) -> None:
    async with client_of(world) as client:
        page = (await client.get(f"/inbox?{query}")).text
    assert page.count('<li><a href="?') == shown


async def test_the_front_page_leads_to_the_inbox_where_there_is_one(world: World) -> None:
    async with client_of(world) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/inbox")


async def test_an_empty_inbox_says_what_to_do(world: World) -> None:
    async with client_of(world, Inbox()) as client:
        assert "No message has been sent yet" in (await client.get("/inbox")).text


async def test_unknown_messages_are_not_found(world: World) -> None:
    async with client_of(world) as client:
        assert (await client.get("/inbox?message=email-99")).status_code == 200
        for path in ("email-99/light", "slack-1/light", "email-1/blue"):
            assert (await client.get(f"/inbox/mail/{path}")).status_code == 404


@pytest.mark.parametrize("text", [text for text in HOSTILE_TEXTS if text])
async def test_hostile_messages_are_only_words(world: World, text: str) -> None:
    bad = text + "<script>alert(1)</script><img src=x onerror=alert(1)>"
    block = {"type": "section", "text": {"type": "mrkdwn", "text": bad}}
    link = {"type": "button", "text": {"type": "plain_text", "text": bad}, "url": "javascript:a()"}
    inbox = Inbox(
        slack=lambda: [
            slack_message(
                text=bad,
                blocks=[
                    block,
                    {"type": "header", "text": {"type": "plain_text", "text": bad}},
                    {"type": "actions", "elements": [link]},
                    {"type": bad},
                ],
            )
        ],
        telegram=lambda: [
            telegram_message(
                html=bad + '<a href="javascript:a()">x</a>',
                text=bad,
                buttons=[[link | {"text": bad}]],
            )
        ],
    )
    async with client_of(world, inbox) as client:
        for key in ("slack-1", "telegram-1"):
            page = await client.get(f"/inbox?message={key}")
            assert page.status_code == 200
            assert "<script" not in page.text
            assert "<img" not in page.text
            assert 'href="javascript' not in page.text
