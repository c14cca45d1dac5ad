"""The sample lists and subscribers: what an admin reads first, so it must be right."""

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
import yaml
from email_validator import validate_email

from digest import samples
from digest.clock import zone
from digest.models.words import Cadence, EditionKind, Role, SubscriberKind
from digest.render.environment import built_in_folder

FOLDER = built_in_folder("subscribers")
README = (FOLDER / "README.md").read_text(encoding="utf-8")
STORIES = {record.story.slug for record in samples.records(date(2026, 3, 5)) if record.story}

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FOLLOW = {
    "interest": str,
    "story": str,
    "weight": ("must", "normal", "low"),
    "role": tuple(Role),
    "from_severity": range(1, 6),
    "alerts_from": (*range(1, 6), "never"),
    "alerts_at_night_from": (*range(1, 6), "never"),
    "breaking_only": bool,
    "updates": ("all", "escalation", "none"),
    "muted": bool,
    "snoozed_until": date,
}
SCHEDULE = {
    "cadence": tuple(Cadence),
    "at": str,
    "zone": str,
    "weekdays": list,
    "quiet_hours": str,
    "quiet_break_severity": (*range(1, 6), "never"),
    "caps": dict,
    "when_nothing": ("skip", "line"),
}
LIST = {"key": str, "name": str, "about": str, "follows": list, "schedule": dict}
SUBSCRIBER = {
    "key": str,
    "name": str,
    "kind": tuple(SubscriberKind),
    "locale": str,
    "lists": list,
    "follows": list,
    "schedule": dict,
    "destinations": list,
}
CHANNELS = ("email", "slack", "telegram")


def entries(section: str) -> list[dict[str, Any]]:
    return [
        entry
        for path in sorted(FOLDER.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get(section, ())
    ]


LISTS = {entry["key"]: entry for entry in entries("lists")}
SUBSCRIBERS = {entry["key"]: entry for entry in entries("subscribers")}
ALL = [*LISTS.values(), *SUBSCRIBERS.values()]


def fits(value: object, allowed: Any) -> bool:
    return isinstance(value, allowed) if isinstance(allowed, type) else value in allowed


def follows(key: str) -> Iterator[dict[str, Any]]:
    """Follows of a subscriber and their lists, short forms written out."""
    entry = SUBSCRIBERS[key]
    for owner in (entry, *(LISTS[name] for name in entry.get("lists", ()))):
        for one in owner.get("follows", ()):
            yield {"interest": one} if isinstance(one, str) else one


def test_keys_are_unique_and_plain():
    keys = [entry["key"] for entry in entries("lists") + entries("subscribers")]

    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", key) for key in keys)


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry["key"])
def test_every_key_and_value_is_one_that_is_documented(entry: dict[str, Any]):
    known = LIST if entry["key"] in LISTS else SUBSCRIBER
    parts = [(entry, known), (entry.get("schedule", {}), SCHEDULE)]
    parts += [(one, FOLLOW) for one in entry.get("follows", ()) if isinstance(one, dict)]

    for part, allowed in parts:
        for key, value in part.items():
            assert fits(value, allowed[key]), (key, value)


@pytest.mark.parametrize("name", [*FOLLOW, *SCHEDULE, *LIST, *SUBSCRIBER, *CHANNELS])
def test_the_readme_explains(name: str):
    assert re.search(rf"`{name}`|^  - {name}:", README, re.MULTILINE)


def test_every_list_and_story_exists():
    for key, entry in SUBSCRIBERS.items():
        assert set(entry.get("lists", ())) <= set(LISTS)
        for one in follows(key):
            assert ("interest" in one) != ("story" in one)
            assert one.get("story", "sahel-grain") in STORIES


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry["key"])
def test_hours_zones_and_days_are_real(entry: dict[str, Any]):
    schedule = entry.get("schedule", {})

    zone(schedule.get("zone", "UTC"))
    time.fromisoformat(schedule.get("at", "07:00"))
    assert set(schedule.get("weekdays", WEEKDAYS)) <= set(WEEKDAYS)
    if (hours := schedule.get("quiet_hours", "none")) != "none":
        start, end = hours.split("-")
        assert time.fromisoformat(start) != time.fromisoformat(end)


def test_every_subscriber_has_somewhere_to_receive():
    for entry in SUBSCRIBERS.values():
        for destination in entry["destinations"]:
            (channel,) = set(destination) - {"kinds"}
            assert channel in CHANNELS
            assert set(destination.get("kinds", EditionKind)) <= set(EditionKind)
            if channel == "email":
                address = validate_email(destination[channel], check_deliverability=False)
                assert address.domain == "example.org"


def test_the_cast_shows_every_kind_of_reader():
    channels = [
        {channel for one in entry["destinations"] for channel in CHANNELS if channel in one}
        for entry in SUBSCRIBERS.values()
    ]
    zones = {entry["schedule"]["zone"] for entry in ALL if "zone" in entry.get("schedule", {})}

    assert channels.count({"email"}) >= 7
    assert {"slack"} in channels
    assert {"telegram"} in channels
    assert any(entry.get("kind") == "team" for entry in SUBSCRIBERS.values())
    assert any(entry.get("locale") == "ar" for entry in SUBSCRIBERS.values())
    assert len(zones) >= 8


def test_the_alert_of_the_demo_reaches_all_three_channels():
    story = samples.breaking(date(2026, 3, 5)).story.slug
    reached = {
        channel
        for key, entry in SUBSCRIBERS.items()
        if any(one.get("story") == story for one in follows(key))
        for one in entry["destinations"]
        for channel in CHANNELS
        if channel in one
    }

    assert reached == set(CHANNELS)


def test_every_sample_story_is_followed():
    assert {one["story"] for key in SUBSCRIBERS for one in follows(key) if "story" in one} == (
        STORIES
    )


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
def test_examples_in_the_readme_are_yaml(block: str):
    assert yaml.safe_load(block)
