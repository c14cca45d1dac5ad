"""A crowd of readers for the bench, made by the database itself, and the news that they follow.

Twenty ask for each of many different things; everybody had a digest yesterday, which told them some
of yesterday's news, and today there are sixty events.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from digest.formats.entry import Entry
from digest.models import Interest, Item, Revision
from digest.models.content import EditionContent
from digest.models.record import EventRecord
from digest.models.words import EditionKind
from digest.services.app import App
from digest.services.news.ingest import ingest
from digest.services.planning.publish import shards
from digest.services.visible import make_visible
from digest.store import editions
from digest.store.visibility import newest_seq

ALIKE = 20  # readers of each kind
FOLLOWS = 5
EVENTS = 60
BEFORE = 20
ROLES = ("primary", "secondary", *["mentioned"] * 4)
DEALT = 2  # of the six Interests of an Event: in turn, so that there is news for every reader
NOW = datetime(2026, 3, 5, 7, tzinfo=UTC)
SENTENCE = (
    "The port authority says that pilots will board ships again once insurers have agreed to cover "
    "the approach through the northern channel."
)


def crowd(
    app: App, readers: int, *, kinds: int = 0, now: datetime = NOW, rich: bool = False
) -> None:
    """`readers` of `kinds`, or else of `readers / ALIKE`, with FOLLOWS Follows and a mailbox each,
    who had yesterday's digest; and the news of the day before `now`, not yet planned. It is `rich`
    where digests are to have the length of real ones."""
    kinds = kinds or max(1, readers // ALIKE)
    yesterday = now - timedelta(days=1)
    with app.db.begin() as session:
        if not app.db.is_sqlite:  # all that is pointed to is there: millions of keys need no check
            session.execute(text("SET LOCAL session_replication_role = replica"))
        ids = sorted(session.scalars(select(Interest.id)))
        _readers(session, readers, now)
        _follows(session, readers, kinds, ids)
    _news(app, "before", yesterday - timedelta(hours=8), BEFORE, rich)
    with app.db.begin() as session:
        make_visible(session, yesterday)
        _yesterday(session, readers, kinds, yesterday)
    _news(app, "today", now - timedelta(hours=20), EVENTS, rich)
    with app.db.begin() as session:
        make_visible(session, now)
    settle(app)
    shards(app, now)  # who are alike is known since yesterday's digest
    settle(app)


def settle(app: App) -> None:
    """Leaves PostgreSQL as a database is that has grown slowly: it knows how much there is, and all
    of it has been written to the disk."""
    if not app.db.is_sqlite:
        with app.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
            raw.execute(text("VACUUM ANALYZE"))
            raw.execute(text("CHECKPOINT"))


def _yesterday(session: Session, readers: int, kinds: int, at: datetime) -> None:
    """Each kind has an Edition with three of the day's Events, which its readers were sent."""
    told = select(Revision.event_id, Revision.content_hash).order_by(Revision.event_id)
    events = session.execute(told).all()
    contents = [
        EditionContent(kind=EditionKind.DIGEST, day=at.date(), at=at, matched=n)
        for n in range(kinds)
    ]
    first = editions.save(session, contents, {}, at)[0]
    items = [
        {
            "edition_id": first + kind,
            "position": place,
            "event_id": events[(kind + place) % len(events)].event_id,
            "revision": 1,
            "section": "item",
            "content_hash": events[(kind + place) % len(events)].content_hash,
            "reasons": [],
        }
        for kind in range(kinds)
        for place in range(3)
    ]
    session.execute(insert(Item), items)
    numbers = _numbers(session, readers)
    asked = {"at": stored(session, at), "day": str(at.date()), "first": first}
    asked |= {"seq": newest_seq(session), "kinds": kinds, "slot": f"digest:{at.date()}"}
    session.execute(
        text(
            "INSERT INTO slots (subscriber_id, kind, key, due_at, planned_at, outcome, rule,"
            " reason, edition_id, window_from, window_to, left_out)"
            " SELECT n, 'digest', :day, :at, :at, 'edition', 'digest', '3 matched, 3 shown',"
            f" :first + n % :kinds, 0, :seq, '[]' FROM {numbers}"
        ),
        asked,
    )
    session.execute(
        text(
            "INSERT INTO deliveries (edition_id, subscriber_id, destination_id, channel, slot,"
            " priority, state, attempts, unanswered, expires_at, created_at, sent_at)"
            " SELECT :first + n % :kinds, n, n, 'email', :slot, 0, 'sent', 1, 0, :at, :at, :at"
            f" FROM {numbers}"
        ),
        asked,
    )


def stored(session: Session, at: datetime) -> Any:
    """An instant as a statement without types takes it."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else at


def _numbers(session: Session, upto: int) -> str:
    if session.get_bind().dialect.name == "postgresql":
        return f"generate_series(1, {upto}) AS n"
    return (
        f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {upto})"
        " SELECT n FROM c) AS numbers"
    )


def _readers(session: Session, readers: int, now: datetime) -> None:
    """Their hour has just begun: a digest that is twelve hours late is not made."""
    hour = now.replace(minute=now.minute // 15 * 15)
    numbers = _numbers(session, readers)
    false = "false" if session.get_bind().dialect.name == "postgresql" else "0"
    at = "'2026-03-01 00:00:00.000000'"
    session.execute(
        text(
            "INSERT INTO subscribers"
            " (id, key, name, kind, locale, state, from_files, token_version)"
            f" SELECT n, 'r' || n, 'Reader', 'person', 'en', 'active', {false}, 0 FROM {numbers}"
        )
    )
    session.execute(
        text(
            "INSERT INTO destinations"
            " (subscriber_id, channel, address, kinds, verified_at, from_files)"
            " SELECT n, 'email', 'r' || n || '@example.org', '[\"digest\", \"alert\"]',"
            f" {at}, {false} FROM {numbers}"
        )
    )
    session.execute(
        text(
            "INSERT INTO schedules (subscriber_id, cadence, at, zone, weekdays,"
            " alerts_per_quarter_hour, alerts_per_hour, alerts_per_day, when_nothing, from_files)"
            f" SELECT n, 'daily', '{hour:%H:%M}:00.000000', 'UTC', '[0, 1, 2, 3, 4, 5, 6]',"
            f" 3, 6, 12, 'skip', {false} FROM {numbers}"
        )
    )


def _follows(session: Session, readers: int, kinds: int, ids: Sequence[int]) -> None:
    """Every kind follows other Interests: the numbers of a kind are digits of it."""
    numbers = _numbers(session, readers)
    false = "false" if session.get_bind().dialect.name == "postgresql" else "0"
    session.execute(text("CREATE TEMP TABLE places (place INTEGER PRIMARY KEY, interest BIGINT)"))
    session.execute(
        text("INSERT INTO places VALUES (:place, :interest)"),
        [{"place": place, "interest": one} for place, one in enumerate(ids)],
    )
    part = len(ids) // FOLLOWS
    each = " UNION ALL ".join(
        f"SELECT {n} AS digit, {power} AS power"
        for n, power in enumerate((1, part, part * 7 + 1, part * 3 + 1, 11))
    )
    session.execute(
        text(
            "INSERT INTO follows (subscriber_id, interest_id, position, weight, breaking_only,"
            f" muted, from_files) SELECT n, interest, digit, 0.45, {false}, {false}, {false}"
            f" FROM {numbers} CROSS JOIN ({each}) AS digits"
            f" JOIN places ON place = digit * {part} + ((n % {kinds}) / power) % {part}"
            " ORDER BY n, digit"
        )
    )
    session.execute(text("DROP TABLE places"))


def _news(app: App, name: str, begin: datetime, count: int, rich: bool) -> None:
    dice = random.Random(name)
    sentence = SENTENCE if rich else ""
    with app.db.read() as session:
        names = session.scalars(select(Interest.name).order_by(Interest.id)).all()
    first = len(names) // FOLLOWS  # each reader follows one of these
    in_turn, others = cycle(names[:first]), names[first:]
    entries = []
    for number in range(count):
        at = begin + timedelta(minutes=number * 15)
        record = EventRecord.model_validate(
            {
                "id": f"{name}-{number}",
                "headline": f"Pilots stop work in the strait for the {number}th time {name}",
                "standfirst": f"The ministry says so, {number} hours after the talks.",
                "takeaway": sentence or None,
                "body": ["Ships wait off the coast of the islands. Talks go on."] * 3,
                "severity": dice.choice((2, 2, 3, 3, 3, 4)),
                "visible_at": at,
                "reported_at": at,
                "story": {"title": f"Story {number % 12}", "slug": f"story-{number % 12}"},
                "interests": [
                    {"name": one, "role": role}
                    for one, role in zip(
                        [*islice(in_turn, DEALT), *dice.sample(others, len(ROLES) - DEALT)],
                        ROLES,
                        strict=True,
                    )
                ],
                "sources": [{"publisher": f"Publisher {n}"} for n in range(3)],
                "assertions": [
                    {
                        "kind": "risk",
                        "text": f"Scenario {n} of {name} {number}.",
                        "horizon": "short",
                    }
                    for n in range(3)
                ],
            }
        )
        entries.append(Entry("bench", record))
    refused = ingest(app, entries, begin + timedelta(minutes=count * 15)).refused
    assert not refused, refused
