"""Contacts out: every Subscriber with a Destination as rows of a CSV file, to be imported again."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.formats import contacts_csv
from digest.formats.contacts_csv import detailed, joined
from digest.models import Destination, Subscriber
from digest.models.words import SubscriberState
from digest.services.app import App
from digest.services.subscribers.columns import follow_words, schedule_words
from digest.store.database import Database
from digest.store.subscribers import Belongings, Followed

BATCH = 500


def export_contacts(app: App) -> Iterator[bytes]:
    """The file in pieces, by key: one row for each Destination.

    Imported where the same Lists are, it makes the same Subscribers; who has left stays away. Who
    has no Destination is not in it.
    """
    return contacts_csv.write(_rows(app.db))


def _rows(db: Database) -> Iterator[dict[str, str]]:
    after = ""
    while True:
        with db.read() as session:
            people = session.scalars(
                select(Subscriber)
                .where(Subscriber.key > after)
                .order_by(Subscriber.key)
                .limit(BATCH)
            ).all()
            rows = list(_of(session, people))
            after = people[-1].key if people else after
        yield from rows
        if len(people) < BATCH:
            return


def _of(session: Session, people: Sequence[Subscriber]) -> Iterator[dict[str, str]]:
    had = Belongings.load(session, [one.id for one in people])
    for one in people:
        schedule = had.schedules.get(one.id)
        lists = had.lists.get(one.id, {}).values()
        common = {
            "key": one.key,
            "name": one.name,
            "kind": one.kind,
            "locale": one.locale,
            "lists": joined(
                [f"{group.key} (left)" if member.left_at else group.key for member, group in lists]
            ),
            "follows": joined([_follow(follow) for follow in had.follows.get(one.id, {}).values()]),
            **(schedule_words(schedule) if schedule else {}),
        }
        for destination in had.destinations.get(one.id, {}).values():
            yield {
                **common,
                "channel": destination.channel,
                "address": destination.address,
                "kinds": joined(destination.kinds),
                "state": joined(_states(one, destination)),
            }


def _follow(one: Followed) -> str:
    name = f"story: {one.slug}" if one.row.story_id is not None else one.slug
    return detailed(name, follow_words(one.row))


def _states(person: Subscriber, destination: Destination) -> list[str]:
    states = []
    if person.state == SubscriberState.LEFT:
        states.append("left")
    elif person.state == SubscriberState.PAUSED:
        until = person.paused_until
        states.append(f"paused: {until.astimezone(UTC).isoformat()}" if until else "paused")
    if destination.verified_at is None:
        states.append("unverified")
    if destination.disabled_at is not None:
        states.append(f"disabled: {destination.disabled_reason or ''}".removesuffix(": "))
    return states or ["active"]
