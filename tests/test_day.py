"""Days in fast time: one digest a reader and local date, nothing missed and nothing twice, whatever
clocks do and whoever is away. `./run bench day` does the same for 10,000 readers.

That the proof would find what it looks for is proved by days that are tampered with, and by
planners and senders that do something wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bench import stage
from bench.day import crowd, run
from bench.day.almanac import Almanac
from bench.day.boxes import Arrived
from bench.day.proof import Day
from databases import Server, on, set_up_copy

from digest.channels.base import Channel
from digest.models.words import DeliveryState
from digest.render.environment import Templates
from digest.services.app import App
from digest.services.planning import groups, occasions
from digest.services.sending import outcomes
from digest.store.deliveries import Result

READERS, ALIKE = 150, 10
FEW = len(crowd.ZONES)
TICK = timedelta(minutes=30)
LONG_NIGHT, PROVIDERS_AWAY = run.SCENES[2], run.SCENES[4]
OFTEN, RARELY = timedelta(hours=2), timedelta(hours=3)
SHORT = run.Scene(
    "clocks go back in Europe, and soon after it an outage",
    LONG_NIGHT.day,
    (run.away("2026-10-25 03:00", 120),),
    dawn=timedelta(hours=-12),
    dusk=timedelta(hours=9),
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def channels() -> Mapping[str, Channel]:
    """Templates are compiled when something is first rendered."""
    return stage.channels(Templates())


@pytest.fixture(scope="module")
def night(
    tmp_path_factory: pytest.TempPathFactory, channels: Mapping[str, Channel]
) -> Iterator[Day]:
    """Clocks go back in Europe while the service is down for nine hours; in the morning it crashes
    while it sends."""
    with set_up_copy(tmp_path_factory.mktemp("night")) as app:
        app.channels = channels
        yield run.lived(app, LONG_NIGHT, READERS, TICK, alike=ALIKE, every=OFTEN)


# What must hold --------------------------------------------------------------------------------


def test_through_a_night_with_outages_everybody_is_told_once(night: Day) -> None:
    assert night.faults() == []


def test_all_that_is_promised_was_looked_at(night: Day) -> None:
    night.faults()
    least = {
        "digests due": READERS,
        "digests edition": READERS,
        "late digests": READERS // 10,
        "news told": 2 * READERS,
        "alerts at once": READERS // 20,
        "readers who moved": 5,
    }
    assert {what: night.checked[what] for what in least if night.checked[what] < least[what]} == {}


@pytest.mark.postgres
def test_while_providers_are_away_everybody_is_told_once_when_they_are_back(
    postgres_server: Server, postgres_template: str, channels: Mapping[str, Channel]
) -> None:
    with postgres_server.database(postgres_template) as url, on(url) as app:
        app.channels = channels
        assert run.lived(app, PROVIDERS_AWAY, 2 * FEW, TICK, every=RARELY).faults() == []


# That the proof finds faults -------------------------------------------------------------------


@pytest.fixture(scope="module")
def part(night: Day) -> Day:
    """What came of some readers: enough to be tampered with."""
    some = night.crowd[:FEW]
    theirs = {where for one in some for where in one.addresses}
    arrived = [one for one in night.arrived if (one.channel, one.address) in theirs]
    return replace(night, crowd=some, arrived=arrived)


def _digests(day: Day) -> list[Arrived]:
    still = {where for one in day.crowd if one.whim is None for where in one.addresses}
    return [
        one for one in day.arrived if one.kind == "digest" and (one.channel, one.address) in still
    ]


def _lost(day: Day) -> Sequence[Arrived]:
    first = _digests(day)[0]
    return [one for one in day.arrived if one is not first]


def _twice(day: Day) -> Sequence[Arrived]:
    return [*day.arrived, _digests(day)[0]]


def _in_another_digest_too(day: Day) -> Sequence[Arrived]:
    first = _digests(day)[0]
    other = next(
        one for one in _digests(day) if one.address == first.address and one.slot != first.slot
    )
    return [
        replace(one, told=one.told + first.told) if one is other else one for one in day.arrived
    ]


def _empty(day: Day) -> Sequence[Arrived]:
    first = _digests(day)[0]
    return [replace(one, told=()) if one is first else one for one in day.arrived]


def _not_sorry(day: Day) -> Sequence[Arrived]:
    return [replace(one, late=False) for one in day.arrived]


def _an_hour_early(day: Day) -> Sequence[Arrived]:
    first = _digests(day)[0]
    return [
        replace(one, at=one.at - timedelta(hours=1)) if one is first else one for one in day.arrived
    ]


def _no_alerts(day: Day) -> Sequence[Arrived]:
    return [one for one in day.arrived if one.kind == "digest"]


@pytest.mark.parametrize(
    ("tampered", "found"),
    [
        (_lost, "0 messages to"),
        (_twice, "2 messages to"),
        (_in_another_digest_too, "{'digest': 2} times to"),
        (_empty, "never came to"),
        (_not_sorry, "late is False"),
        (_an_hour_early, " came "),
        (_no_alerts, " came to "),
    ],
)
def test_a_day_that_was_tampered_with_is_not_proved(
    part: Day, tampered: Callable[[Day], Sequence[Arrived]], found: str
) -> None:
    faults = replace(part, arrived=tampered(part)).faults()
    assert any(found in one for one in faults)


def _second_hour(day: date, at: time, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tz).replace(fold=1).astimezone(UTC)


def _without_kathmandu(schedule: Any, now: datetime, last: Any = None) -> Any:
    if schedule.zone == "Asia/Kathmandu":
        return None, None
    return occasions.due_dates(schedule, now, last)


def _never_recorded(delivery: Any, message: Any, receipt: Any, now: datetime) -> Result:
    found = _accepted(delivery, message, receipt, now)
    return replace(found, state=DeliveryState.RETRY, not_before=now + 20 * TICK)


_accepted = outcomes.accepted


@pytest.mark.parametrize(
    ("where", "name", "wrong", "found"),
    [
        (occasions, "instant_of", _second_hour, "Europe/"),
        (groups, "due_dates", _without_kathmandu, "Asia/Kathmandu"),
        (outcomes, "accepted", _never_recorded, "messages to"),
    ],
    ids=["the second of two hours", "a zone left out", "not recorded"],
)
def test_a_service_that_does_something_wrong_is_found_out(
    app_on_sqlite: App,
    channels: Mapping[str, Channel],
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    wrong: Any,
    found: str,
) -> None:
    monkeypatch.setattr(where, name, wrong)
    monkeypatch.setattr(crowd, "HOURS", (time(1, 30),))  # comes twice in London
    app_on_sqlite.channels = channels
    day = run.lived(app_on_sqlite, SHORT, 2 * FEW, TICK, every=RARELY)
    assert any(found in one for one in day.faults())


# The almanac -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "at", "day", "due"),
    [
        ("Europe/London", "07:00", "2026-03-28", "2026-03-28T07:00"),
        ("Europe/London", "07:00", "2026-03-29", "2026-03-29T06:00"),
        ("Europe/London", "01:30", "2026-03-29", "2026-03-29T01:00"),  # skipped
        ("Europe/London", "01:30", "2026-10-25", "2026-10-25T00:30"),  # comes twice
        ("Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-04T14:45"),
        ("Asia/Beirut", "00:00", "2026-03-29", "2026-03-28T22:00"),
    ],
)
def test_the_almanac_s_hours_are_those_of_the_tables_of_time_zones(
    zone: str, at: str, day: str, due: str
) -> None:
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    almanac = Almanac(middle - timedelta(days=3), middle + timedelta(days=3))
    found = almanac.dues(zone, time.fromisoformat(at))[date.fromisoformat(day)]
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)
