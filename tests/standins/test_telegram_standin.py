"""The stand-in of the Bot API, as python-telegram-bot's own client finds it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from digest.standins.telegram import TelegramStandIn


@pytest.fixture(autouse=True)
def waits_are_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own switch, without which it warns at every 429."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def telegram() -> Iterator[TelegramStandIn]:
    with TelegramStandIn(per_second=None, chat_per_second=None, group_per_minute=None) as standin:
        yield standin


@pytest.fixture
async def bot(telegram: TelegramStandIn) -> AsyncIterator[Bot]:
    async for bot in connected(telegram):
        yield bot


async def connected(telegram: TelegramStandIn, token: str | None = None) -> AsyncIterator[Bot]:
    request = HTTPXRequest(read_timeout=0.5)
    bot = Bot(
        token or telegram.token,
        base_url=telegram.url,
        request=request,
        get_updates_request=request,
    )
    yield bot
    await request.shutdown()


async def test_greets_the_unmodified_client(bot: Bot) -> None:
    assert (await bot.get_me()).username == "digest_standin_bot"


async def test_keeps_messages_with_their_replies_and_edits(
    bot: Bot, telegram: TelegramStandIn
) -> None:
    first = await bot.send_message(42, "<b>Drones</b> &amp; pipelines", parse_mode="HTML")
    await bot.send_message(
        42,
        "More",
        disable_notification=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_parameters=ReplyParameters(first.message_id),
    )
    await bot.edit_message_text(
        "<b>Corrected</b>", chat_id=42, message_id=first.message_id, parse_mode="HTML"
    )
    shown, reply = telegram.messages(42)
    assert (first.text, shown["text"], shown["html"]) == (
        "Drones & pipelines",
        "Corrected",
        "<b>Corrected</b>",
    )
    assert shown["history"] == ["<b>Drones</b> &amp; pipelines"]
    assert shown["edited_at"] is not None
    assert (reply["reply_to"], reply["silent"], reply["preview"]) == (1, True, False)
    await bot.delete_message(42, first.message_id)
    assert telegram.messages(42)[0]["deleted"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>x</p>", 'parse entities: unsupported start tag "p" at byte offset 0'),
        ("x" * 4097, "message is too long"),
        ("&amp;" * 7000, "text is too long"),
        ("<b> </b>", "message text is empty"),
    ],
)
async def test_refuses_what_telegram_refuses(bot: Bot, text: str, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(42, text, parse_mode="HTML")
    assert words in refused.value.message.lower()


@pytest.mark.parametrize(
    ("button", "words"),
    [
        (InlineKeyboardButton("Open", url="http://localhost:8000/"), "wrong http url"),
        (InlineKeyboardButton("Open", url="http://127.0.0.1:8000/"), "wrong http url"),
        (InlineKeyboardButton("Follow", callback_data="x" * 65), "button_data_invalid"),
    ],
)
async def test_refuses_buttons_that_lead_nowhere(
    bot: Bot, button: InlineKeyboardButton, words: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(42, "x", reply_markup=InlineKeyboardMarkup([[button]]))
    assert words in refused.value.message.lower()


async def test_takes_4096_characters_after_parsing(bot: Bot, telegram: TelegramStandIn) -> None:
    await bot.send_message(42, f"<b>{'&lt;' * 4096}</b>", parse_mode="HTML")
    assert len(telegram.messages()[0]["text"]) == 4096


async def test_knows_an_edit_that_changes_nothing_and_a_message_that_is_gone(bot: Bot) -> None:
    sent = await bot.send_message(42, "same")
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("same", chat_id=42, message_id=sent.message_id)
    with pytest.raises(BadRequest, match="to edit not found"):
        await bot.edit_message_text("other", chat_id=42, message_id=99)
    with pytest.raises(BadRequest, match="replied not found"):
        await bot.send_message(42, "x", reply_parameters=ReplyParameters(99))


async def test_chats_answer_as_they_are_told(bot: Bot, telegram: TelegramStandIn) -> None:
    telegram.set_chat(1, "blocked")
    telegram.set_chat(-2, "kicked")
    telegram.set_chat(3, "not_found")
    telegram.set_chat(-4, "migrated", moved_to=-1004)
    telegram.set_chat(-5, "no_topic")
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(1, "x")
    with pytest.raises(Forbidden, match="kicked"):
        await bot.send_message(-2, "x")
    with pytest.raises(BadRequest, match="not found"):
        await bot.send_message(3, "x")
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-4, "x")
    assert moved.value.new_chat_id == -1004
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(-5, "x", message_thread_id=7)
    await bot.send_message(-5, "x")


async def test_refuses_another_token(telegram: TelegramStandIn) -> None:
    async for stranger in connected(telegram, "1:other"):
        with pytest.raises(InvalidToken):
            await stranger.get_me()


@pytest.mark.parametrize(
    ("fault", "seen", "arrived"),
    [
        ("cut_before", NetworkError, 0),
        ("cut_after", NetworkError, 1),
        ("late", TimedOut, 1),
        ("error_500", NetworkError, 0),
        ("html", TelegramError, 1),
        ("flood", RetryAfter, 0),
    ],
)
async def test_fails_as_networks_do(
    bot: Bot, telegram: TelegramStandIn, fault: str, seen: type[Exception], arrived: int
) -> None:
    telegram.fail_next(fault, seconds=0.8)  # type: ignore[arg-type]
    with pytest.raises(seen):
        await bot.send_message(42, "x")
    assert len(telegram.messages()) == arrived


async def test_keeps_to_one_message_a_second_and_chat() -> None:
    with TelegramStandIn() as telegram:
        async for bot in connected(telegram):
            await bot.send_message(42, "x")
            await bot.send_message(43, "x")
            with pytest.raises(RetryAfter) as refused:
                await bot.send_message(42, "x")
            assert refused.value.retry_after.total_seconds() == 1
