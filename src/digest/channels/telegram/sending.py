"""Calling the Bot API: in turn, in order within a chat, each call with a time-out."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from telegram import Bot
from telegram import Message as Sent

from digest.channels.base import Receipt, Step
from digest.channels.pacing import Pacer
from digest.channels.telegram.address import Chat
from digest.channels.telegram.answers import CannotEdit, NothingToEdit, meaning
from digest.channels.telegram.settings import TelegramSettings
from digest.channels.telegram.wire import Wire
from digest.errors import (
    Action,
    ChannelStopped,
    DeliveryError,
    MessageRefused,
    RetryLater,
    Unanswered,
)

# Telegram's own limits are 30 messages a second in all, one a second a chat and 20 a minute a
# group (core.telegram.org/bots/faq); a little less avoids every 429.
OVERALL_PER_SECOND = 28.0
CHAT_PER_SECOND = 1.0
GROUP_PER_SECOND = 18 / 60
CONCURRENCY = 32
SHORT_HOLD = 2.0  # seconds; a longer wait is the ledger's, not a worker's
PATIENCE = 5.0  # seconds a worker may wait for a turn; who must wait longer goes back to the ledger
LONGEST_QUEUE = 60.0  # seconds until whoever was sent back comes again at the latest

Answer = TypeVar("Answer")


class Sender:
    """One bot with its pace and its kept connections."""

    def __init__(self, settings: TelegramSettings) -> None:
        self._settings = settings
        self._wire: Wire | None = None
        self._pacer = Pacer(OVERALL_PER_SECOND, CHAT_PER_SECOND)
        self._groups = Pacer(None, GROUP_PER_SECOND)
        self._orders: WeakValueDictionary[int | str, asyncio.Lock] = WeakValueDictionary()
        self._barred_until: dict[int | str, float] = {}  # in the event loop's time
        self._here: Counter[int | str] = Counter()  # messages to a chat that are waiting or sent
        self._sent_back: dict[int | str, float] = {}  # when the last one sent back comes again

    async def send(self, steps: Sequence[Step], chat: Chat) -> Receipt:
        """Makes the calls in order.

        Raises:
            DeliveryError: a call failed, and it was not an optional one that is refused for good;
                or too many messages to this chat are before this one.
        """
        if not steps:
            raise MessageRefused("nothing_to_rewrite")
        async with self._in_order(chat):
            reference = ""
            notes: list[str] = []
            for step in steps:
                try:
                    answered = await self._call(step, chat)
                    reference = reference or answered  # the first: later edits go there
                except NothingToEdit:
                    reference = _target(step)
                except CannotEdit:
                    if step.fallback is None:
                        if not step.optional:
                            raise RuntimeError(f"{step.method} has no fallback") from None
                        return Receipt(_target(step), ("cannot_edit",))
                    # What comes instead says all; the steps after it would only repeat it.
                    return Receipt(await self._call(step.fallback, chat), ("edit_fallback",))
                except DeliveryError as error:
                    if not (step.optional and error.action in (Action.FAIL, Action.PAUSE)):
                        raise
                    reference = reference or _target(step)
                    notes.append(error.reason)
            return Receipt(reference, tuple(notes))

    @asynccontextmanager
    async def _in_order(self, chat: Chat) -> AsyncIterator[None]:
        """One message to a chat at a time; whose turn is far off is sent back at once."""
        if self._here[chat.id] * self._spacing(chat) > PATIENCE:
            raise self._queued(chat)
        order = self._orders.setdefault(chat.id, asyncio.Lock())
        self._here[chat.id] += 1
        try:
            try:
                async with asyncio.timeout(PATIENCE):
                    await order.acquire()
            except TimeoutError:  # the one before it gets no answer
                queued = self._queued(chat)
            else:
                try:
                    yield
                    return
                finally:
                    order.release()
        finally:
            self._here[chat.id] -= 1
            if not self._here[chat.id]:
                del self._here[chat.id]
        raise queued

    async def username(self) -> str:
        """The bot's name, as Telegram knows it.

        Raises:
            DeliveryError: Telegram can't be asked, or refuses the token.
        """
        return (await self._answer(self._bot().get_me())).username or ""

    async def close(self) -> None:
        """Ends kept connections; the next call opens new ones."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    async def _call(self, step: Step, chat: Chat) -> str:
        """One call in its turn; returns the reference of the message that it made or rewrote."""
        self._refuse_while_barred(chat)
        await self._turn(chat)
        try:
            answer = await self._answer(self._request(step))
        except RetryLater as error:
            self._slow_down(chat, error.retry_after or 0)
            raise
        except Unanswered as error:
            if step.method == "editMessageText":  # the same edit twice is one edit
                raise RetryLater(error.reason, error.detail) from None
            raise
        finally:
            # Telegram counts from when a call arrives, which may be long after its turn.
            self._pacer.hold(str(chat.id), 1 / CHAT_PER_SECOND)
        return (
            f"{answer.chat.id}:{answer.message_id}" if isinstance(answer, Sent) else _target(step)
        )

    def _request(self, step: Step) -> Awaitable[Sent | bool]:
        if isinstance(step.payload, bytes):
            raise TypeError("the payload of a Telegram step is a mapping")
        payload: dict[str, Any] = dict(step.payload)
        chat_id, text = payload.pop("chat_id"), payload.pop("text")
        if step.method == "editMessageText":
            message_id = payload.pop("message_id")
            return self._bot().edit_message_text(text, chat_id, message_id, api_kwargs=payload)
        return self._bot().send_message(chat_id, text, api_kwargs=payload)

    async def _answer(self, request: Awaitable[Answer]) -> Answer:
        """What the Bot API answers; its refusals as ours.

        Raised apart from what the library raised, so that nothing of that (addresses, answers) gets
        into a log as its cause.
        """
        try:
            async with asyncio.timeout(self._settings.telegram_timeout):
                return await request
        except TimeoutError:
            failure: Exception = Unanswered("timed_out")
        except Exception as error:
            failure = meaning(error)
        raise failure

    def _bot(self) -> Bot:
        if self._wire is None:
            token = self._settings.telegram_token
            if token is None:
                raise ChannelStopped("no_token", "DIGEST_TELEGRAM_TOKEN is not set")
            self._wire = Wire(
                token.get_secret_value(),
                self._settings.telegram_api_url,
                self._settings.telegram_timeout,
                CONCURRENCY,
            )
        return self._wire.bot

    async def _turn(self, chat: Chat) -> None:
        if self._held(chat) > PATIENCE:
            raise self._queued(chat)
        if chat.is_group:
            await self._groups.turn(str(chat.id))
        await self._pacer.turn(str(chat.id))

    def _held(self, chat: Chat) -> float:
        """Seconds until the next call to `chat` may be made."""
        key = str(chat.id)
        return max(self._pacer.held(key), self._groups.held(key) if chat.is_group else 0.0)

    def _spacing(self, chat: Chat) -> float:
        """Seconds between two calls to `chat`."""
        return 1 / (GROUP_PER_SECOND if chat.is_group else CHAT_PER_SECOND)

    def _queued(self, chat: Chat) -> RetryLater:
        """Nothing was sent, so nothing is unsure: the ledger tries again.

        Each comes back behind the others, so that not all come together; but none much later, for
        an alert must not wait behind a whole run of digests.
        """
        now, spacing = asyncio.get_running_loop().time(), self._spacing(chat)
        before = self._held(chat) + self._here[chat.id] * spacing
        back = max(self._sent_back.get(chat.id, 0.0) + spacing, now + before)
        back = min(back, now + LONGEST_QUEUE)
        self._sent_back = {key: at for key, at in self._sent_back.items() if at > now}
        self._sent_back[chat.id] = back
        return RetryLater("queued", "many messages to this chat", retry_after=back - now)

    def _slow_down(self, chat: Chat, seconds: float) -> None:
        """Keeps to what Telegram asked for: a short wait of all, or a long one of this chat."""
        if seconds <= SHORT_HOLD:
            self._pacer.hold(None, seconds)
        else:
            self._barred_until[chat.id] = asyncio.get_running_loop().time() + seconds

    def _refuse_while_barred(self, chat: Chat) -> None:
        left = self._barred_until.get(chat.id, 0) - asyncio.get_running_loop().time()
        if left > 0:
            raise RetryLater("rate_limited", retry_after=left)
        self._barred_until.pop(chat.id, None)


def _target(step: Step) -> str:
    """The reference of the message that an edit is for."""
    if isinstance(step.payload, bytes):
        return ""
    return f"{step.payload.get('chat_id')}:{step.payload.get('message_id')}"
