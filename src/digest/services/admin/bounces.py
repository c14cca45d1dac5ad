"""Bounces as an admin sees them, and undoes what followed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from digest.edit.bounces import THRESHOLD
from digest.errors import DigestError, NotFound
from digest.models import AuditEntry, Bounce, ChannelStop, Delivery, Destination, Suppression
from digest.models.words import BounceKind
from digest.services.app import App
from digest.services.bounces import erased
from digest.services.bounces.record import BOUNCED, HARD, UNKNOWN_MAILBOX
from digest.services.bounces.standing import complaints, score_of
from digest.services.bounces.suppress import COMPLAINT, suppress
from digest.services.marks import AddressMarks, shown
from digest.store import bounces, counters, deliveries
from digest.store.bounces import MAIL

BY_ADMIN = "by_admin"
WORDS = {
    UNKNOWN_MAILBOX: "there is no such mailbox",
    HARD["5.2.1"]: "the mailbox was closed",
    BOUNCED: "mail came back too often",
    COMPLAINT: "its reader reported a mail as spam",
    BY_ADMIN: "an admin said so",
    erased.ERASED: "its reader left and was erased",
}
ADMIN = "cli"


def rows(
    session: Session, *, kind: str | None = None, address: str | None = None, limit: int | None
) -> list[dict[str, Any]]:
    """Bounces, newest last."""
    query = select(Bounce, Delivery.slot).outerjoin(Delivery, Delivery.id == Bounce.delivery_id)
    if kind is not None:
        query = query.where(Bounce.kind == kind)
    if address is not None:
        query = query.where(Bounce.address == address)
    found = session.execute(query.order_by(Bounce.id.desc()).limit(limit)).all()[::-1]
    return [
        {
            "id": row.id,
            "at": row.at.isoformat(),
            "kind": row.kind,
            "status": row.status,
            "address": shown(row.address or "") or None,
            "delivery": row.delivery_id,
            "slot": slot,
            "source": row.source,
            "detail": row.detail,
            "forgiven_at": row.forgiven_at.isoformat() if row.forgiven_at else None,
        }
        for row, slot in found
    ]


def standing(app: App, address: str, now: datetime) -> dict[str, Any]:
    """Everything about one address: whether it is suppressed, its score, its bounces.

    Raises:
        NotFound: it never bounced, is nobody's and is not suppressed.
    """
    marks = erased.marks_if_any(app)
    with app.db.read() as session:
        suppression = _suppression(session, marks, address)
        found = rows(session, address=address, limit=None)
        own = session.scalars(select(Destination.id).where(_here(address))).all()
        if suppression is None and not found and not own:
            raise NotFound(f"nothing is known of {address}; is it written as in the list?")
        return {
            "address": address,
            "suppressed": None if suppression is None else suppressed_line(session, suppression),
            "score": round(score_of(session, address, now), 2),
            "suppressed_at_score": THRESHOLD,
            "destinations": list(own),
            "bounces": found,
        }


def suppressions(session: Session) -> list[dict[str, Any]]:
    """All suppressed addresses, newest last."""
    found = session.scalars(select(Suppression).order_by(Suppression.at, Suppression.id))
    return [
        {
            "channel": one.channel,
            "address": shown(one.address),
            "reason": one.reason,
            "at": one.at.isoformat(),
        }
        for one in found
    ]


def suppressed_line(session: Session, one: Suppression) -> str:
    """ "there is no such mailbox (5.1.1, mailbox_unknown), since 24 Nov 2026"."""
    last = bounces.latest(session, one.address) if one.channel == MAIL else None
    codes = ", ".join(filter(None, (last.status if last else "", one.reason)))
    words = WORDS.get(one.reason, "nothing may be sent there")
    return f"{words} ({codes}), since {one.at.day} {one.at:%b %Y}"


def of_subscriber(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    """The suppressed addresses of a Subscriber."""
    found = session.scalars(
        select(Suppression)
        .join(
            Destination,
            (Destination.channel == Suppression.channel)
            & (Destination.address == Suppression.address),
        )
        .where(Destination.subscriber_id == subscriber_id)
        .order_by(Suppression.id)
    )
    return [
        {
            "channel": one.channel,
            "address": one.address,
            "reason": one.reason,
            "at": one.at.isoformat(),
            "words": suppressed_line(session, one),
        }
        for one in found
    ]


def came_back(session: Session, delivery_ids: Sequence[int]) -> dict[int, str]:
    """Deliveries that did not arrive, "hard 5.1.1"; one that was complained about did."""
    found = session.scalars(
        select(Bounce).where(
            Bounce.delivery_id.in_(delivery_ids),
            Bounce.kind.in_((BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY)),
        )
    )
    return {one.delivery_id or 0: f"{one.kind} {one.status}".strip() for one in found}


def add(app: App, address: str, now: datetime) -> bool:
    """Suppresses an address by hand; False: it was already."""
    marks = erased.marks_if_any(app)
    with app.db.begin() as session:
        known = _suppression(session, marks, address) is not None
        if not known:
            suppress(session, address, BY_ADMIN, now, ADMIN)
            _audit(session, now, "address suppressed", address)
        return not known


def lift(
    app: App,
    address: str,
    now: datetime,
    *,
    channel: str = MAIL,
    even_after_complaint: bool = False,
) -> int:
    """Lets an address be written to again, also one that was erased; its bounces so far count no
    more. Returns how many Destinations are in use again.

    Raises:
        NotFound: it is not suppressed.
        DigestError: its reader complained, and that was not said to be known.
    """
    marks = erased.marks_if_any(app)
    with app.db.begin() as session:
        suppression = _suppression(session, marks, address, channel)
        if suppression is None:
            raise NotFound(f"{address} is not suppressed; `digest suppressions list` shows what is")
        if suppression.reason == COMPLAINT and not even_after_complaint:
            raise DigestError(
                f"the reader of {address} reported a mail as spam; write there again only if they"
                " asked for it, and say so with --even-after-complaint"
            )
        session.execute(delete(Suppression).where(Suppression.id == suppression.id))
        session.execute(
            update(Bounce)
            .where(Bounce.address.in_((address, suppression.address)))
            .where(Bounce.forgiven_at.is_(None))
            .values(forgiven_at=now)
            .execution_options(synchronize_session=False)
        )
        freed = 0
        for one in session.scalars(
            select(Destination).where(
                _here(address, channel),
                or_(
                    Destination.disabled_reason == suppression.reason,
                    Destination.disabled_reason.in_(WORDS),
                ),
            )
        ):
            one.disabled_at = one.disabled_reason = None
            freed += 1
        subject = f"{channel} {address}"
        _audit(session, now, "suppression lifted", "", subject=subject, reason=suppression.reason)
        return freed


def go_on(app: App, now: datetime) -> bool:
    """Lets digests by email go on after too many complaints; False: they were not stopped."""
    with app.db.begin() as session:
        if bounces.BULK not in deliveries.stopped(session, now):
            return False
        session.execute(
            update(ChannelStop).where(ChannelStop.channel == bounces.BULK).values(until=now)
        )
        _audit(session, now, "digests go on", "", subject="channel email")
        return True


def in_words(found: dict[str, Any]) -> str:
    """What `health` found, as a line; "" when nothing came back and nothing is suppressed."""
    parts = [f"{n} {kind}" for kind, n in found["last_7_days"].items() if n]
    said = [f"Came back in 7 days: {', '.join(parts)}."] if parts else []
    if found["complaints"]:
        said.append(f"{rate_in_words(found)}.")
    if found["suppressed"]:
        said.append(f"{found['suppressed']} suppressed: `digest suppressions list`.")
    if found["refused_reports"]:
        said.append(f"Forged reports refused so far: {found['refused_reports']}.")
    return " ".join(said)


def rate_in_words(found: dict[str, Any]) -> str:
    complaints, mails = found["complaints"], found["mails"]
    return f"Complaints: {complaints} about {mails} mails, a rate of {found['complaint_rate']:.2%}"


def health(session: Session, now: datetime) -> dict[str, Any]:
    """Bounces and complaints of the last week in numbers, for status, doctor and metrics."""
    found = complaints(session, now)
    since = now - timedelta(days=7)
    return {
        "last_7_days": {str(kind): 0 for kind in BounceKind} | bounces.counts(session, since),
        "complaints": found.complaints,
        "mails": found.mails,
        "complaint_rate": round(found.rate, 5),
        "complaint_rate_warns": found.warns,
        "digests_stopped": bounces.BULK in deliveries.stopped(session, now),
        "suppressed": session.scalar(select(func.count(Suppression.id))) or 0,
        "refused_reports": counters.read(session, bounces.REFUSED),
    }


def _here(address: str, channel: str = MAIL) -> Any:
    return (Destination.channel == channel) & (Destination.address == address)


def _suppression(
    session: Session, marks: AddressMarks | None, address: str, channel: str = MAIL
) -> Suppression | None:
    """Of an address, or of the mark that is left of it."""
    plain = session.scalar(
        select(Suppression).where(Suppression.channel == channel, Suppression.address == address)
    )
    where = (channel, address)
    return plain or erased.found(session, marks, [where]).get(where)


def _audit(
    session: Session,
    now: datetime,
    action: str,
    address: str,
    *,
    subject: str = "",
    **detail: str,
) -> None:
    entry = AuditEntry(
        at=now,
        actor=ADMIN,
        action=action,
        subject=subject or f"email {address}",
        detail=detail,
    )
    session.add(entry)
