"""One breaking event to a thousand readers by email: from its commit to the last mail at the sink.

The service runs as an admin runs it; the event is stored by another process, this one.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, insert, select

from bench.line import Line
from bench.production import POSTGRESQL, SQLITE, Place, places, serving
from bench.sink import sink
from bench.stage import opened
from bench.wire import CONNECTIONS, wire
from digest import bootstrap
from digest.formats.entry import Entry
from digest.models import Destination, Follow, Interest, Subscriber
from digest.models.record import EventRecord
from digest.services.app import App
from digest.services.news.ingest import ingest
from digest.store.due import NEVER

READERS = 1_000
TURNS = 3  # no reader gets more of severity 5 in a day
ALL_AFTER = 1.0  # seconds
FIRST = {SQLITE: 50.0, POSTGRESQL: 100.0}  # milliseconds
CPU = 0.8  # milliseconds a mail, with the database's
LEAST_SIZE, MOST_SIZE = 28_000, 31_000  # bytes: what others were measured with
PATIENCE = 180.0  # seconds
# Reported in the words of the place: letters that take many bytes fill a mail of the usual length.
SENTENCE = (
    "Портова влада каже, що лоцмани знову підніматимуться на борт, щойно страховики погодяться"
    " покрити підхід північним каналом; до того судна чекатимуть на рейді, а переговори з"
    " власниками триватимуть у столиці ще щонайменше два дні, за словами трьох посадовців."
)


def run(folder: Path) -> Iterator[Line]:
    for place in places(folder):
        yield from measured(place)


def measured(place: Place) -> Iterator[Line]:
    """The best of as many turns as the wire gets, too: a busy machine is the same for both."""
    firsts: list[float] = []
    lasts: list[float] = []
    cpus: list[float] = []
    name = place.database
    with sink() as taking, opened(place.url) as app:
        bootstrap.set_up(app)
        app.queue = bootstrap.queue(app.db)
        people(app, "iran", [("email", f"r{n}@example.org") for n in range(READERS)])
        people(app, "peru", [("email", "warm@example.org")])
        commits = []
        with serving(place, taking, workers=1) as crew:
            tell(app, "warm", "Peru")
            taking.wait(1, PATIENCE)
            time.sleep(2)  # all that starts has started
            for turn in range(TURNS):
                before = crew.cpu()
                commits.append(tell(app, f"measured {turn}", "Iran"))
                taking.wait(1 + (turn + 1) * READERS, PATIENCE)
                time.sleep(1)  # what was sent is written down
                cpus.append(crew.cpu() - before)
            room = crew.room()
    found = taking.counted
    assert sorted(set(found.recipients.values())) == [1, TURNS], found.recipients.most_common(3)
    for turn, committed in enumerate(commits):
        times = found.times()[1 + turn * READERS :][:READERS]
        firsts.append(1e3 * (times[0] - committed))
        lasts.append(times[-1] - committed)
    yield Line(f"{name}: bytes of a mail", found.size, "B", least=LEAST_SIZE, most=MOST_SIZE)
    yield Line(f"{name}: first mail after the commit", min(firsts), "ms", most=FIRST[name])
    yield Line(
        f"{name}: last of {READERS:,}",
        min(lasts),
        "s",
        most=ALL_AFTER,
        wire=wire(READERS, found.size, TURNS).wall,
        cpu=1e3 * min(cpus) / READERS,
        most_cpu=CPU,
        room=room,
    )
    yield Line(f"{name}: connections", found.most, most=CONNECTIONS)


def people(app: App, slug: str, addresses: Sequence[tuple[str, str]]) -> None:
    """Readers at these (channel, address), who follow one Interest and get no digests."""
    with app.db.begin() as session:
        interest = session.scalar(select(Interest.id).where(Interest.slug == slug))
        first = 1 + (session.scalar(select(func.max(Subscriber.id))) or 0)
        ids = range(first, first + len(addresses))
        session.execute(
            insert(Subscriber),
            [{"id": one, "key": f"r{one}", "name": "Amira", "next_due_at": NEVER} for one in ids],
        )
        session.execute(
            insert(Destination),
            [
                {
                    "subscriber_id": one,
                    "channel": channel,
                    "address": address,
                    "verified_at": datetime.now(UTC),
                }
                for one, (channel, address) in zip(ids, addresses, strict=True)
            ],
        )
        follows = [{"subscriber_id": one, "interest_id": interest} for one in ids]
        session.execute(insert(Follow), follows)


def tell(app: App, name: str, actor: str) -> float:
    """Stores a breaking event; returns when it was committed."""
    now = datetime.now(UTC)
    record = EventRecord.model_validate(
        {
            "id": name,
            "headline": f"{actor} shuts the strait to tankers, {name}",
            "standfirst": SENTENCE,
            "takeaway": SENTENCE,
            "severity": 5,
            "breaking": True,
            "actors": [actor],
            "published_at": now.isoformat(),
            "assertions": [
                {"kind": kind, "text": f"{n}: {SENTENCE}", "horizon": "short"}
                for n, kind in enumerate(("risk", "consequence", "opportunity") * 2)
            ],
            "perspectives": [{"actor": actor, "text": SENTENCE, "as_of": now.isoformat()}],
            "sources": [
                {"publisher": f"Publisher {n}", "url": f"https://news{n}.example.com/{name}"}
                for n in range(3)
            ],
        }
    )
    found = ingest(app, [Entry(name, record)], now)
    assert (found.new, found.refused) == (1, []), found
    return time.monotonic()
