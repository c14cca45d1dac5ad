"""Sending in the log: a line for a batch, and one for whatever refuses us, by number."""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

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
