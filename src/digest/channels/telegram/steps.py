"""The calls to the Bot API that tell an Edition: send, or edit in place and reply.

An update or correction rewrites the first message, because that is where readers look, and says so
in a silent reply when its meaning changed (docs: alerts). Only a message that told of this one
Event can be rewritten; to a digest the answer is a reply alone. A sound may come with the first
alert about an Event, and once more when it becomes critical.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from digest.channels.base import Step
from digest.channels.telegram import keyboard
from digest.channels.telegram.address import Chat
from digest.channels.telegram.rendering import Rendering
from digest.models.content import EditionContent
from digest.models.words import Code, EditionKind
from digest.render.links import event_url

NOTICES = {
    Code.UPDATE: "update",
    Code.ESCALATE: "update",
    Code.CLOSE: "update",
    Code.CORRECT: "correction",
    Code.RETRACT: "correction",
}


class First(NamedTuple):
    """The message about the same Event that this chat has already."""

    chat_id: int
    message_id: int
    editable: bool = True

    @classmethod
    def of(cls, reference: str, *, editable: bool = True) -> "First | None":
        """The message that a Receipt's `reference` names."""
        chat_id, _, message_id = reference.rpartition(":")
        try:
            return cls(int(chat_id), int(message_id), editable)
        except ValueError:
            return None

    @classmethod
    def here(cls, reference: str, chat: Chat, *, editable: bool = True) -> "First | None":
        """The same, if it is in this chat (still): a group that became a supergroup is another."""
        first = cls.of(reference, editable=editable)
        if first is None or isinstance(chat.id, str):
            return first
        return first if chat.id == first.chat_id else None


def steps_for(rendering: Rendering, chat: Chat) -> tuple[Step, ...]:
    """The calls for one Edition to `chat`, in order; none for a mend with nothing to rewrite."""
    content, silent = rendering.content, rendering.envelope.silent
    if content.kind == EditionKind.DIGEST:
        return (_send(rendering, chat, "digest", rendering.digest(), silent=True),)
    if content.code == Code.ROUNDUP or len(content.items) != 1:
        return (_send(rendering, chat, "roundup", rendering.digest("roundup"), silent=silent),)
    notice = NOTICES.get(content.code)
    earlier = rendering.envelope.earlier
    if content.mended:
        first = First.here(earlier.reference, chat) if earlier else None
        return (Step("editMessageText", _edit(rendering, first), optional=True),) if first else ()
    if notice is None:
        return (_send(rendering, chat, "alert", rendering.alert(), silent=silent),)
    return _follow_up(rendering, chat, notice)


def _follow_up(rendering: Rendering, chat: Chat, notice: str) -> tuple[Step, ...]:
    """An update, correction or retraction of what `chat` was told before."""
    earlier = rendering.envelope.earlier
    first = First.here(earlier.reference, chat, editable=earlier.alone) if earlier else None
    editable = first is not None and first.editable
    silent = not _sounds(rendering)
    if notice == "update" and not editable:
        return (_send(rendering, chat, "alert", rendering.alert(), silent=silent, reply_to=first),)
    whole = _send(rendering, chat, notice, rendering.notice(notice), silent=silent, reply_to=first)
    if first is None or not editable:
        return (whole,)
    edit = Step("editMessageText", _edit(rendering, first), fallback=whole)
    if notice == "update" and not _meaning_changed(rendering.content):
        return (edit,)
    short = _send(rendering, chat, notice, rendering.reply(notice), silent=silent, reply_to=first)
    return (edit, replace(short, optional=True))


def _sounds(rendering: Rendering) -> bool:
    """Whether a follow-up may ring: what only a digest has told until now, or is critical now."""
    content, envelope = rendering.content, rendering.envelope
    alerted = envelope.earlier is not None and envelope.earlier.alone
    first_alert = content.code == Code.UPDATE and not alerted
    return (first_alert or content.items[0].raised) and not envelope.silent


def _meaning_changed(content: EditionContent) -> bool:
    """Whether an update is worth a reply: it is breaking now, the severity rose or the status is
    another."""
    changes = {change.field: change for change in content.items[0].changes}
    severity = changes.get("severity")
    raised = severity is not None and (severity.now or "") > (severity.was or "")
    return raised or bool({"status", "breaking"} & changes.keys()) or content.code == Code.ESCALATE


def _send(
    rendering: Rendering,
    chat: Chat,
    kind: str,
    text: str,
    *,
    silent: bool,
    reply_to: First | None = None,
) -> Step:
    payload = _to(chat) | _body(rendering, kind, text) | {"disable_notification": silent}
    if reply_to:
        payload["reply_parameters"] = {
            "message_id": reply_to.message_id,
            "allow_sending_without_reply": True,
        }
    return Step("sendMessage", payload)


def _edit(rendering: Rendering, first: First) -> dict[str, Any]:
    # What was taken back offers nothing more than its page, and no picture of it.
    kind = "correction" if rendering.content.code == Code.RETRACT else "alert"
    body = _body(rendering, kind, rendering.alert())
    return {"chat_id": first.chat_id, "message_id": first.message_id} | body


def _body(rendering: Rendering, kind: str, text: str) -> dict[str, Any]:
    """What a message and its edited form have in common."""
    preview: dict[str, Any] = {"is_disabled": True}
    if kind == "alert" and rendering.public:
        page = event_url(rendering.envelope.links, rendering.content.items[0].slug)
        preview = {"url": page, "prefer_small_media": True}
    body = _body_of(text, preview)
    if buttons := rendering.buttons(kind):
        body["reply_markup"] = keyboard.reply_markup(buttons)
    return body


def _to(chat: Chat) -> dict[str, Any]:
    return {"chat_id": chat.id} | ({"message_thread_id": chat.thread} if chat.thread else {})


def _body_of(text: str, preview: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "parse_mode": "HTML", "link_preview_options": preview}
