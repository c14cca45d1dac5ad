"""One pass over all that is due."""

from collections import Counter
from datetime import UTC, datetime

from digest.services.run import Report


def test_a_message_that_goes_out_at_the_second_try_counts_once() -> None:
    report = Report(datetime(2026, 3, 5, tzinfo=UTC))
    report.deliveries = Counter({("alert", "slack", "sent"): 6, ("alert", "slack", "retry"): 2})

    report.tried_again(Counter({("alert", "slack", "sent"): 2}))

    assert report.deliveries == {("alert", "slack", "sent"): 8}


def test_a_second_try_that_must_wait_again_still_waits() -> None:
    report = Report(datetime(2026, 3, 5, tzinfo=UTC))
    report.deliveries = Counter({("digest", "telegram", "retry"): 1})

    report.tried_again(Counter({("digest", "telegram", "retry"): 1}))

    assert report.deliveries == {("digest", "telegram", "retry"): 1}
