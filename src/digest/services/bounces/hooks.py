"""What a mail service posted about our mails becomes reports. Its signature was checked before."""

import logging
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.edit.bounces import agreed, kind_of, status_of
from digest.errors import NotFound
from digest.formats.hooks import HookEvent
from digest.models import Delivery, Destination
from digest.services.app import App
from digest.services.bounces.mail import TAG, TOKEN, without_addresses
from digest.services.bounces.record import Report, key_of, take
from digest.store.bounces import MAIL

log = logging.getLogger(__name__)

_MESSAGE_ID = re.compile(r"<?((\d{1,18})\.[A-Za-z0-9-]+@[A-Za-z0-9.-]+)>?", re.ASCII)
_SHOWN = 12  # letters of what names an event in the log


def take_events(app: App, service: str, events: Iterable[HookEvent], now: datetime) -> Counter[str]:
    """Keeps what is about mails of ours, once; returns how many were "new", "known" and
    "elsewhere": the account may send other mail, too. Those are named in the log by number.

    Raises:
        DatabaseAway, DatabaseFails: nothing was done; the service posts it again.
    """
    done: Counter[str] = Counter()
    _ = app.links, app.returns  # may write their key: before the transaction
    with app.db.begin() as session:
        for event in events:
            delivery_id, address = _whose(session, app, event)
            if address is None:
                name = sha256(event.id.encode("utf-8", "replace")).hexdigest()[:_SHOWN]
                extra = {"service": service, "kind": str(event.kind), "event": name}
                log.info("an event about no mail of ours", extra=extra)
                done["elsewhere"] += 1
                continue
            report = _report(event, service, delivery_id, address)
            done["new" if take(session, report, now).new else "known"] += 1
    return done


def _report(event: HookEvent, service: str, delivery_id: int | None, address: str) -> Report:
    status = status_of(event.status, event.words)
    kind = agreed(event.kind, kind_of(status, event.words), status)
    key = key_of(delivery_id, kind) if delivery_id is not None else f"{service}:{event.id}"
    detail = without_addresses(event.words)
    return Report(kind, service, key, status, detail, delivery_id, address)


def _whose(session: Session, app: App, event: HookEvent) -> tuple[int | None, str | None]:
    """(Delivery, address), or as much of it as is ours. The service vouches for what it says, so a
    Message-ID or an address is enough."""
    for number in _numbers(session, app, event):
        address = session.scalar(
            select(Destination.address)
            .join(Delivery, Delivery.destination_id == Destination.id)
            .where(Delivery.id == number, Destination.channel == MAIL)
        )
        if address is not None:
            return number, address
    local, _, domain = event.address.rpartition("@")
    wanted = {event.address, f"{local}@{domain.lower()}"}
    address = session.scalar(
        select(Destination.address)
        .where(Destination.channel == MAIL, Destination.address.in_(wanted))
        .limit(1)
    )
    return None, address


def _numbers(session: Session, app: App, event: HookEvent) -> Iterable[int]:
    for proof in event.proofs:
        proof = proof[:2_000]
        for tag in TAG.finditer(proof):
            with suppress(NotFound):
                yield app.returns.read(tag[0])
        for token in TOKEN.finditer(proof):
            with suppress(NotFound):
                yield app.links.read(token[1]).delivery_id
        if (found_id := _MESSAGE_ID.fullmatch(proof.strip())) is not None:
            reference = f"<{found_id[1]}>"
            number = int(found_id[2])
            if session.scalar(select(Delivery.reference).where(Delivery.id == number)) == reference:
                yield number
