"""Sending in the log: a line for a batch, and one for whatever refuses us, by number."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from digest.errors import Action
from digest.models.words import DeliveryState
from digest.services.sending.attempts import Ended
from digest.store.deliveries import Claimed

log = logging.getLogger(__name__)


def halted(channel: str, reason: str, until: datetime) -> None:
    """A provider refuses us as a whole."""
    extra = {"channel": channel, "reason": reason, "until": until.isoformat(timespec="seconds")}
    log.warning("channel stopped; what waits stays in the ledger", extra=extra)


def took_back(delivery: Claimed, did: str, reason: str) -> None:
    """A Destination was paused or moved; it is named by its number."""
    number = delivery.destination_id
    extra = {"channel": delivery.channel, "destination": number, "reason": reason}
    log.log(
        logging.WARNING if did == "paused" else logging.INFO, "destination %s", did, extra=extra
    )


def sent(channel: str, counts: Mapping[tuple[str, str, str], int], *, level: int) -> None:
    """What became of a batch of Deliveries of one Channel."""
    states: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for (kind, _, state), n in counts.items():
        states[str(state)] += n
        kinds[str(kind)] += n
    if states:
        kind = ", ".join(sorted(kinds))
        log.log(level, "deliveries", extra={"channel": channel, "kind": kind, **states})


def troubled(channel: str, ended: Iterable[Ended], *, addresses: bool) -> None:
    """A line for each Delivery that failed for good, or of which nobody knows. A Destination that
    refuses us is an everyday thing; what nobody knows, and what is our own fault, is not."""
    for one in ended:
        state = one.result.state
        if state not in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
            continue
        refused = one.error is not None and one.error.action is Action.PAUSE
        extra = {
            "delivery": one.result.delivery_id,
            "channel": channel,
            "reason": one.result.reason,
        }
        if addresses:
            extra["address"] = one.parcel.envelope.address
        level = logging.INFO if refused else logging.WARNING
        log.log(level, "delivery %s", state, extra=extra)
