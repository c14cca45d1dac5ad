"""The roster: all Subscribers as people and programs read them."""

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.models import Destination, Follow, List, ListMember, Subscriber
from digest.models.words import SubscriberState
from digest.services.app import App
from digest.services.subscribers.wanted import shown


def subscribers(app: App) -> list[dict[str, Any]]:
    """Every Subscriber by key, with lists, Destinations and how much they follow, Lists' Follows
    included. Who has left has no next digest."""
    with app.db.read() as session:
        destinations, lists, follows = _destinations(session), _lists(session), _follows(session)
        return [
            {
                "key": one.key,
                "name": one.name,
                "kind": one.kind,
                "locale": one.locale,
                "state": one.state,
                "from_files": one.from_files,
                "lists": lists.get(one.id, []),
                "follows": follows[one.id],
                "destinations": destinations.get(one.id, []),
                "next_due_at": (
                    one.next_due_at.isoformat()
                    if one.next_due_at and one.state != SubscriberState.LEFT
                    else None
                ),
            }
            for one in session.scalars(select(Subscriber).order_by(Subscriber.key))
        ]


def _destinations(session: Session) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in session.scalars(select(Destination).order_by(Destination.id)):
        found[one.subscriber_id].append(
            {
                "channel": one.channel,
                "address": shown(one.address),
                "kinds": one.kinds,
                "verified": one.verified_at is not None,
                "disabled": one.disabled_reason,
            }
        )
    return found


def _lists(session: Session) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(ListMember.subscriber_id, List.key)
        .join(List, List.id == ListMember.list_id)
        .where(ListMember.left_at.is_(None))
        .order_by(ListMember.position, List.key)
    )
    for subscriber_id, key in rows:
        found[subscriber_id].append(key)
    return found


def _follows(session: Session) -> Counter[int]:
    """Subscribers' own Follows and those of their Lists; what both follow counts once.

    An own Follow without weight gives up what a List follows.
    """
    columns = (Follow.interest_id, Follow.story_id, Follow.weight > 0)
    own = session.execute(
        select(Subscriber.id, *columns).join(Follow, Follow.subscriber_id == Subscriber.id)
    )
    found: dict[int, dict[tuple[int | None, int | None], bool]] = defaultdict(dict)
    for subscriber_id, interest, story, counts in own:
        found[subscriber_id][interest, story] = counts
    of_lists = session.execute(
        select(ListMember.subscriber_id, *columns)
        .join(ListMember, ListMember.list_id == Follow.list_id)
        .where(ListMember.left_at.is_(None))
    )
    for subscriber_id, interest, story, counts in of_lists:
        found[subscriber_id].setdefault((interest, story), counts)
    return Counter({one: sum(follows.values()) for one, follows in found.items()})
