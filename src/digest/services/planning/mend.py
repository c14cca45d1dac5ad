"""Mend: a Revision of which nobody is told anything rewrites, without a sound, what shows it.

Slack and Telegram messages are edited in place. A mailbox keeps what it has: nobody gets a mail for
a typo. What waits for another attempt goes out as it was planned; of mends only the newest.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.edit.changes import unchanged
from digest.edit.mend import mend as in_new_words
from digest.models.desk import Candidate, Past
from digest.models.words import DeliveryState
from digest.services.app import App
from digest.services.planning.rows import delivery_rows, store_deliveries
from digest.store import editions, materials, readers, superseded, threads
from digest.store.deliveries import ALERTS
from digest.store.threads import MENDS, Newest

SENT = (DeliveryState.SENT, DeliveryState.UNKNOWN)
EXPIRES = timedelta(hours=72)


def mend(session: Session, app: App, candidate: Candidate, now: datetime) -> int:
    """Plans the rewriting of all that shows an earlier Revision in other words; returns how many.

    Only where there is nothing new to tell: it means the same, or something was only taken away.
    What shows an error is left to the correction, which may be held: it must not go without a word.
    """
    if candidate.revision == 1 or candidate.retracted:
        return 0
    told = threads.alerted(session, candidate.event_id)
    shown = range(candidate.righted or 1, candidate.revision)
    same = [
        one.revision
        for one in candidate.past
        if one.revision in shown and one.revision in told and _same(candidate, one)
    ]
    if not same:
        return 0
    alike: dict[int, list[int]] = defaultdict(list)
    for each in threads.newest(session, candidate.event_id, same):
        if _rewritable(app, each):
            alike[each.edition_id].append(each.destination_id)
    if not alike:
        return 0
    key = (candidate.event_id, candidate.revision)
    material = materials.materials(session, {key})[key]
    mended = {
        edition_id: content
        for edition_id, was in editions.load_all(session, alike).items()
        if (content := in_new_words(was, material, candidate.revision)) is not None
    }
    saved = editions.save(session, list(mended.values()), {key: candidate.content_hash}, now)
    new_at = {where: new for old, new in zip(mended, saved, strict=True) for where in alike[old]}
    superseded.supersede(session, dict.fromkeys(((one, key[0]) for one in new_at), key[1]))
    rows = [
        row
        for destination in readers.open_destinations(session, new_at)
        for row in delivery_rows(
            [destination],
            new_at[destination.id],
            slot=f"{MENDS}{candidate.event_id}:{candidate.revision}",
            priority=ALERTS,
            now=now,
            not_before=now,
            expires_at=now + EXPIRES,
        )
    ]
    return store_deliveries(session, app, rows)


def _same(candidate: Candidate, was: Past) -> bool:
    return was.content_hash == candidate.content_hash or unchanged(candidate, was)


def _rewritable(app: App, one: Newest) -> bool:
    """Another mend may be on its way there, or perhaps have arrived: what it rewrites is there."""
    channel = app.channels.get(one.channel)
    if one.mends or channel is None:
        return channel is not None
    if one.state not in SENT or one.reference is None:
        return False
    return channel.rewrites(one.reference, one.address)
