"""Latency: how long what was sent in the last hour took, by what the ledger says."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.clock import parse_instant
from digest.models import Delivery, Edition, Item, Revision
from digest.models.words import EditionKind
from digest.store.chunks import chunks

HOUR = timedelta(hours=1)
MOST = 10_000  # of the newest Deliveries


def latencies(session: Session, now: datetime) -> dict[str, dict[str, float]]:
    """By kind of Edition, in seconds: {"alert": {"count": 3, "p50": 1.2, "p95": 2.8}}; without
    alerts that were held. An alert's time begins when its Event was visible, a digest's at its
    hour."""
    sent = session.execute(
        select(Delivery.edition_id, Delivery.sent_at)
        .where(Delivery.sent_at > now - HOUR, Delivery.sent_at <= now)
        .order_by(Delivery.sent_at.desc())
        .limit(MOST)
    ).all()
    began: dict[int, tuple[str, datetime]] = {}
    for part in chunks({edition_id for edition_id, _ in sent}):
        visible = {
            edition_id: at
            for edition_id, at in session.execute(
                select(Item.edition_id, func.max(Revision.visible_at))
                .join(
                    Revision,
                    (Revision.event_id == Item.event_id) & (Revision.number == Item.revision),
                )
                .where(Item.edition_id.in_(part))
                .group_by(Item.edition_id)
            )
        }
        for number, kind, hour, held in session.execute(
            select(
                Edition.id,
                Edition.kind,
                Edition.content["at"].as_string(),
                Edition.content["held"],
            ).where(Edition.id.in_(part))
        ):
            if kind == EditionKind.DIGEST and hour:
                began[number] = (kind, parse_instant(hour))
            elif not held and number in visible:
                began[number] = (kind, visible[number])
    seconds: dict[str, list[float]] = {}
    for edition_id, at in sent:
        if at is not None and edition_id in began:
            kind, since = began[edition_id]
            seconds.setdefault(kind, []).append((at - since).total_seconds())
    return {kind: _spread(sorted(values)) for kind, values in sorted(seconds.items())}


def _spread(values: list[float]) -> dict[str, float]:
    def at(share: float) -> float:
        return round(values[min(int(share * len(values)), len(values) - 1)], 3)

    return {"count": len(values), "p50": at(0.5), "p95": at(0.95)}
