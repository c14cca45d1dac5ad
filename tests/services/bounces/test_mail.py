"""Bounces and complaints by mail: whose they are, and what follows for the address."""

import pytest
from formats.reports import (
    BOUNCES,
    HEADERS,
    OUT_OF_OFFICE,
    complaint,
    plain,
    postfix,
    postfix_gave_up,
)
from newsroom import NOON
from services.bounces.conftest import Returns
from sqlalchemy import select

from digest.errors import DigestError, NotFound
from digest.models import AuditEntry, Bounce, ChannelStop, Subscriber, Suppression
from digest.models.words import DeliveryState, EditionKind, SubscriberState
from digest.services.admin.bounces import add, go_on, lift, standing
from digest.services.bounces import mail as mail_module
from digest.services.bounces.mail import Came, Taken, take_mail
from digest.store import counters
from digest.store.bounces import REFUSED


def take(room: Returns, raw: str, *recipients: str) -> Taken:
    return take_mail(room.app, raw.encode(), room.now, "lmtp", recipients)


def bounces(room: Returns) -> list[tuple[str, str, int | None]]:
    return [(row.kind, row.status, row.delivery_id) for row in room.rows(Bounce)]


def refused(room: Returns) -> int:
    with room.app.db.read() as session:
        return counters.read(session, REFUSED)


def suppressed(room: Returns) -> list[tuple[str, str]]:
    return [(row.address, row.reason) for row in room.rows(Suppression)]


def test_a_mailbox_that_is_not_there_is_written_to_no_more(room: Returns) -> None:
    reader = room.reader()
    mail = room.mail(reader)
    waiting = room.another(mail, state=DeliveryState.PENDING, sent_at=None, not_before=room.now)
    to = room.address(mail)
    taken = take(room, postfix(to, room.back(mail), room.headers(mail)))
    assert (taken.came, taken.kind, taken.suppressed) == (Came.RECORDED, "hard", "mailbox_unknown")
    assert bounces(room) == [("hard", "5.1.1", mail)]
    assert suppressed(room) == [(to, "mailbox_unknown")]
    assert room.destination(mail).disabled_reason == "mailbox_unknown"
    row = room.delivery(waiting)
    assert (row.state, row.reason) == (DeliveryState.SUPPRESSED, "mailbox_unknown")
    (entry,) = room.rows(AuditEntry)
    assert (entry.actor, entry.action) == ("bounces", "destination paused")
    assert "5.1.1" in entry.detail["detail"]
    (person,) = room.rows(Subscriber, Subscriber.id == reader)
    assert person.state == SubscriberState.ACTIVE, "who follows what stays as it is"


def test_the_same_report_counts_once_however_it_comes(room: Returns) -> None:
    mail = room.mail(room.reader())
    raw = postfix(room.address(mail), room.back(mail), room.headers(mail))
    assert take(room, raw).came is Came.RECORDED
    assert take(room, raw).came is Came.KNOWN
    assert take(room, raw.replace("Sorry.", "Once more."), room.back(mail)).came is Came.KNOWN
    assert len(bounces(room)) == 1


@pytest.mark.parametrize("name", BOUNCES)
def test_every_server_is_heeded_by_the_tag_alone(room: Returns, name: str) -> None:
    """The address is hidden, nothing came back with it, and a server changed the tag's case."""
    mail, sample = room.mail(room.reader()), BOUNCES[name]
    raw = sample.write("hidden", "unknown", "X: y").replace("To: unknown", "To: x")
    taken = take(room, raw, room.back(mail).upper())
    assert taken.kind == sample.kind
    assert (taken.came is Came.IGNORED) == (sample.kind is None)


def test_the_signed_link_in_what_came_back_is_as_good_as_the_tag(room: Returns) -> None:
    mail = room.mail(room.reader())
    raw = postfix(room.address(mail), "digest@example.org", room.headers(mail))
    assert take(room, raw).suppressed == "mailbox_unknown"


def test_a_forged_tag_is_refused_and_counted_and_nothing_follows(room: Returns) -> None:
    mail = room.mail(room.reader())
    forged = f"b+{mail}.aaaaaaaaaaaaaaaa@bounce.example.org"
    assert take(room, postfix(room.address(mail), forged, HEADERS)).came is Came.REFUSED
    assert take(room, "hello", forged).came is Came.REFUSED
    assert refused(room) == 2
    assert bounces(room) == suppressed(room) == []


def test_a_message_id_proves_nothing(room: Returns) -> None:
    """It can be guessed: all that names the reader is right, but nothing is signed."""
    mail = room.mail(room.reader())
    headers = HEADERS.replace("<427.", f"<{mail}.")
    taken = take(room, postfix(room.address(mail), "digest@example.org", headers))
    assert taken == Taken(Came.RECORDED, "unknown")  # type: ignore[arg-type]
    assert bounces(room) == [("unknown", "5.1.1", None)]
    assert suppressed(room) == []


def test_what_nobody_proves_is_kept_up_to_a_number_and_then_counted(
    room: Returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "UNKNOWN_A_DAY", 4)
    for number in range(7):
        take(room, postfix(f"a{number}@example.com", "digest@example.org", HEADERS))
    assert len(bounces(room)) == 4
    assert refused(room) == 3


@pytest.mark.parametrize("came_back", [True, False])
def test_a_bounce_for_people_to_read_is_kept_for_the_admin(room: Returns, came_back: bool) -> None:
    mail = room.mail(room.reader())
    raw = plain(room.address(mail), room.back(mail), room.headers(mail) if came_back else "")
    assert take(room, raw).kind == "unknown"
    (row,) = room.rows(Bounce)
    assert row.delivery_id == mail
    assert "no mailbox here by that name" in row.detail
    assert "@" not in row.detail
    assert suppressed(room) == []


def test_an_out_of_office_answer_is_no_bounce(room: Returns) -> None:
    mail = room.mail(room.reader())
    assert take(room, OUT_OF_OFFICE, room.back(mail)).came is Came.IGNORED
    assert bounces(room) == []


def test_what_a_person_writes_is_no_bounce(room: Returns) -> None:
    mail = room.mail(room.reader())
    written = f"From: m@x.example\nSubject: hello\n\n> {room.headers(mail)}"
    assert take(room, written, "digest@example.org").came is Came.OTHER
    assert bounces(room) == []


def test_a_complaint_ends_mail_to_this_address_and_nothing_else(room: Returns) -> None:
    reader = room.reader(destinations={"slack": "C1"})
    mail = room.mail(reader)
    taken = take(room, complaint(headers=room.headers(mail), recipient="redacted"))
    assert taken.suppressed == "complaint"
    assert suppressed(room) == [(room.address(mail), "complaint")]
    (person,) = room.rows(Subscriber, Subscriber.id == reader)
    assert person.state == SubscriberState.ACTIVE
    assert take(room, complaint(headers=room.headers(mail), kind="not-spam")).came is Came.IGNORED
    assert suppressed(room) == [(room.address(mail), "complaint")], "an admin lifts it"


def soft_days(room: Returns, mail: int, days: int) -> str:
    """A mail a day that comes back softly; the last reason for suppressing."""
    reason = ""
    for _ in range(days):
        room.later(days=1)
        one = room.another(mail)
        raw = postfix_gave_up(room.address(mail), room.back(one), HEADERS)
        reason = take(room, raw).suppressed
        assert take(room, raw.replace("4.4.1", "4.2.2")).came is Came.KNOWN
    return reason


def test_soft_bounces_suppress_by_their_score(room: Returns) -> None:
    mail = room.mail(room.reader())
    assert soft_days(room, mail, 5) == ""
    assert soft_days(room, mail, 1) == "bounced"
    assert suppressed(room) == [(room.address(mail), "bounced")]


def test_a_mail_that_arrived_in_between_begins_the_score_anew(room: Returns) -> None:
    mail = room.mail(room.reader())
    soft_days(room, mail, 5)
    room.later(hours=1)
    room.another(mail)
    room.later(days=7)
    assert soft_days(room, mail, 5) == ""


def test_an_admin_lifts_it_and_the_score_begins_anew(room: Returns) -> None:
    mail = room.mail(room.reader())
    soft_days(room, mail, 6)
    to = room.address(mail)
    assert standing(room.app, to, room.now)["suppressed"].startswith("mail came back too often")
    assert lift(room.app, to, room.now) == 1
    assert room.destination(mail).disabled_at is None
    assert suppressed(room) == []
    assert standing(room.app, to, room.now)["score"] == 0
    assert room.rows(AuditEntry)[-1].action == "suppression lifted"
    assert soft_days(room, mail, 1) == ""
    with pytest.raises(NotFound):
        lift(room.app, to, room.now)


def test_after_a_complaint_an_admin_has_to_mean_it(room: Returns) -> None:
    mail = room.mail(room.reader())
    take(room, complaint(headers=room.headers(mail)))
    with pytest.raises(DigestError, match="even-after-complaint"):
        lift(room.app, room.address(mail), room.now)
    assert lift(room.app, room.address(mail), room.now, even_after_complaint=True) == 1


def test_lifting_frees_no_destination_that_its_reader_paused(room: Returns) -> None:
    mail = room.mail(room.reader())
    with room.app.db.begin() as session:
        row = session.get_one(type(room.destination(mail)), room.destination(mail).id)
        row.disabled_at, row.disabled_reason = NOON, "paused_by_reader"
    take(room, postfix("x", room.back(mail), ""))
    assert lift(room.app, room.address(mail), room.now) == 0
    assert room.destination(mail).disabled_reason == "paused_by_reader"


def test_an_address_suppressed_by_hand_gets_nothing(room: Returns) -> None:
    mail = room.mail(room.reader())
    assert add(room.app, room.address(mail), room.now)
    assert not add(room.app, room.address(mail), room.now)
    assert room.destination(mail).disabled_reason == "by_admin"


def complain(room: Returns, number: int) -> list[int]:
    reader = room.reader(f"reader-{number}-{room.now:%d}")
    mails = [room.mail(reader) for _ in range(number)]
    for mail in mails:
        take(room, complaint(headers=room.headers(mail)))
    return mails


async def test_too_many_complaints_stop_digests_until_an_admin_lets_them_go_on(
    room: Returns,
) -> None:
    complain(room, 2)
    assert room.rows(AuditEntry, AuditEntry.action == "digests stopped") == []
    complain(room, 1)
    (entry,) = room.rows(AuditEntry, AuditEntry.action == "digests stopped")
    assert entry.detail["detail"] == "3 complaints about 3 mails in 7 days"
    reader = room.reader("tom")
    (digest,) = room.deliveries_to_come(reader, kind=EditionKind.DIGEST)
    (alert,) = room.deliveries_to_come(reader, kind=EditionKind.ALERT)
    (slack,) = room.deliveries_to_come(reader, kind=EditionKind.DIGEST, channel="slack")
    room.later(days=0.5)
    await room.drain()
    states = [room.delivery(one).state for one in (digest, alert, slack)]
    assert states == [DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.SENT]
    assert go_on(room.app, room.now)
    assert not go_on(room.app, room.now)
    room.later(hours=1)
    complain(room, 1)
    assert len(room.rows(AuditEntry, AuditEntry.action == "digests stopped")) == 1
    await room.drain()
    assert room.delivery(digest).state == DeliveryState.SENT
    with room.app.db.read() as session:
        assert session.scalars(select(ChannelStop.channel)).all() == ["email: digests"]


def test_one_who_complains_about_every_mail_counts_once(room: Returns) -> None:
    mail = room.mail(room.reader())
    for minutes in range(4):
        room.later(minutes=minutes + 1)
        take(room, complaint(headers=room.headers(room.another(mail))))
    assert len(bounces(room)) == 4
    assert room.rows(AuditEntry, AuditEntry.action == "digests stopped") == []


def test_a_delivery_that_is_no_longer_kept_is_for_a_person_to_read(room: Returns) -> None:
    taken = take(room, postfix("x@example.com", room.back(999), HEADERS))
    assert taken.kind == "unknown"
    assert bounces(room) == [("unknown", "5.1.1", None)]
