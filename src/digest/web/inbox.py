"""The inbox: each sent message as its reader sees it, beside its ledger row. Never in production.

For the demo and for developers: whoever reaches it reads everybody's messages.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from digest.errors import NotFound
from digest.services.admin import ledger
from digest.web.drawing import in_scheme, slack_text, telegram_html, web_url
from digest.web.guard import MAIL, OWN_PAGES
from digest.web.letters import Letter, emails, slack_threads, telegram_messages
from digest.web.site import Site, site_of

CHANNELS = {"email": "Email", "slack": "Slack", "telegram": "Telegram"}
LEDGER_ROWS = 5_000
SCHEMES = ("light", "dark")
WIDTHS = (360, 640)  # pixels: a phone and a desktop mail program

Row = Mapping[str, Any]


def _none() -> Sequence[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where the sent messages are, asked anew for each page, oldest first.

    `emails` gives raw messages; `slack` and `telegram` give what `messages()` of the stand-ins do.
    """

    emails: Callable[[], Sequence[bytes]] = _none
    slack: Callable[[], Sequence[Mapping[str, Any]]] = _none
    telegram: Callable[[], Sequence[Mapping[str, Any]]] = _none

    def letters(self) -> list[Letter]:
        """All messages, whatever their Channel."""
        return [
            *emails(self.emails()),
            *slack_threads(self.slack()),
            *telegram_messages(self.telegram()),
        ]


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its ledger rows, oldest first."""

    letter: Letter
    rows: tuple[Row, ...]

    @property
    def reader(self) -> str:
        return str(self.rows[0]["subscriber"]) if self.rows else self.letter.to

    @property
    def at(self) -> str:
        """ISO time of sending: that of the ledger, which may run on another clock."""
        sent = [row["sent_at"] for row in self.rows if row["sent_at"]]
        return str(sent[0]) if sent else self.letter.at

    @property
    def events(self) -> tuple[str, ...]:
        """Slugs of the Events told, the first ones first."""
        return tuple(item["event"] for row in self.rows for item in row["items"])


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address bar asks for; empty means everything."""

    channel: str = ""
    reader: str = ""
    words: str = ""

    def keeps(self, entry: Entry) -> bool:
        text = f"{entry.letter.subject} {entry.reader} {entry.letter.to}".casefold()
        return (
            self.channel in ("", entry.letter.channel)
            and self.reader in ("", entry.reader)
            and all(word in text for word in self.words.casefold().split())
        )

    def address(self, *messages: str) -> str:
        """The query that shows these messages under the same filters."""
        given = {"channel": self.channel, "reader": self.reader, "words": self.words}
        pairs = [(name, value) for name, value in given.items() if value]
        return "?" + urlencode(pairs + [("message", key) for key in messages])


def inbox_routes(inbox: Inbox) -> list[Route]:
    """The routes of the inbox."""
    return [
        Route("/inbox", partial(page, inbox)),
        Route("/inbox/mail/{key}/{scheme}", partial(mail, inbox)),
        Route("/assets/inbox.css", stylesheet),
    ]


async def to_inbox(request: Request) -> Response:
    """Where there is an inbox, it is what one came for."""
    return RedirectResponse(f"{site_of(request).root}/inbox", 302)


async def page(inbox: Inbox, request: Request) -> Response:
    """The list at the left; the chosen messages, or the same news on each Channel, at the right."""
    site = site_of(request)
    given = request.query_params
    filters = Filters(
        given.get("channel", ""), given.get("reader", ""), given.get("words", "")[:200]
    )
    every = await asyncio.to_thread(_entries, site, inbox)
    kept = [entry for entry in every if filters.keeps(entry)]
    wanted = given.getlist("message")[: len(CHANNELS)]
    chosen = [entry for key in wanted for entry in every if entry.letter.key == key]
    response = site.page(
        "inbox",
        entries=kept,
        total=sum(entry.letter.count for entry in every),
        shown=sum(entry.letter.count for entry in kept),
        replies=sum(entry.letter.count - 1 for entry in kept),
        chosen=chosen or side_by_side(kept),
        asked=bool(chosen),
        filters=filters,
        channels=CHANNELS,
        readers=sorted({entry.reader for entry in every}),
        related=partial(related, every),
        schemes=SCHEMES,
        widths=WIDTHS,
        slack_text=slack_text,
        telegram_html=telegram_html,
        web=web_url,
        inbox_stylesheet=f"{site.root}/assets/inbox.css",
    )
    response.headers["content-security-policy"] = OWN_PAGES + "; frame-src 'self'"
    return response


async def mail(inbox: Inbox, request: Request) -> Response:
    """The HTML part of one mail, for a frame of the inbox."""
    key, scheme = request.path_params["key"], request.path_params["scheme"]
    letters = await asyncio.to_thread(inbox.letters)
    found = next((one for one in letters if one.key == key and one.channel == "email"), None)
    if found is None or scheme not in SCHEMES:
        raise NotFound("There is no such message here.")
    headers = {
        "content-security-policy": MAIL + "; frame-ancestors 'self'",
        "x-frame-options": "SAMEORIGIN",
    }
    return HTMLResponse(in_scheme(found.html, scheme), headers=headers)


async def stylesheet(request: Request) -> Response:
    """What only the inbox needs."""
    return Response(site_of(request).app.templates.source("web/inbox.css"), media_type="text/css")


def _entries(site: Site, inbox: Inbox) -> list[Entry]:
    """All messages, newest first."""
    with site.app.db.read() as session:
        rows = ledger.rows(session, limit=LEDGER_ROWS)
    by_reference: dict[str, list[Row]] = {}
    for row in rows:
        if row["reference"]:
            by_reference.setdefault(row["reference"], []).append(row)
    found = []
    for letter in inbox.letters():
        mine = [row for one in letter.references for row in by_reference.get(one, ())]
        found.append(Entry(letter, tuple(sorted(mine, key=lambda row: row["id"]))))
    return sorted(found, key=lambda entry: (entry.at, entry.letter.key), reverse=True)


def side_by_side(entries: Sequence[Entry]) -> list[Entry]:
    """The newest message on each Channel of what most Channels told: of the same Events, no others.

    What is told on one Channel only stands alone. `entries` are newest first, and so is the result.
    """
    told: dict[frozenset[str], dict[str, Entry]] = {}
    for one in entries:
        about = frozenset(one.events or (one.letter.key,))
        told.setdefault(about, {}).setdefault(one.letter.channel, one)
    return list(max(told.values(), key=len, default={}).values())


def related(entries: Sequence[Entry], entry: Entry, most: int = 8) -> list[Entry]:
    """Other messages that begin with the same Event."""
    if not entry.events:
        return []
    return [
        other
        for other in entries
        if other.letter.key != entry.letter.key and other.events[:1] == entry.events[:1]
    ][:most]
