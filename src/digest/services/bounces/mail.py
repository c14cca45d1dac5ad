"""A mail that tells of another mail: whose it is, what it says, and what follows.

Anyone may write to where bounces go, so nothing follows from a mail that doesn't prove what it is
about: by our signed tag in the address it was sent to, or by the signed link that every mail of
ours has in its headers, in the copy that came back. Who holds that link could unsubscribe its
reader anyway. A Message-ID proves nothing: it can be guessed.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.edit.bounces import Told, Verdict, verdict
from digest.errors import NotFound
from digest.formats import arf, dsn, mime
from digest.formats.text import line
from digest.models import Bounce, Delivery, Destination
from digest.models.words import BounceKind
from digest.services.app import App
from digest.services.bounces.record import Report, key_of, take
from digest.store import counters
from digest.store.bounces import MAIL, REFUSED

log = logging.getLogger(__name__)

TAG = re.compile(r"\bb\+\d{1,19}\.[a-z2-7]{16}(?=@|\b)", re.IGNORECASE | re.ASCII)
TOKEN = re.compile(r"/r/([0-9a-f]{1,16}-[0-9a-f]{1,16}-[0-9a-f]{1,16}\.[\w-]{20,60})", re.ASCII)
_ADDRESS = re.compile(r"<?[^\s<>@;:,]+@[^\s<>@;:,]+>?")
_WENT_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-vacation")
_SUBJECTS = re.compile(r"out of (the )?office|auto(matic)?[ -]?(reply|response)|abwesen", re.I)
_DETAIL = 200  # characters of a server's words
_TRIED = 20  # tags and tokens in one mail
UNKNOWN_A_DAY = 200  # more are only counted: anyone can write them


class Came(StrEnum):
    """What became of a mail to the address for bounces."""

    RECORDED = "recorded"
    KNOWN = "known"
    IGNORED = "ignored"  # an automatic answer, a delay, an arrival
    REFUSED = "refused"  # addressed to a tag that we did not make
    OTHER = "other"  # no report: a person wrote to us


@dataclass(frozen=True, slots=True)
class Taken:
    came: Came
    kind: BounceKind | None = None
    suppressed: str = ""


def take_mail(
    app: App, raw: bytes, now: datetime, source: str, recipients: Sequence[str] = ()
) -> Taken:
    """Takes in one mail; `recipients` are those that its envelope names. Commits before it returns.

    Raises:
        DatabaseAway, DatabaseFails: nothing was done; the mail has to come again.
    """
    mail = mime.read(raw)
    proof = _proof(app, mail, raw, recipients)
    if proof.delivery_id is None and proof.forged:
        refused(app)
        return Taken(Came.REFUSED)
    if not proof.tagged and not is_report(mail):
        return Taken(Came.OTHER)
    with app.db.begin() as session:
        address = _address(session, proof.delivery_id)
        found = judge(mail, address)
        if found is None:
            return Taken(Came.IGNORED)
        whose = proof.delivery_id if address is not None else None
        report = _report(found, source, raw, whose, address)
        if report.delivery_id is None and _too_many(session, now):
            counters.take(session, REFUSED, 1)
            return Taken(Came.REFUSED)
        done = take(session, report, now)
    return Taken(Came.RECORDED if done.new else Came.KNOWN, report.kind, done.suppressed)


def refused(app: App) -> None:
    """Counts a report that was addressed to a forged tag."""
    with app.db.begin() as session:
        counters.take(session, REFUSED, 1)


def is_report(mail: mime.Part) -> bool:
    """Whether a machine wrote it: a report, an automatic answer, a server's words."""
    return (
        mail.find(*dsn.STATUS, arf.KIND) is not None
        or _automatic(mail.headers)
        or _from_a_server(mail.headers)
    )


def judge(mail: mime.Part, address: str | None) -> Verdict | None:
    """What a mail says of one that went to `address`; None: nothing."""
    feedback = arf.read(mail)
    if feedback is not None:
        words = f"feedback: {feedback.kind}"
        return Verdict(BounceKind.COMPLAINT, "", words) if feedback.complains else None
    status = dsn.read(mail)
    if status is not None and status.recipients:
        told = [
            Told(one.original or one.final, one.action, one.status, one.diagnostic)
            for one in status.recipients
        ]
        return verdict(told, address)
    if _automatic(mail.headers):
        return None
    body = mail.find("text/plain")
    words = f"{mail.headers.first('subject')}: {body.text if body else ''}"
    return Verdict(BounceKind.UNKNOWN, "", words)


def without_addresses(words: str) -> str:
    """The words of a server in one line, cut, every address left out."""
    return _ADDRESS.sub("<address>", line(words[: _DETAIL * 20]))[:_DETAIL]


def _report(
    found: Verdict, source: str, raw: bytes, delivery_id: int | None, address: str | None
) -> Report:
    """What can't be proven to be about a mail of ours is for a person to read."""
    kind = found.kind if delivery_id is not None else BounceKind.UNKNOWN
    key = f"mail:{sha256(raw).hexdigest()}" if delivery_id is None else key_of(delivery_id, kind)
    detail = without_addresses(found.words)
    return Report(kind, source, key, found.status, detail, delivery_id, address)


class _Proof(NamedTuple):
    """Which Delivery a mail proves to be about; whether by the tag it was sent to, and whether it
    was sent to one that we did not make."""

    delivery_id: int | None = None
    tagged: bool = False
    forged: bool = False


def _proof(app: App, mail: mime.Part, raw: bytes, recipients: Sequence[str]) -> _Proof:
    returned, forged = dsn.returned(mail), False
    for tag in _tags(mail, returned, recipients):
        try:
            return _Proof(app.returns.read(tag), tagged=True)
        except NotFound:
            forged = True
    for token in _tokens(returned, raw):
        with suppress(NotFound):
            return _Proof(app.links.read(token).delivery_id, forged=forged)
    return _Proof(forged=forged)


def _tags(mail: mime.Part, returned: mime.Headers, recipients: Iterable[str]) -> Iterator[str]:
    """What looks like a tag of ours, where the mail went and in what came back."""
    places = [
        *recipients,
        *(value for name in _WENT_TO for value in mail.headers.every(name)),
        *returned.every("return-path"),
    ]
    found = (tag[0] for place in places for tag in TAG.finditer(place))
    for _, tag in zip(range(_TRIED), found, strict=False):
        yield tag


def _tokens(returned: mime.Headers, raw: bytes) -> Iterator[str]:
    """What looks like the code of a link of ours: in the headers that came back; else anywhere, as
    old servers put them into the text."""
    text = " ".join(returned.every("list-unsubscribe"))
    text = text or raw[: mime.LARGEST].decode("ascii", "replace")
    for _, found in zip(range(_TRIED), TOKEN.finditer(text), strict=False):
        yield found[1]


def _address(session: Session, delivery_id: int | None) -> str | None:
    """Where a mail of ours went; None: it was none, or is no longer kept."""
    if delivery_id is None:
        return None
    return session.scalar(
        select(Destination.address)
        .join(Delivery, Delivery.destination_id == Destination.id)
        .where(Delivery.id == delivery_id, Destination.channel == MAIL)
    )


def _too_many(session: Session, now: datetime) -> bool:
    day = Bounce.at > now - timedelta(days=1)
    unknown = Bounce.kind == BounceKind.UNKNOWN
    count = session.scalar(
        select(func.count(Bounce.id)).where(unknown, day, Bounce.delivery_id.is_(None))
    )
    return (count or 0) >= UNKNOWN_A_DAY


def _automatic(headers: mime.Headers) -> bool:
    """An automatic answer (RFC 3834), in what words programs have for it."""
    stated = headers.first("auto-submitted").lower()
    if stated.startswith("auto-replied") and not _from_a_server(headers):
        return True
    if headers.first("precedence").lower() == "auto_reply" or any(map(headers.every, _AUTOMATIC)):
        return True
    return bool(_SUBJECTS.search(headers.first("subject")))


def _from_a_server(headers: mime.Headers) -> bool:
    sender = headers.first("from").lower()
    return (
        "<>" in headers.first("return-path") or "mailer-daemon" in sender or "postmaster" in sender
    )
