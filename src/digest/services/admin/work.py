"""Work in the log: one line for each pass that did something, with numbers and no names.

Addresses and texts of readers never get here, see also services/sending/work.py.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from digest import __version__
from digest.services.app import App
from digest.services.news.feeds import Poll

log = logging.getLogger(__name__)


def started(app: App) -> None:
    """What runs, and with what."""
    log.info(
        "started",
        extra={
            "version": __version__,
            "database": app.db.engine.dialect.name,
            "base_url": app.settings.base_url,
            "channels": app.set_up_in_words or "none",
            "not_set_up": ", ".join(n for n, c in app.channels.items() if not c.configured)
            or "none",
        },
    )


def stopped() -> None:
    log.info("stopped", extra={"version": __version__})


def planned(what: str, counts: Mapping[str, int]) -> None:
    """Slots by outcome; nothing when there was none."""
    if counts:
        log.info("%s planned", what, extra={str(name): n for name, n in sorted(counts.items())})


def polled(polls: Iterable[Poll]) -> None:
    """What Feeds brought; each one that fails, and that answers again."""
    events: Counter[str] = Counter()
    for poll in polls:
        feed = {"feed": poll.feed_id, "host": urlsplit(poll.url).hostname}
        if poll.error is not None:
            why = poll.error.replace(poll.url, "its address")  # which may hold a key
            log.warning("feed fails", extra={**feed, "why": why, "failures": poll.failures})
        elif poll.failures:
            log.info("feed answers again", extra={**feed, "failures": poll.failures})
        found = poll.summary
        events.update(new=found.new, revised=found.revised, refused=len(found.refused))
    if +events:
        log.info("feeds polled", extra=dict(+events))
