"""When a record may be told."""

from datetime import timedelta

import pytest
from desk_builders import DAY, HOUR, MINUTE, NOW, event, record

from digest.edit.clocks import Showing, reported_late, showing

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
        ({"happened_at": NOW - DAY, "revision": 2}, False),
    ],
)
def test_what_became_visible_long_after_it_happened_was_reported_late(changes, late) -> None:  # type: ignore[no-untyped-def]
    assert reported_late(event(**changes)) is late
