"""The sentences that all Channels share, in the reader's words, hours and language."""

from datetime import timedelta

import pytest
from builders import AT, make_bare_item, make_changed_item, make_digest, make_item

from digest.models.content import Change, Reason, ScenarioLine, SourceLine, Told
from digest.render.phrases import Phrases

EN = Phrases(make_digest())


def test_the_kicker_names_what_where_and_how_settled() -> None:
    assert EN.kicker(make_item()) == "Conflict · Persian Gulf · Developing"


@pytest.mark.parametrize("phrase", [EN.kicker, EN.sources, EN.changes])
def test_what_is_not_known_has_no_label(phrase) -> None:
    assert phrase(make_bare_item()) == ""


def test_nothing_left_out_says_nothing() -> None:
    assert EN.counts(make_digest(left_out=())) == ""


def test_counts_say_why_each_was_left_out() -> None:
    assert EN.counts(make_digest()) == (
        "12 matched, 7 shown, 3 told before and unchanged, 2 below your threshold"
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            ScenarioLine(kind="risk", horizon="short", confidence="suggested", text="x"),
            "Risk (short term, suggested)",
        ),
        (ScenarioLine(kind="meaning", text="x"), "Meaning"),
        (ScenarioLine(kind="wild_card", horizon="decades", text="x"), "wild card (decades)"),
    ],
)
def test_a_scenario_says_its_kind_horizon_and_confidence_in_words(line, text) -> None:
    assert EN.scenario_label(line) == text


def test_sources_name_the_first_reporter_and_count_the_rest() -> None:
    publishers = ("Axios", "CNN", "Reuters", "AFP", "dpa", "CNN")
    item = make_item(sources=tuple(SourceLine(publisher=name) for name in publishers))
    assert EN.sources(item) == ("First reported by Axios, 4 March; also CNN, Reuters and 2 more")


def test_why_names_the_follow_and_the_way_there() -> None:
    reasons = (
        Reason(follow="Sahel", kind="region", slug="sahel", via="Mali"),
        Reason(follow="diplomacy", kind="topic", slug="diplomacy"),
    )
    assert EN.why(make_item(reasons=reasons)) == "Because you follow Sahel (Mali) and diplomacy."


@pytest.mark.parametrize(
    ("age", "since"),
    [(timedelta(hours=2), "05:00"), (timedelta(days=2), "Tuesday"), (timedelta(days=9), "24 Feb")],
)
def test_changes_count_from_when_this_reader_heard_of_it(age: timedelta, since: str) -> None:
    item = make_changed_item(told=Told(at=AT - age, revision=1))
    assert EN.changes(item).startswith(f"Since {since}")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change(field="severity", was="3", now="4"), "severity 3 → 4"),
        (
            Change(field="status", was="developing", now="confirmed"),
            "status developing → confirmed",
        ),
        (Change(field="sources", now="1"), "1 more source"),
        (Change(field="scenarios", now="2"), "2 more scenarios"),
        (Change(field="sources", now="some"), "new sources"),
        (Change(field="headline", was="a", now="b"), "new headline"),
        (Change(field="mood_of_crowd", now="b"), "new mood of crowd"),
    ],
)
def test_a_change_is_said_in_a_few_words(change: Change, text: str) -> None:
    assert EN.change(change) == text


def test_an_arrow_points_where_the_reader_reads() -> None:
    severity = Change(field="severity", was="3", now="4")
    assert "3 ← 4" in Phrases(make_digest(locale="ar")).change(severity)


def test_a_channel_may_shield_the_names_that_a_phrase_quotes() -> None:
    shielded = Phrases(make_digest(), lambda name: f"[{name}]")
    item = make_item(sources=(SourceLine(publisher="Axios"),))
    assert shielded.sources(item) == "First reported by [Axios], 4 March"
    assert shielded.why(item) == "Because you follow [Persian Gulf]."
    assert shielded.follows(make_digest().follows) == "[Persian Gulf], [Turkey], [Sahel]"
