"""A breaking alert while thousands of digests are on their way: how long its readers wait for it.

Readers of digests have email, Telegram and Slack, and so have readers of the alert. The stand-ins
keep to the providers' real limits. The event is stored when a tenth of the digests by email are
sent; what is measured is from that commit until a message is accepted.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bench.alert import people, tell
from bench.digests import SLOWEST, prepare, set_due
from bench.line import Line, percentile
from bench.production import Place, places, serving
from bench.rates import Seen, providers
from bench.sink import sink
from bench.size import sizes
from bench.stage import opened
from digest import bootstrap
from digest.models import Delivery, Destination, Follow, Interest, InterestClosure
from digest.models.words import DeliveryState
from digest.services.app import App
from digest.standins.slack import TOKEN as SLACK_TOKEN
from digest.standins.telegram import TOKEN as TELEGRAM_TOKEN

QUICK, USUAL = (2_000,), (5_000,)  # digests
BY_CHAT = {"telegram": 240, "slack": 60}  # of them
ALERTS = {"telegram": 160, "slack": 40, "email": 200}
SHARE = 0.95
MOST_BY_EMAIL, MOST_BY_CHAT = 2.0, 10.0  # seconds until so large a share has it
PATIENCE = 300.0  # seconds, and one for each SLOWEST digests
ACTOR = "Iran"


def run(folder: Path) -> Iterator[Line]:
    for readers in sizes(QUICK, USUAL):
        for place in places(folder):
            yield from measured(place, readers)


def measured(place: Place, readers: int) -> Iterator[Line]:
    by_email = readers - sum(BY_CHAT.values())
    patience = PATIENCE + readers / SLOWEST
    with sink() as taking, providers() as chats, opened(place.url) as app:
        prepare(app, readers + 1)
        app.queue = bootstrap.queue(app.db)  # who imports an event puts the task of its alert
        scatter(app)
        people(app, ACTOR.lower(), list(addresses()))
        settings = {
            "DIGEST_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "DIGEST_TELEGRAM_API_URL": chats.urls["telegram"],
            "DIGEST_SLACK_TOKEN": SLACK_TOKEN,
            "DIGEST_SLACK_API_URL": chats.urls["slack"],
        }
        with serving(place, taking, settings=settings):
            set_due(app, taking, readers)
            taking.wait(1 + by_email // 10, patience)
            committed = tell(app, "measured", ACTOR)
            taking.wait(1 + by_email + ALERTS["email"], patience)
            wait_for_all(app)
        seen = chats.seen()
    found = taking.counted
    assert set(found.recipients.values()) == {1}, found.recipients.most_common(3)
    mails, others = found.times("alert-"), found.times("r")
    assert len(mails) == ALERTS["email"], len(mails)
    name = f"{place.database}, {readers:,} digests"
    yield _waited(f"{name}: alert by email", [at - committed for at in mails], MOST_BY_EMAIL)
    beside = sum(at < others[-1] for at in mails) / len(mails)
    yield Line(f"{name}: of these, while digests were sent", beside)
    wall = committed + time.time() - time.monotonic()
    times = {one: [at - wall for at in _alerts(one, seen[one])] for one in BY_CHAT}
    every = [at for one in BY_CHAT for at in times[one]]
    yield _waited(f"{name}: alert by Telegram and Slack", every, MOST_BY_CHAT)
    for one, each in times.items():
        yield Line(f"{name}: alert by {one}, {len(each)} readers, the last", max(each), "s")
        yield Line(f"{name}: {one}: calls refused (429)", seen[one].refused, most=0)


def _waited(what: str, seconds: Sequence[float], most: float) -> Line:
    return Line(f"{what}, {len(seconds)} readers, p95", percentile(seconds, SHARE), "s", most=most)


def _alerts(channel: str, seen: Seen) -> list[float]:
    """When those who get the alert got it, in seconds since 1970; each of them once."""
    wanted = {address for one, address in addresses() if one == channel}
    got = {address: at for address, _, at in seen.taken if address in wanted}
    assert len(got) == len(wanted), (channel, len(got))
    assert len(seen.taken) == BY_CHAT[channel] + len(wanted), (channel, len(seen.taken))
    return list(got.values())


def addresses() -> Iterator[tuple[str, str]]:
    """(channel, address) of the readers of the alert."""
    forms = {"email": "alert-{}@example.org", "telegram": "9{:05d}", "slack": "C9{:08d}"}
    for channel, count in ALERTS.items():
        for number in range(count):
            yield channel, forms[channel].format(number)


def scatter(app: App) -> None:
    """Some readers of digests have a chat or a channel for them; none follows what the alert is
    about."""
    chats = range(1, BY_CHAT["telegram"] + 1)
    channels = range(chats.stop, chats.stop + BY_CHAT["slack"])
    with app.db.begin() as session:
        _move(session, chats, "telegram", "")
        _move(session, channels, "slack", "C8000000")
        near = (
            select(InterestClosure.ancestor_id)
            .join(Interest, Interest.id == InterestClosure.descendant_id)
            .where(Interest.slug == ACTOR.lower())
        )
        session.execute(delete(Follow).where(Follow.interest_id.in_(near)))


def _move(session: Session, ids: range, channel: str, prefix: str) -> None:
    for one in ids:
        values = {"channel": channel, "address": f"{prefix}{one}"}
        mine = update(Destination).where(Destination.subscriber_id == one)
        session.execute(mine.values(values))


def wait_for_all(app: App) -> None:
    """Until nothing waits in the ledger."""
    query = select(func.count()).where(Delivery.state != DeliveryState.SENT)
    deadline = time.monotonic() + PATIENCE
    left = -1
    while left and time.monotonic() < deadline:
        time.sleep(0.5)
        with app.db.read() as session:
            left = session.scalar(query) or 0
    assert not left, f"{left} deliveries wait still"
