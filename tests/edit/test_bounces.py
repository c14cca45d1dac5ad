"""What bounces mean: the kinds, the score that decays, the rate of complaints."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edit.bounces import (
    THRESHOLD,
    Complaints,
    Told,
    agreed,
    kind_of,
    score,
    status_of,
    verdict,
)
from digest.models.words import BounceKind

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
TO = "maria@example.com"


@pytest.mark.parametrize(
    ("stated", "words", "status", "kind"),
    [
        ("5.1.1", "", "5.1.1", "hard"),
        ("5.1.10", "RecipientNotFound", "5.1.10", "hard"),
        ("5.2.1", "mailbox disabled", "5.2.1", "hard"),
        ("5.2.1", "receiving mail at a rate that prevents", "5.2.1", "soft"),
        ("5.2.2", "over quota", "5.2.2", "soft"),
        ("4.2.2", "", "4.2.2", "soft"),
        ("4.4.7", "", "4.4.7", "soft"),
        ("5.4.4", "Host not found", "5.4.4", "soft"),
        ("5.7.1", "no such user here, go away", "5.7.1", "policy"),
        ("5.7.26", "", "5.7.26", "policy"),
        ("5.1.8", "bad sender's system address", "5.1.8", "policy"),
        ("5.3.4", "message too big", "5.3.4", "policy"),
        ("5.6.0", "", "5.6.0", "policy"),
        ("5.0.0", "smtp; 550 5.1.1 no such user", "5.1.1", "hard"),
        ("5.0.0", "smtp; 550 No such user here", "5.0.0", "hard"),
        ("5.0.0", "550 Message rejected as spam by our policy", "5.0.0", "policy"),
        ("5.0.0", "552 mailbox is full", "5.0.0", "soft"),
        ("5.0.0", "554 transaction failed", "5.0.0", "soft"),
        ("", "550 User unknown", "5.0.0", "hard"),
        ("", "421 try later", "4.0.0", "soft"),
        ("", "it didn't work", "", "unknown"),
        ("", "", "", "unknown"),
        ("none at all", "192.0.2.5.1.1", "", "unknown"),
    ],
)
def test_the_kind_follows_the_status_and_else_the_words(
    stated: str, words: str, status: str, kind: str
) -> None:
    assert status_of(stated, words) == status
    assert kind_of(status, words) == kind


@given(st.from_regex(r"5\.7\.\d{1,3}", fullmatch=True), st.text())
def test_policy_is_never_laid_at_the_address_door(status: str, words: str) -> None:
    assert kind_of(status, words) is BounceKind.POLICY


@given(st.text(), st.text())
def test_whatever_a_server_says_there_is_an_answer(status: str, words: str) -> None:
    assert kind_of(status_of(status, words), words) in BounceKind


def told(address: str, action: str, status: str = "5.1.1") -> Told:
    return Told(address, action, status, "")


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        ([told(TO, "failed")], "hard"),
        ([told(TO.upper(), "failed"), told("x@y.example", "delivered")], "hard"),
        ([told(TO, "delayed", "4.4.1")], None),
        ([told("old@y.example", "failed")], "hard"),
        ([told("old@y.example", "failed"), told("new@y.example", "relayed")], None),
        ([told("a@y.example", "failed"), told("b@y.example", "failed", "4.2.2")], "soft"),
        ([told("a@y.example", "failed"), told("b@y.example", "failed", "5.7.1")], "policy"),
        ([told(TO, "")], None),
        ([], None),
    ],
)
def test_one_mail_has_one_verdict_however_many_the_report_names(
    report: list[Told], kind: str | None
) -> None:
    found = verdict(report, TO)
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("stated", "own", "status", "kind"),
    [
        ("complaint", "hard", "5.1.1", "complaint"),
        ("hard", "hard", "5.1.1", "hard"),
        ("hard", "policy", "5.7.1", "policy"),
        ("policy", "hard", "5.1.1", "policy"),
        ("hard", "soft", "4.4.7", "soft"),
        ("soft", "hard", "5.1.1", "soft"),
        ("hard", "soft", "5.0.0", "hard"),
        ("hard", "unknown", "", "hard"),
        ("unknown", "hard", "5.1.1", "hard"),
        ("unknown", "unknown", "", "unknown"),
    ],
)
def test_a_mail_service_and_the_words_it_quotes_have_to_agree(
    stated: str, own: str, status: str, kind: str
) -> None:
    assert agreed(BounceKind(stated), BounceKind(own), status) == kind


def days(*numbers: float) -> list[datetime]:
    return [NOON - timedelta(days=number) for number in numbers]


def test_a_daily_digest_is_suppressed_on_its_sixth_day_a_weekly_one_in_its_ninth_week() -> None:
    assert score(days(*range(5)), None, NOON) < THRESHOLD <= score(days(*range(6)), None, NOON)
    weeks = [7 * n for n in range(9)]
    assert score(days(*weeks[:8]), None, NOON) < THRESHOLD <= score(days(*weeks), None, NOON)


def test_a_day_counts_once_and_half_as_much_after_thirty_days() -> None:
    assert score(days(0, 0.1, 0.2), None, NOON) == pytest.approx(1, abs=0.01)
    assert score(days(30), None, NOON) == pytest.approx(0.5)
    assert score(days(180, 400), None, NOON) == 0


def test_a_mail_that_arrived_later_ends_what_was() -> None:
    assert score(days(*range(2, 8)), NOON - timedelta(days=1), NOON) == 0
    assert score(days(1, 5, 6), NOON - timedelta(days=3), NOON) == pytest.approx(0.977, abs=0.01)


@pytest.mark.parametrize(
    ("complaints", "mails", "warns", "stops"),
    [
        (0, 0, False, False),
        (1, 10, True, False),  # few mails count as a thousand
        (2, 10, True, False),
        (3, 10, True, True),
        (9, 10_000, False, False),
        (10, 10_000, True, False),
        (29, 10_000, True, False),
        (30, 10_000, True, True),
    ],
)
def test_complaints_warn_at_a_tenth_of_a_percent_and_stop_at_three(
    complaints: int, mails: int, warns: bool, stops: bool
) -> None:
    found = Complaints(complaints, mails)
    assert (found.warns, found.stops) == (warns, stops)
