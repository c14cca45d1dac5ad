"""What the demo says came of its messages."""

from collections import Counter
from datetime import UTC, date, datetime

from digest.demo.play import Programme
from digest.services.run import Report

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def test_a_message_that_was_tried_twice_counts_once() -> None:
    first = Report(NOW, deliveries=Counter({("alert", "slack", "retry"): 1}))
    second = Report(NOW, deliveries=Counter({("alert", "slack", "sent"): 2}))
    found = Programme(date(2026, 3, 5), reports=[first, second]).deliveries
    assert found == {("alert", "slack", "sent"): 2}
