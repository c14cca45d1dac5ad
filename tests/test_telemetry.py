"""What a process counts of itself."""

from digest.telemetry import ALERT_LATENCY, DELIVERIES, MOST_REASONS, Telemetry


def test_a_value_lies_in_the_first_bucket_that_holds_it() -> None:
    telemetry = Telemetry()
    bounds = ALERT_LATENCY.bounds
    telemetry.observe(ALERT_LATENCY, ("email",), (bounds[0], bounds[0] + 0.01, bounds[-1] + 1))
    _, spreads = telemetry.measured()
    counts = spreads[ALERT_LATENCY][("email",)].counts
    assert (counts[0], counts[1], counts[-1], sum(counts)) == (1, 1, 1, 3)


def test_what_was_measured_is_a_copy() -> None:
    telemetry = Telemetry()
    labels = ("email", "alert", "sent", "")
    telemetry.add(DELIVERIES, {labels: 2})
    before, _ = telemetry.measured()
    telemetry.add(DELIVERIES, {labels: 1})
    after, _ = telemetry.measured()
    assert (before[DELIVERIES][labels], after[DELIVERIES][labels]) == (2, 3)


def test_reasons_of_a_provider_are_no_endless_supply_of_labels() -> None:
    telemetry = Telemetry()
    assert telemetry.reason("550 no such user maria@example.org") == "other"
    known = {telemetry.reason(f"code_{number}") for number in range(MOST_REASONS + 50)}
    assert len(known) == MOST_REASONS + 1
    assert telemetry.reason("code_0") == "code_0", "one that is known stays known"
