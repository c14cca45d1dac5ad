"""Events: becoming visible, and what the desk needs to know of them."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from digest.models import (
    Event,
    EventInterest,
    Interest,
    InterestClosure,
    Perspective,
    PerspectiveActor,
    Revision,
    Story,
    Update,
)
from digest.models.desk import ROLE_RANK, Candidate, Material, Past, Reach, View
from digest.models.record import EventRecord
from digest.models.words import RIGHTING, Code, InterestKind
from digest.store import counters, current
from digest.store.chunks import chunks
from digest.store.current import ScenarioRules, Shown

log = logging.getLogger(__name__)

VISIBLE = "visible"
FOLLOWED = 500  # Revisions whose Events follow them at a time


def foresee(session: Session, until: datetime, rules: ScenarioRules) -> None:
    """Lets Events follow what waits for its hour and will be visible by `until`.

    For a look ahead, in a session that keeps nothing; no Revision gets its place by it.
    """
    waiting = session.scalars(
        select(Revision.id)
        .where(Revision.seq.is_(None), Revision.visible_at <= until, Revision.found.is_not(None))
        .order_by(Revision.visible_at, Revision.id)
    ).all()
    for part in chunks(waiting, FOLLOWED):
        _follow(session, part, rules, until)


def make_visible(session: Session, now: datetime, rules: ScenarioRules) -> int:
    """Gives every Revision whose hour has come its place in the order of becoming visible.

    The counter's row is locked until commit, so this order is the order of commits: a reader of
    "all up to n" misses nothing that gets a number at or below n later. Events follow those that
    were stored before their hour, in the same transaction. Returns how many.
    """
    waiting = (Revision.seq.is_(None), Revision.visible_at <= now)
    if session.scalar(select(Revision.id).where(*waiting).limit(1)) is None:
        return 0
    last = counters.lock(session, VISIBLE)
    rows = session.execute(
        select(Revision.id, Revision.found.is_not(None))
        .where(*waiting)
        .order_by(Revision.visible_at, Revision.id)
    ).all()
    if rows:
        numbered = [{"id": row[0], "seq": last + place} for place, row in enumerate(rows, start=1)]
        session.execute(update(Revision), numbered)
        counters.advance(session, VISIBLE, last + len(rows))
    for part in chunks((one for one, early in rows if early), FOLLOWED):
        _follow(session, part, rules, now)
    return len(rows)


def _follow(session: Session, ids: list[int], rules: ScenarioRules, now: datetime) -> None:
    """Lets Events follow Revisions that were stored before their hour.

    One that cannot be followed leaves its Event as it was: it must not keep all news from
    everybody for ever.
    """
    batch = _shown(session, ids)
    try:
        with session.begin_nested():
            current.follow(session, batch, rules, now)
    except Exception:
        log.warning("what became visible is followed one by one", exc_info=True)
        for one in batch:
            try:
                with session.begin_nested():
                    current.follow(session, [one], rules, now)
            except Exception:
                log.exception("revision %d of %s cannot be followed", one.number, one.event.slug)
    session.execute(
        update(Revision)
        .where(Revision.id.in_(ids))
        .values(found=None)
        .execution_options(synchronize_session=False)
    )


def _shown(session: Session, ids: list[int]) -> list[Shown]:
    rows = session.execute(
        select(
            Event,
            Revision.number,
            Revision.record,
            Revision.severity,
            Revision.visible_at,
            Revision.found,
        )
        .join(Event, Event.id == Revision.event_id)
        .where(Revision.id.in_(ids))
        .order_by(Revision.visible_at, Revision.id)
    )
    return [
        Shown(
            event,
            number,
            EventRecord.model_validate(record),
            severity,
            visible_at,
            current.from_json(found),
        )
        for event, number, record, severity, visible_at, found in rows
    ]


def newest_seq(session: Session) -> int:
    """The last place given out; 0 without any."""
    return counters.read(session, VISIBLE)


def seq_before(session: Session, instant: datetime) -> int:
    """The place after which all stand that became visible after `instant`.

    Older ones may stand after it as well: history that was imported late.
    """
    first = session.scalar(select(func.min(Revision.seq)).where(Revision.visible_at > instant))
    return first - 1 if first is not None else newest_seq(session)


def candidates(
    session: Session,
    after: int,
    upto: int,
    visible_after: datetime | None = None,
    event_ids: Iterable[int] | None = None,
    until: datetime | None = None,
) -> list[Candidate]:
    """The newest Revision, with `after` < seq <= `upto`, of every Event that has one there.

    `visible_after` leaves older ones out, unless they put something right; `event_ids` restricts
    to these Events. `until` takes the place of `upto`: the newest Revision of those visible by
    then, whether or not they have a place already. Interests and Story are always those of now.
    """
    query = select(
        Revision.event_id,
        Revision.number,
        Revision.seq,
        Revision.code,
        Revision.severity,
        Revision.content_hash,
        Revision.history,
        Revision.visible_at,
        Revision.record,
        Event.slug,
        Event.fact_key,
        Event.story_id,
        Event.occurred_at,
        Event.reported_at,
        Event.retracted_at,
    ).join(Event, Event.id == Revision.event_id)
    if until is None:
        query = query.where(Revision.seq > after, Revision.seq <= upto).order_by(Revision.seq)
    else:
        new = or_(Revision.seq > after, Revision.seq.is_(None))
        query = query.where(new, Revision.visible_at <= until).order_by(Revision.number)
    if visible_after is not None:
        query = query.where(
            or_(
                Revision.visible_at > visible_after,
                Revision.code.in_(RIGHTING),
            )
        )
    if event_ids is not None:
        query = query.where(Revision.event_id.in_(list(event_ids)))
    newest = {row.event_id: row for row in session.execute(query)}
    reach = reaches(session, newest)
    above = story_lines(session)
    by_then = Revision.seq <= upto if until is None else Revision.visible_at <= until
    past = _past(session, [one for one, row in newest.items() if row.number > 1], by_then)
    return [
        Candidate(
            event_id=row.event_id,
            revision=row.number,
            seq=upto + 1 if row.seq is None else row.seq,
            slug=row.slug,
            severity=row.severity,
            visible_at=row.visible_at,
            content_hash=row.content_hash,
            fact_key=row.fact_key,
            reach=reach.get(row.event_id, {}),
            stories=above.get(row.story_id, ()),
            code=Code(row.code),
            status=row.record.get("status"),
            certainty=row.record.get("certainty"),
            breaking=bool(row.record.get("breaking")),
            history=row.history,
            righted=max(
                (one.revision for one in past[row.event_id] if one.code in RIGHTING), default=None
            ),
            retracted=(
                row.retracted_at is not None
                if until is None
                else bool(row.record.get("retraction"))
            ),
            happened_at=(
                row.occurred_at or row.reported_at
                if row.record.get("time_precision") == "instant"
                else None
            ),
            publishers=len({s["publisher"].casefold() for s in row.record.get("sources", ())}) or 1,
            past=tuple(past[row.event_id]),
        )
        for row in newest.values()
    ]


def _past(
    session: Session, event_ids: Iterable[int], by_then: ColumnElement[bool]
) -> dict[int, list[Past]]:
    """The visible Revisions of each Event, oldest first; with their records if it was corrected."""
    found: dict[int, list[Past]] = defaultdict(list)
    for part in chunks(event_ids):
        rows = session.execute(
            select(
                Revision.event_id,
                Revision.number,
                Revision.visible_at,
                Revision.severity,
                Revision.content_hash,
                Revision.code,
                Revision.record["severity"].label("stated"),
                Revision.record["breaking"].label("breaking"),
                Revision.history,
            )
            .where(Revision.event_id.in_(part), by_then)
            .order_by(Revision.event_id, Revision.number)
        )
        for row in rows:
            found[row.event_id].append(
                Past(
                    revision=row.number,
                    visible_at=row.visible_at,
                    severity=row.severity,
                    content_hash=row.content_hash,
                    code=Code(row.code),
                    stated=row.stated,
                    breaking=bool(row.breaking),
                    history=row.history,
                )
            )
    _add_records(session, found)
    return found


def _add_records(session: Session, past: dict[int, list[Past]]) -> None:
    """What was wrong is found in the words of the Revisions of what was corrected."""
    corrected = [
        event_id
        for event_id, every in past.items()
        if any(one.code is Code.CORRECT for one in every)
    ]
    for part in chunks(corrected):
        rows = session.execute(
            select(Revision.event_id, Revision.number, Revision.record).where(
                Revision.event_id.in_(part)
            )
        )
        records = {(row.event_id, row.number): row.record for row in rows}
        for event_id in part:
            past[event_id] = [
                replace(one, record=EventRecord.model_validate(records[event_id, one.revision]))
                for one in past[event_id]
            ]


def reaches(session: Session, event_ids: Iterable[int]) -> dict[int, dict[int, Reach]]:
    """For each Event, every Interest it touches and all ancestors of those, by the best way."""
    found: dict[int, dict[int, Reach]] = defaultdict(dict)
    for part in chunks(event_ids):
        rows = session.execute(
            select(
                EventInterest.event_id,
                EventInterest.role,
                InterestClosure.ancestor_id,
                InterestClosure.distance,
                Interest.name,
            )
            .join(InterestClosure, InterestClosure.descendant_id == EventInterest.interest_id)
            .join(Interest, Interest.id == EventInterest.interest_id)
            .where(EventInterest.event_id.in_(part))
            .order_by(EventInterest.event_id, InterestClosure.distance, Interest.name)
        )
        for row in rows:
            way = Reach(via=row.name, role=row.role, distance=row.distance)
            best = found[row.event_id].get(row.ancestor_id)
            if best is None or _better(way, best):
                found[row.event_id][row.ancestor_id] = way
    return found


def _better(one: Reach, other: Reach) -> bool:
    """A named Interest beats a nearer role through a descendant; then role, then distance."""
    return (one.distance == 0, ROLE_RANK.get(one.role, 0), -one.distance) > (
        other.distance == 0,
        ROLE_RANK.get(other.role, 0),
        -other.distance,
    )


def story_lines(session: Session) -> dict[int | None, tuple[int, ...]]:
    """Each Story's id -> itself and its broader threads, nearest first."""
    parents = {row.id: row.parent_id for row in session.execute(select(Story.id, Story.parent_id))}
    lines: dict[int | None, tuple[int, ...]] = {None: ()}
    for story_id in parents:
        line: list[int] = []
        at: int | None = story_id
        while at is not None and at not in line:
            line.append(at)
            at = parents.get(at)
        lines[story_id] = tuple(line)
    return lines


def span(session: Session) -> tuple[datetime, datetime] | None:
    """When the first and the last Revision become visible; None without any."""
    first, last = session.execute(
        select(func.min(Revision.visible_at), func.max(Revision.visible_at))
    ).one()
    return None if first is None else (first, last)


def materials(
    session: Session, keys: Iterable[tuple[int, int]], until: datetime | None = None
) -> Mapping[tuple[int, int], Material]:
    """What is stored about each (event id, revision), for composing.

    `until` leaves out Perspectives that no Revision visible by then held.
    """
    wanted = set(keys)
    event_ids = sorted({event_id for event_id, _ in wanted})
    regions = _regions(session, event_ids)
    views, of_story = _views(session, event_ids, until)
    found: dict[tuple[int, int], Material] = {}
    for part in chunks(event_ids):
        rows = session.execute(
            select(
                Revision.event_id,
                Revision.number,
                Revision.record,
                Revision.severity,
                Revision.visible_at,
                Revision.stored_at,
                Event.slug,
                Event.story_id,
                Story.title,
                Story.slug.label("story_slug"),
                Update.number.label("update_number"),
                Update.title.label("update_title"),
            )
            .join(Event, Event.id == Revision.event_id)
            .outerjoin(Story, Story.id == Event.story_id)
            .outerjoin(Update, Update.id == Event.update_id)
            .where(Revision.event_id.in_(part))
        )
        for row in rows:
            if (row.event_id, row.number) not in wanted:
                continue
            update_label = None
            if row.update_number is not None:
                update_label = f"#{row.update_number} {row.update_title}".strip()
            found[row.event_id, row.number] = Material(
                record=EventRecord.model_validate(row.record),
                severity=row.severity,
                slug=row.slug,
                visible_at=row.visible_at,
                stored_at=row.stored_at,
                story=row.title,
                story_slug=row.story_slug,
                update=update_label,
                regions=regions.get(row.event_id, ()),
                views=(*views.get(row.event_id, ()), *of_story.get(row.story_id, ())),
            )
    gone = _gone(session, (one.record for one in found.values()))
    for key, one in found.items():
        named = frozenset(link.event for link in one.record.links if link.event in gone)
        if named:
            found[key] = replace(one, gone=named)
    return found


def _gone(session: Session, of: Iterable[EventRecord]) -> set[str]:
    """Ids and slugs of retracted Events among those that these records link to."""
    names = {link.event for record in of for link in record.links if link.event}
    gone: set[str] = set()
    for part in chunks(names, 450):  # each stands twice in the statement
        rows = session.execute(
            select(Event.external_id, Event.slug).where(
                Event.retracted_at.is_not(None),
                Event.external_id.in_(part) | Event.slug.in_(part),
            )
        )
        gone.update(name for row in rows for name in row)
    return gone


def _regions(session: Session, event_ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Names of the Regions of each Event, by role and then by name; at most three."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for part in chunks(event_ids):
        rows = session.execute(
            select(EventInterest.event_id, EventInterest.role, Interest.name)
            .join(Interest, Interest.id == EventInterest.interest_id)
            .where(EventInterest.event_id.in_(part), Interest.kind == InterestKind.REGION)
        )
        for event_id, role, name in rows:
            found[event_id].append((-ROLE_RANK.get(role, 0), name))
    return {event_id: tuple(n for _, n in sorted(rows)[:3]) for event_id, rows in found.items()}


def _views(
    session: Session, event_ids: list[int], until: datetime | None
) -> tuple[dict[int, list[View]], dict[int, list[View]]]:
    """Perspectives of the Events themselves, and of their Stories, newest first."""
    of_event: dict[int, list[View]] = defaultdict(list)
    of_story: dict[int, list[View]] = defaultdict(list)
    for part in chunks(event_ids):
        stories = select(Event.story_id).where(Event.id.in_(part), Event.story_id.is_not(None))
        rows = session.scalars(
            select(Perspective)
            .where(
                Perspective.event_id.in_(part)
                | (Perspective.event_id.is_(None) & Perspective.story_id.in_(stories))
            )
            .order_by(Perspective.as_of.desc(), Perspective.id)
        ).all()
        if until is not None:
            said = _said(session, part, {row.story_id for row in rows}, until)
            rows = [
                row for row in rows if (row.story_id, row.event_id, row.actor, row.text) in said
            ]
        actors: dict[int, set[int]] = defaultdict(set)
        for ids in chunks([row.id for row in rows]):
            for one in session.scalars(
                select(PerspectiveActor).where(PerspectiveActor.perspective_id.in_(ids))
            ):
                actors[one.perspective_id].add(one.interest_id)
        for row in rows:
            view = View(row.actor, row.text, row.as_of, frozenset(actors[row.id]))
            if row.event_id is not None:
                of_event[row.event_id].append(view)
            elif row.story_id is not None:
                of_story[row.story_id].append(view)
    return of_event, of_story


def _said(
    session: Session, event_ids: list[int], story_ids: Iterable[int | None], until: datetime
) -> set[tuple[int | None, int | None, str, str]]:
    """(story, event, actor, text) of each Perspective in a Revision visible by `until`; the event
    is None where the Perspective belongs to the Story."""
    stories = [one for one in story_ids if one is not None]
    rows = session.execute(
        select(Event.id, Event.story_id, Revision.record["perspectives"].label("perspectives"))
        .join(Revision, Revision.event_id == Event.id)
        .where(
            or_(Event.id.in_(event_ids), Event.story_id.in_(stories)),
            Revision.visible_at <= until,
        )
    )
    return {
        (row.story_id, row.id if row.story_id is None else None, one["actor"], one["text"])
        for row in rows
        for one in row.perspectives or ()
    }
