"""Finding what a person names: a Subscriber by key, name or address, an Event by slug or id."""

from difflib import get_close_matches

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.models import Destination, Event, Subscriber


def subscriber(session: Session, name: str) -> Subscriber:
    """
    Raises:
        NotFound: nobody is called so, or several are; offers the nearest keys.
    """
    found = session.scalar(select(Subscriber).where(Subscriber.key == name))
    if found is not None:
        return found
    rows = session.scalars(
        select(Subscriber)
        .outerjoin(Destination, Destination.subscriber_id == Subscriber.id)
        .where(or_(Subscriber.name == name, Destination.address == name))
        .distinct()
    ).all()
    if len(rows) == 1:
        return rows[0]
    if rows:
        keys = ", ".join(sorted(row.key for row in rows)[:5])
        raise NotFound(f"{name!r} fits several subscribers; use one of the keys {keys}")
    near = get_close_matches(name, session.scalars(select(Subscriber.key).limit(10_000)).all(), 3)
    raise NotFound(f"there is no subscriber {name!r}{_hint(near)}")


def event(session: Session, name: str) -> Event:
    """
    Raises:
        NotFound: no Event has this slug, id or sender's id; offers the nearest slugs.
    """
    found = session.scalar(select(Event).where(or_(Event.slug == name, Event.external_id == name)))
    if found is None and name.isascii() and name.isdigit() and len(name) < 19:
        found = session.get(Event, int(name))
    if found is not None:
        return found
    slugs = session.scalars(
        select(Event.slug).where(Event.slug.like(f"{name[:12]}%")).limit(200)
    ).all()
    raise NotFound(f"there is no event {name!r}{_hint(get_close_matches(name, slugs, 3, 0.4))}")


def _hint(near: list[str]) -> str:
    return f"; did you mean {' or '.join(near)}?" if near else ""
