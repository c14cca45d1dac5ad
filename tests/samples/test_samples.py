"""The sample news: complete, consistent, current on any day, and original."""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from digest import samples
from digest.models.record import EventRecord
from digest.models.words import Certainty, Confidence, Horizon, ScenarioKind, Status
from digest.render.words import LABELS

DAY = date(2027, 3, 2)  # four days before it lie in another month
SHARED = Path(__file__).parents[3] / "shared" / "data"

MORNING = samples.records(DAY)
ALERT = [samples.breaking(DAY), samples.update(DAY), samples.correction(DAY)]
EVERYTHING = [*MORNING, *ALERT, samples.overtaken(DAY)]
RICH = [record for record in EVERYTHING if record.takeaway]

by_record = pytest.mark.parametrize(
    "record",
    EVERYTHING,
    ids=[f"{record.id}@{samples.written_at(record):%dT%H%M}" for record in EVERYTHING],
)


def at(offset: int, hours: int, minutes: int = 0) -> datetime:
    return datetime.combine(DAY + timedelta(days=offset), time(hours, minutes), tzinfo=UTC)


def texts(record: EventRecord) -> Iterator[tuple[str, str]]:
    """Every sentence that a reader may see, with the field it stands in."""
    yield "headline", record.headline
    for name in ("standfirst", "takeaway", "significance"):
        if text := getattr(record, name):
            yield name, text
    yield from (("body", text) for text in record.body)
    yield from (("analyses." + one.section, one.text) for one in record.analyses)
    yield from (("scenarios", one.text) for one in record.assertions)
    yield from (("perspectives", one.text) for one in record.perspectives)
    yield from (("links", one.significance) for one in record.links if one.significance)
    if record.update:
        yield "update", record.update.title
    if record.correction:
        yield "correction", record.correction.wrong
        yield "correction", record.correction.right
        yield "correction", record.correction.why or ""
    if record.retraction:
        yield "retraction", record.retraction.reason


def raw(name: str) -> Any:
    return json.loads((resources.files(samples) / f"{name}.json").read_text(encoding="utf-8"))


# --- the world as a whole ---------------------------------------------------------------------


def test_there_are_at_least_three_stories_and_thirty_events_over_five_days():
    assert len({record.story.slug for record in MORNING if record.story}) >= 3
    assert len({record.id for record in MORNING}) >= 30
    assert {samples.written_at(r).date() for r in MORNING} == {
        DAY + timedelta(days=offset) for offset in range(-4, 1)
    }


def test_categories_severities_and_states_are_mixed():
    assert {"conflict", "diplomacy", "disaster", "economy", "law", "health"} <= {
        record.category for record in MORNING
    }
    assert {record.severity for record in MORNING} == {None, 1, 2, 3, 4}
    assert {record.id for record in EVERYTHING if record.severity == 5} == {ALERT[0].id}
    assert {record.status for record in RICH} == set(Status)
    assert {record.certainty for record in RICH} == set(Certainty) - {Certainty.UNKNOWN}
    assert {record.category for record in EVERYTHING if record.category} <= set(LABELS["category"])


def test_scenarios_use_every_kind_horizon_and_confidence():
    told = [one for record in EVERYTHING for one in record.assertions]

    assert {one.kind for one in told} == set(ScenarioKind)
    assert {one.horizon for one in told} == set(Horizon)
    assert {one.confidence for one in told} == set(Confidence)
    assert {one.state for one in told} == {None, "materialised", "contradicted", "withdrawn"}


def test_some_records_are_as_thin_as_most_real_ones():
    thin = [record for record in MORNING if not record.takeaway]

    assert len(thin) >= 5
    for record in thin:
        assert record.headline
        assert record.body
        assert record.sources
        assert not any((record.severity, record.assertions, record.standfirst))


def test_analyses_name_every_section_and_sources_a_carrier():
    assert {one.section for record in RICH for one in record.analyses} == {
        "plain_english",
        "synthesis",
        "root_causes",
        "escalation",
    }
    assert any(source.via for record in MORNING for source in record.sources)
    assert any(len(record.publishers) >= 3 for record in MORNING)


# --- what happens over the days ----------------------------------------------------------------


def revisions(id: str) -> list[EventRecord]:
    return [record for record in EVERYTHING if record.id == id]


def test_one_event_escalates():
    first, second = revisions("rs-mines-adrift")

    assert (first.severity, second.severity) == (3, 4)
    assert first.reported_at == second.reported_at


def test_one_event_is_corrected_and_one_retracted_before_the_morning():
    corrected = [record for record in MORNING if record.correction]
    retracted = [record for record in MORNING if record.retraction]

    assert [record.id for record in corrected] == ["sg-gaya-flood"]
    assert [record.id for record in retracted] == ["sg-second-shipment"]
    for record in corrected + retracted:
        earlier = revisions(record.id)[0]
        assert samples.written_at(earlier) < samples.written_at(record)
        assert not earlier.correction
        assert not earlier.retraction


def test_one_change_is_too_small_to_tell():
    first, second = revisions("el-lamu-berths")

    assert second.minor
    assert (first.headline, first.takeaway) == (second.headline, second.takeaway)


def test_one_event_became_visible_long_after_it_happened():
    (late,) = revisions("el-fishing-patrols")

    assert late.visible_at - late.occurred_at > timedelta(days=2)


def test_the_alert_is_broken_updated_and_corrected_in_one_afternoon():
    broken, updated, corrected = ALERT

    assert {record.id for record in ALERT} == {"cc-bedeni-explosion"}
    assert [record.severity for record in ALERT] == [5, 5, 4]
    assert [record.visible_at for record in ALERT] == [at(0, 14, 2), at(0, 14, 40), at(0, 16, 40)]
    assert broken.breaking
    assert len(updated.publishers) > len(broken.publishers)
    assert updated.correction is None
    assert corrected.correction is not None
    assert corrected.correction.wrong
    assert corrected.correction.right
    assert corrected.correction.why


def history(story: str, key: str) -> list[tuple[str | None, str | None, str | None]]:
    """(horizon, confidence, stated transition) of a Scenario, in the order of assertion."""
    return [
        (one.horizon, one.confidence, one.state)
        for record in EVERYTHING
        if record.story and record.story.slug == story
        for one in record.assertions
        if one.scenario == key
    ]


def test_a_scenario_is_raised_and_then_materialises():
    assert history("red-sea-shipping", "cover-withdrawn") == [
        ("short", "suggested", None),
        ("immediate", "assessed", None),
        ("immediate", "reported", "materialised"),
    ]
    assert [state for _, _, state in history("caucasus-corridor", "gas-stop")] == [
        None,
        None,
        None,
        "materialised",
        "materialised",
        "materialised",
    ]


def test_a_scenario_is_raised_and_then_lowered():
    horizons = [horizon for horizon, _, _ in history("red-sea-shipping", "lane-closed")]

    assert horizons == ["short", "short", "immediate", "medium"]


def test_a_scenario_is_contradicted_and_one_withdrawn_with_its_event():
    assert history("arctic-cable", "deliberate")[-1][2] == "contradicted"
    assert history("sahel-grain", "grain-recall")[-1][2] == "withdrawn"


def test_what_the_alert_overtook_is_told_anew_and_its_hope_is_gone():
    ordered, dropped = revisions("cc-bedeni-inspection")

    assert ALERT[-1].visible_at < dropped.visible_at
    assert (ordered.status, dropped.status) == ("developing", "concluded")
    assert history("caucasus-corridor", "planned-stop")[-1][2] == "contradicted"
    assert dropped.id not in {link.event for record in ALERT for link in record.links}


def test_a_scenario_for_the_next_days_is_never_heard_of_again():
    assert history("caucasus-corridor", "customs-dispute") == [("immediate", "suggested", None)]


def test_a_scenario_keeps_its_kind():
    kinds = defaultdict(set)
    for record in EVERYTHING:
        for one in record.assertions:
            if one.scenario:
                kinds[record.story.slug, one.scenario].add(one.kind)

    assert all(len(found) == 1 for found in kinds.values())


def test_an_actor_changes_its_mind_over_the_days():
    eritrea = [one for record in MORNING for one in record.perspectives if one.actor == "Eritrea"]

    assert len({one.text for one in eritrea}) == 2
    assert eritrea[0].as_of.date() < eritrea[1].as_of.date()
    assert len({one.actor for record in MORNING for one in record.perspectives}) >= 12


# --- time --------------------------------------------------------------------------------------


def test_the_morning_lies_before_the_first_digest_and_the_alert_after():
    written = [samples.written_at(record) for record in MORNING]

    assert written == sorted(written)
    assert at(-4, 0) <= written[0]
    assert written[-1] <= at(0, 2)
    assert all(at(0, 13) < samples.written_at(record) < at(0, 17) for record in ALERT)


@by_record
def test_nothing_is_known_before_it_is_written(record: EventRecord):
    written = samples.written_at(record)
    clocks = [record.occurred_at, record.reported_at, record.updated_at, record.visible_at]

    known = [clock for clock in clocks if clock]
    assert known == sorted(known)
    assert all(one.as_of <= written for one in record.perspectives)
    assert all(source.published_on <= written.date() for source in record.sources)
    assert all(clock.tzinfo is UTC for clock in known)


def test_an_earlier_morning_can_be_played_first():
    earlier = samples.records(DAY, before=at(-1, 6))

    assert earlier == MORNING[: len(earlier)]
    assert 0 < len(earlier) < len(MORNING)
    assert all(samples.written_at(record) < at(-1, 6) for record in earlier)


def test_the_same_news_comes_on_any_day():
    leap = samples.records(date(2028, 3, 1))

    assert [record.id for record in leap] == [record.id for record in MORNING]
    shift = date(2028, 3, 1) - DAY
    assert [record.reported_at - shift for record in leap] == [r.reported_at for r in MORNING]


def test_days_in_texts_follow_the_demo_day():
    (found,) = [record for record in MORNING if record.id == "sg-convoy-dori"]
    assert "leaves Téra on Thursday." in found.body[-1]

    (found,) = [record for record in MORNING if record.id == "cc-first-train"]
    assert "from 11 March" in found.standfirst


@pytest.mark.parametrize("name", [*samples.STORIES, samples.ALERT])
def test_no_text_names_a_day_month_or_season_of_its_own(name: str):
    named = re.compile(
        r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b20\d\d\b|\b(?:January|February|March"
        r"|April|June|July|August|September|October|November|December|winter|summer|autumn)\b"
    )

    assert not named.search(json.dumps(raw(name), ensure_ascii=False))


# --- every reference leads somewhere -------------------------------------------------------------


@by_record
def test_causes_and_effects_were_told_before(record: EventRecord):
    for link in record.links:
        others = [
            other
            for other in EVERYTHING
            if other.id == link.event and samples.written_at(other) < samples.written_at(record)
        ]
        assert link.event != record.id
        assert link.title in {other.headline for other in others}
        assert link.significance


def test_links_run_in_both_directions():
    assert {link.direction for r in MORNING for link in r.links} == {"cause", "effect"}


@by_record
def test_references_name_an_event_of_the_same_update(record: EventRecord):
    for reference in record.references:
        (found,) = {
            other.id
            for other in EVERYTHING
            if (other.story, other.update, other.number)
            == (record.story, record.update, reference.number)
        }
        assert found != record.id
        assert any(
            where.startswith(reference.where) and reference.label in text
            for where, text in texts(record)
        )


@by_record
def test_every_reference_in_a_text_is_declared(record: EventRecord):
    written = {found for _, text in texts(record) for found in re.findall(r"Event \d+", text)}

    assert written == {reference.label for reference in record.references}


def test_events_are_numbered_without_gaps_within_their_update():
    numbers = defaultdict(set)
    titles = defaultdict(set)
    for record in EVERYTHING:
        if record.update:
            numbers[record.story.slug, record.update.number].add(record.number)
            titles[record.story.slug, record.update.number].add(record.update.title)

    assert all(found == set(range(1, len(found) + 1)) for found in numbers.values())
    assert all(len(found) == 1 for found in titles.values())
    for slug in {slug for slug, _ in numbers}:
        of_story = sorted(number for other, number in numbers if other == slug)
        assert of_story == list(range(of_story[0], of_story[-1] + 1))


@by_record
def test_one_source_is_first_and_addresses_lead_nowhere(record: EventRecord):
    assert sum(source.first for source in record.sources) <= 1
    urls = [record.url, *(source.url for source in record.sources)]
    assert all(re.match(r"https://\w+\.example/", url) for url in urls if url)


# --- form ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*samples.STORIES, samples.ALERT])
def test_no_key_is_misspelt(name: str):
    for entry in raw(name):
        record = EventRecord.model_validate(samples._shift(entry, DAY))
        assert shape(record.model_dump(by_alias=True, exclude_unset=True)) == shape(entry)


def shape(value: Any) -> Any:
    """Keys and sizes of a document, without its values."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [shape(part) for part in value]
    return None


@by_record
def test_texts_keep_to_their_lengths(record: EventRecord):
    assert len(record.headline) <= 110
    assert len((record.takeaway or "").split()) <= 60
    assert all(len(text) <= 700 for _, text in texts(record))
    if record in RICH:
        assert 2 <= len(record.body) <= 4
        assert record.standfirst
        assert record.assertions


@by_record
def test_the_prose_is_clean(record: EventRecord):
    for where, text in texts(record):
        assert text == text.strip(), (where, text)
        assert not re.search(r"[—–{}\"'`]|--|\.\.|  ", text), (where, text)
        assert not re.search(r"\s[,.;:!?)’]|\(\s|,,", text), (where, text)
        assert not re.search(r"[,;:](?=[A-Za-z])", text), (where, text)
        assert not re.search(r"\b(\w+) \1\b", text), (where, text)
        if where not in ("headline", "update"):
            assert re.search(r"[.?]’?$", text), (where, text)
            assert text[0].isupper() or text[0] in "‘", (where, text)
        else:
            assert not text.endswith("."), (where, text)


def test_no_two_fields_say_the_same():
    for record in EVERYTHING:
        said = [record.headline, record.standfirst, record.takeaway, record.significance]
        assert len({text for text in said if text}) == sum(bool(text) for text in said)


# --- origin --------------------------------------------------------------------------------------

RUN = 8  # so many words in a row are a copy


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.casefold().replace("’", "'"))
    return set(zip(*(words[start:] for start in range(RUN)), strict=False))


def documents(folder: Path) -> Iterator[str]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        opener = gzip.open if path.suffix == ".gz" else partial(open)
        with opener(path, "rt", encoding="utf-8", errors="replace") as file:
            yield from file


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data is not beside this checkout")
def test_no_sentence_is_taken_from_the_real_data():
    ours = set[tuple[str, ...]]().union(*(runs(text) for r in EVERYTHING for _, text in texts(r)))
    assert len(ours) > 3_000

    for line in documents(SHARED):
        assert not runs(line) & ours, line[:200]
