"""The whole way on SQLite and PostgreSQL: sent, came back, scored, suppressed, seen, lifted."""

import threading

from formats.reports import complaint, plain, postfix, postfix_gave_up
from services.bounces.conftest import Returns

from digest.models import Bounce
from digest.services.admin.bounces import add, go_on, health, lift, standing
from digest.services.app import App
from digest.services.bounces.mail import take_mail


def test_from_the_mail_to_the_suppression_and_back(app_on_both: App) -> None:
    room = Returns(app_on_both)

    def take(raw: str) -> str:
        return take_mail(room.app, raw.encode(), room.now, "lmtp").suppressed

    mail = room.mail(room.reader())
    to = room.address(mail)
    for day in range(6):
        room.later(days=1)
        one = room.another(mail)
        assert take(postfix_gave_up(to, room.back(one), "")) == ("bounced" if day == 5 else "")
    assert lift(room.app, to, room.now) == 1
    assert take(postfix(to, room.back(mail), "")) == "mailbox_unknown"
    assert standing(room.app, to, room.now)["suppressed"].endswith("since 11 Mar 2026")
    for number in range(3):
        other = room.mail(room.reader(f"reader-{number}"))
        assert take(complaint(headers=room.headers(other))) == "complaint"
    assert add(room.app, "by.hand@example.com", room.now)
    with room.app.db.read() as session:
        found = health(session, room.now)
    assert found["last_7_days"] == {
        "hard": 1, "soft": 6, "complaint": 3, "policy": 0, "unknown": 0
    }  # fmt: skip
    assert (found["suppressed"], found["digests_stopped"]) == (5, True)
    assert go_on(room.app, room.now)


def test_what_no_database_can_hold_is_left_out(app_on_both: App) -> None:
    """Else its mail server would bring it again and again."""
    room = Returns(app_on_both)
    mail = room.mail(room.reader())
    raw = plain("x", room.back(mail), "").replace("I'm afraid", "I'm\x00 a\x1bfraid").encode()
    take_mail(room.app, raw.replace(b"Hi.", b"\xed\xa0\x80 Hi."), room.now, "lmtp")
    (row,) = room.rows(Bounce)
    assert "I'm afraid" in row.detail


def test_reports_that_come_at_the_same_moment_count_once(app_on_both: App) -> None:
    room = Returns(app_on_both)
    mail = room.mail(room.reader())
    raw = postfix("x", room.back(mail), "").encode()
    came: list[str] = []

    def take() -> None:
        came.append(take_mail(room.app, raw, room.now, "lmtp").came)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(came) == ["known"] * 5 + ["recorded"]
    assert len(room.rows(Bounce)) == 1
