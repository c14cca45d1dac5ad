"""Bounces as `digest status`, `why` and `doctor` tell of them."""

import pytest
from formats.reports import complaint, exchange_blocked, postfix
from services.bounces.conftest import Returns

from digest.models import Delivery
from digest.services.admin.bounces import in_words
from digest.services.admin.doctor import bounces_found, examine
from digest.services.admin.explain import why
from digest.services.admin.status import status
from digest.services.app import App
from digest.services.bounces.mail import take_mail


@pytest.fixture
def room(app: App) -> Returns:
    return Returns(app)


def take(room: Returns, raw: str) -> None:
    take_mail(room.app, raw.encode(), room.now, "lmtp")


def test_status_counts_what_came_back(room: Returns) -> None:
    assert in_words(status(room.app, room.now)["bounces"]) == ""
    one, two = room.mail(room.reader()), room.mail(room.reader("tom"))
    take(room, postfix("x", room.back(one), ""))
    take(room, complaint(headers=room.headers(two)))
    take(room, postfix("x", f"b+{one}.aaaaaaaaaaaaaaaa@bounce.example.org", ""))
    room.later(hours=1)
    assert in_words(status(room.app, room.now)["bounces"]) == (
        "Came back in 7 days: 1 hard, 1 complaint."
        " Complaints: 1 about 2 mails, a rate of 0.10%."
        " 2 suppressed: `digest suppressions list`. Forged reports refused so far: 1."
    )


def test_why_says_that_an_address_gets_nothing_and_since_when(room: Returns) -> None:
    room.news("a")
    mail = room.mail(room.reader())
    take(room, postfix("x", room.back(mail), ""))
    (one,) = why(room.app, "maria", "a", room.now)["suppressed"]
    assert one["address"] == room.address(mail)
    assert one["words"] == "there is no such mailbox (5.1.1, mailbox_unknown), since 5 Mar 2026"


async def test_why_says_that_what_was_sent_came_back(room: Returns) -> None:
    room.reader(destinations={"email": "maria@example.com"})
    room.later(minutes=1)
    room.news("a", severity=5, breaking=True)
    await room.run()
    assert why(room.app, "maria", "a", room.now)["sent"]
    (row,) = room.rows(Delivery)
    take(room, complaint(headers=room.headers(row.id)))
    assert why(room.app, "maria", "a", room.now)["sent"], "who complained has read it"
    take(room, postfix("x", room.back(row.id), ""))
    answer = why(room.app, "maria", "a", room.now)
    assert (answer["sent"], answer["rule"]) == (False, "bounced")
    assert answer["reason"] == "sent over email, and it came back: hard 5.1.1"


async def test_doctor_warns_of_complaints_and_policy_and_tells_of_a_stop(room: Returns) -> None:
    mails = [room.mail(room.reader(f"reader-{number}")) for number in range(4)]
    take(room, exchange_blocked("x", room.back(mails[3]), ""))
    take(room, complaint(headers=room.headers(mails[0])))
    warned = [
        ("warning", "Complaints: 1 about 4 mails, a rate of 0.10%"),
        ("warning", "mails refused by policy in 7 days: 1"),
        ("warning", "bounces come to the address mail is from"),
    ]
    found = [(one.level, one.what) for one in bounces_found(room.app, room.now)]
    assert found == warned
    for mail in mails[1:3]:
        take(room, complaint(headers=room.headers(mail)))
    found = [
        (one.level, one.what)
        for part, one in await examine(room.app, room.now)
        if part == "bounces"
    ]
    assert found[0] == ("error", "digests by email are stopped: complaints")
    state = status(room.app, room.now)["channels"]["email"]
    assert state == "set up; digests stopped: 3 complaints about 4 mails in 7 days"
