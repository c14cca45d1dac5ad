"""Preferences: what readers change about themselves, on the web, by a bot or through an admin.

Each verb is one transaction with one AuditEntry and may be repeated. A row that its reader has
changed gets `from_files=False`, and a sync leaves it alone from then on. The state of a Subscriber
is theirs: one who pauses has `paused_until` set, which no sync does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.clock import zone
from digest.errors import InputError, NotFound
from digest.models import Delivery, Destination, ListMember, Schedule
from digest.models.words import Cadence, DeliveryState, Disabled, SubscriberState
from digest.services.reader.editing import READER, Done, Editing, editing
from digest.store import readers
from digest.store.database import Database
from digest.store.deliveries import OPEN

LONGEST_PAUSE = 365  # days
UNSUBSCRIBED = "unsubscribed"  # reason of a suppressed Delivery


class Invalid(InputError):
    """Settings that don't fit together; `problems` has a message for each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Times:
    """When a reader is told. Local times of `zone`; Monday is 0."""

    cadence: str
    at: time
    zone: str
    weekdays: tuple[int, ...]
    quiet_from: time | None = None
    quiet_to: time | None = None

    def check(self) -> None:
        """
        Raises:
            Invalid: they don't fit together.
        """
        problems: dict[str, str] = {}
        if self.cadence not in tuple(Cadence):
            problems["cadence"] = "Choose daily, weekly or alerts only."
        try:
            zone(self.zone)
        except InputError:
            problems["zone"] = "We don't know this time zone. Write it like Europe/London."
        if any(day not in range(7) for day in self.weekdays):
            problems["weekdays"] = "Choose days from Monday to Sunday."
        elif self.cadence == Cadence.WEEKLY and len(self.weekdays) != 1:
            problems["weekdays"] = "Choose the one day on which the weekly digest comes."
        elif self.cadence == Cadence.DAILY and not self.weekdays:
            problems["weekdays"] = "Choose at least one day, or choose alerts only."
        if (self.quiet_from is None) != (self.quiet_to is None):
            problems["quiet"] = "Fill in both quiet hours, or leave both empty."
        elif self.quiet_from is not None and self.quiet_from == self.quiet_to:
            problems["quiet"] = "Quiet hours need a different beginning and end."
        if problems:
            raise Invalid(problems)


def unsubscribe(db: Database, subscriber_id: int, now: datetime, actor: str = READER) -> Done:
    """Ends everything: the Subscriber has left, and what waits in the ledger is not sent."""
    with editing(db, subscriber_id, "unsubscribe", now, actor) as edit:
        if edit.person.state != SubscriberState.LEFT:
            edit.person.state, edit.person.left_at = SubscriberState.LEFT, now
            edit.person.paused_until = None
        if stopped := _suppress(edit.session, subscriber_id):
            edit.notes["suppressed"] = stopped
    return edit.done


def resubscribe(db: Database, subscriber_id: int, now: datetime, actor: str = READER) -> Done:
    """Brings a Subscriber back who had left, with what was stopped and is still of use."""
    with editing(db, subscriber_id, "resubscribe", now, actor) as edit:
        if edit.person.state == SubscriberState.LEFT:
            edit.person.state, edit.person.left_at = SubscriberState.ACTIVE, None
            edit.person.next_due_at = None
            if freed := _free(edit.session, subscriber_id, now):
                edit.notes["freed"] = freed
    return edit.done


def _suppress(session: Session, subscriber_id: int) -> int:
    """One that a worker has begun to send is past stopping; all others are."""
    rows = session.scalars(
        update(Delivery)
        .where(Delivery.subscriber_id == subscriber_id, Delivery.state.in_(OPEN))
        .values(state=DeliveryState.SUPPRESSED, reason=UNSUBSCRIBED)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


def _free(session: Session, subscriber_id: int, now: datetime) -> int:
    rows = session.scalars(
        update(Delivery)
        .where(
            Delivery.subscriber_id == subscriber_id,
            Delivery.state == DeliveryState.SUPPRESSED,
            Delivery.reason == UNSUBSCRIBED,
            Delivery.expires_at > now,
        )
        .values(state=DeliveryState.PENDING, reason=None, lease_until=None, worker=None)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


def pause(db: Database, subscriber_id: int, days: int, now: datetime, actor: str = READER) -> Done:
    """Nothing is sent for `days` days; what is put right in the meantime still is.

    Raises:
        Invalid: fewer than 1 or more than 365 days, or the Subscriber has left.
    """
    if not 1 <= days <= LONGEST_PAUSE:
        raise Invalid({"days": f"Choose between 1 and {LONGEST_PAUSE} days."})
    with editing(db, subscriber_id, "pause", now, actor) as edit:
        if edit.person.state == SubscriberState.LEFT:
            raise Invalid({"days": "You are unsubscribed, so there is nothing to pause."})
        edit.person.state = SubscriberState.PAUSED
        edit.person.paused_until = now + timedelta(days=days)
    return edit.done


def resume(db: Database, subscriber_id: int, now: datetime, actor: str = READER) -> Done:
    """Ends a pause before its time."""
    with editing(db, subscriber_id, "resume", now, actor) as edit:
        if edit.person.state == SubscriberState.PAUSED:
            edit.person.state, edit.person.paused_until = SubscriberState.ACTIVE, None
            edit.person.next_due_at = None
    return edit.done


def set_times(
    db: Database, subscriber_id: int, times: Times, now: datetime, actor: str = READER
) -> Done:
    """When the Subscriber is told: their own Schedule, begun as a copy of their List's.

    Raises:
        Invalid: the times don't fit together.
    """
    times.check()
    with editing(db, subscriber_id, "set times", now, actor) as edit:
        put_times(edit, times, now)
    return edit.done


def put_times(edit: Editing, times: Times, now: datetime) -> None:
    """`set_times` as part of a transaction; the times have been checked."""
    schedule = readers.accounts(edit.session, [edit.person.id], now)[0].schedule
    wanted = {one.name: getattr(times, one.name) for one in fields(times)}
    wanted["weekdays"] = sorted(times.weekdays)
    if all(getattr(schedule, name) == value for name, value in wanted.items()):
        return
    if schedule.subscriber_id is None:
        schedule = _own_schedule(schedule, edit.person.id)
        edit.session.add(schedule)
    for name, value in wanted.items():
        setattr(schedule, name, value)
    schedule.from_files = False
    edit.person.next_due_at = None  # the planner reckons it anew


def _own_schedule(like: Schedule, subscriber_id: int) -> Schedule:
    copied = {
        key: getattr(like, key)
        for key in Schedule.__table__.columns.keys()  # noqa: SIM118 - no mapping
        if key not in ("id", "subscriber_id", "list_id")
    }
    return Schedule(subscriber_id=subscriber_id, **copied)


def pause_destination(
    db: Database, subscriber_id: int, destination_id: int, now: datetime, actor: str = READER
) -> Done:
    """Nothing more goes to this Destination; others are not concerned.

    Raises:
        NotFound: the Subscriber has no such Destination.
    """
    with editing(db, subscriber_id, "pause destination", now, actor) as edit:
        put_destination(edit, destination_id, False, now)
    return edit.done


def resume_destination(
    db: Database, subscriber_id: int, destination_id: int, now: datetime, actor: str = READER
) -> Done:
    """Sends to this Destination again. A provider that had refused it may do so once more.

    Raises:
        NotFound: the Subscriber has no such Destination, or an admin has taken it away.
    """
    with editing(db, subscriber_id, "resume destination", now, actor) as edit:
        put_destination(edit, destination_id, True, now)
    return edit.done


def put_destination(edit: Editing, destination_id: int, used: bool, now: datetime) -> None:
    """`pause_destination`, or `resume_destination` if it is `used`, as part of a transaction."""
    place = _destination(edit, destination_id)
    if used and place.disabled_reason == Disabled.NOT_IN_FILES:
        raise NotFound("This address was taken out by the people who run this service.")
    if used == (place.disabled_at is None):
        return
    place.disabled_at, place.disabled_reason = (
        (None, None) if used else (now, Disabled.PAUSED_BY_READER)
    )
    place.from_files = False


def _destination(edit: Editing, destination_id: int) -> Destination:
    place = edit.session.get(Destination, destination_id)
    if place is None or place.subscriber_id != edit.person.id:
        raise NotFound("This address is no longer one of yours.")
    return place


def leave_list(
    db: Database, subscriber_id: int, list_id: int, now: datetime, actor: str = READER
) -> Done:
    """The Subscriber no longer gets what the List follows; a sync never puts them back.

    Raises:
        NotFound: they are not on that List.
    """
    with editing(db, subscriber_id, "leave list", now, actor) as edit:
        put_member(edit, list_id, False, now)
    return edit.done


def rejoin_list(
    db: Database, subscriber_id: int, list_id: int, now: datetime, actor: str = READER
) -> Done:
    """Back on a List that the Subscriber had left.

    Raises:
        NotFound: they never were on that List.
    """
    with editing(db, subscriber_id, "rejoin list", now, actor) as edit:
        put_member(edit, list_id, True, now)
    return edit.done


def put_member(edit: Editing, list_id: int, on: bool, now: datetime) -> None:
    """`leave_list`, or `rejoin_list` if they are `on` it, as part of a transaction."""
    member = _member(edit, list_id)
    if on != (member.left_at is None):
        member.left_at, edit.person.next_due_at = None if on else now, None


def _member(edit: Editing, list_id: int) -> ListMember:
    member = edit.session.scalar(
        select(ListMember).where(
            ListMember.list_id == list_id, ListMember.subscriber_id == edit.person.id
        )
    )
    if member is None:
        raise NotFound("You are not on this list.")
    return member
