"""When a record may be told."""

from datetime import timedelta

import pytest
from desk_builders import DAY, HOUR, MINUTE, NOW, event, past, record

from digest.edit.clocks import Showing, fresh_since, of_history, reported_late, showing

BACKFILL = timedelta(hours=1)


def shown(previous: Showing | None = None, **times: object) -> Showing:
    return showing(record(**times), NOW, BACKFILL, previous)


def test_without_a_time_now() -> None:
    assert shown() == Showing(NOW, history=False)


def test_what_was_just_published_is_visible_now() -> None:
    assert shown(reported_at=NOW - HOUR) == Showing(NOW, history=False)
    assert shown(reported_at=NOW + DAY) == Showing(NOW, history=False)


@pytest.mark.parametrize("clock", ["reported_at", "updated_at", "occurred_at"])
def test_what_is_older_is_history_of_its_own_time(clock: str) -> None:
    assert shown(**{clock: NOW - DAY}) == Showing(NOW - DAY, history=True)


def test_the_day_it_was_reported_counts_not_the_one_it_was_touched() -> None:
    found = shown(reported_at=NOW - 9 * DAY, updated_at=NOW - MINUTE, occurred_at=NOW - 10 * DAY)
    assert found == Showing(NOW - 9 * DAY, history=True)


def test_a_stated_hour_is_kept_and_is_no_history() -> None:
    assert shown(visible_at=NOW - DAY, reported_at=NOW - DAY) == Showing(NOW - DAY, history=False)
    assert shown(visible_at=NOW + DAY) == Showing(NOW + DAY, history=False)


def test_nothing_becomes_visible_before_the_revision_before_it() -> None:
    before = Showing(NOW - HOUR, history=False)
    assert shown(before, visible_at=NOW - DAY).visible_at == NOW - HOUR
    assert shown(before, updated_at=NOW - DAY) == Showing(NOW - HOUR, history=True)


def test_a_change_of_what_waits_for_its_hour_waits_with_it() -> None:
    """A mended typo of an embargoed text says nothing of the embargo, and must not lift it."""
    before = Showing(NOW + DAY, history=False)
    assert shown(before) == before
    assert shown(before, updated_at=NOW) == before


def test_a_change_of_something_current_is_new_now() -> None:
    before = Showing(NOW - 3 * HOUR, history=False)
    assert shown(before, reported_at=NOW - 3 * HOUR) == Showing(NOW, history=False)
    assert shown(before, updated_at=NOW - MINUTE) == Showing(NOW, history=False)


def test_a_change_of_history_is_history_unless_it_says_when_it_was_made() -> None:
    before = Showing(NOW - 9 * DAY, history=True)
    assert shown(before, reported_at=NOW - 9 * DAY) == Showing(NOW - 9 * DAY, history=True)
    assert shown(before, updated_at=NOW - MINUTE) == Showing(NOW, history=False)


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({"happened_at": NOW - 6 * HOUR}, False),
        ({"happened_at": NOW - 6 * HOUR - MINUTE}, True),
        ({"happened_at": None}, False),
        ({"happened_at": NOW - DAY, "past": past({"visible_at": NOW - DAY}, {})}, False),
        ({"happened_at": NOW - 9 * DAY, "past": past({"visible_at": NOW - DAY}, {})}, True),
    ],
)
def test_what_became_visible_long_after_it_happened_was_reported_late(changes, late) -> None:  # type: ignore[no-untyped-def]
    assert reported_late(event(**changes)) is late


@pytest.mark.parametrize(
    ("later", "hours"),
    [
        ({}, 9),
        ({"content_hash": "new words"}, 9),
        ({"severity": 4}, 1),
        ({"severity": 2}, 9),
        ({"breaking": True}, 1),
    ],
)
def test_only_what_is_raised_is_news_again(later, hours) -> None:  # type: ignore[no-untyped-def]
    first = {"visible_at": NOW - 9 * HOUR, "severity": 3}
    states = past(first, {"visible_at": NOW - HOUR} | later, {"visible_at": NOW})
    assert fresh_since(event(revision=3, past=states)) == NOW - hours * HOUR


def test_a_severity_that_rises_to_where_it_was_before_raises_nothing() -> None:
    states = past(
        {"visible_at": NOW - 9 * HOUR}, {"severity": 3}, {"severity": 4, "visible_at": NOW}
    )
    assert fresh_since(event(revision=3, past=states)) == NOW - 9 * HOUR


@pytest.mark.parametrize(
    ("later", "old"),
    [
        ({"severity": 4}, True),
        ({"severity": 5}, True),
        ({"severity": 5, "stated": 5}, False),
        ({"breaking": True}, False),
        ({"breaking": True, "history": True}, True),
    ],
)
def test_history_stays_history_until_somebody_says_that_it_matters(later, old) -> None:  # type: ignore[no-untyped-def]
    states = past({"history": True, "severity": 3}, {"history": False} | later)
    newest = states[-1]
    one = event(revision=2, severity=newest.severity, breaking=newest.breaking, past=states)
    assert of_history(one) is old
