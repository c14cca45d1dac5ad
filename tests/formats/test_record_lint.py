"""What an editor is told about a record that is read all the same."""

from collections.abc import Iterable
from typing import Any

import pytest
from documents import NOW, RICH, only

from digest.formats import lint
from digest.models.record import EventRecord
from digest.models.words import CATEGORIES, INTEREST_KINDS, Certainty, ScenarioKind, Status


def warnings(**fields: Any) -> tuple[str, ...]:
    sound = {
        "id": "e",
        "headline": "Quay reopens",
        "sources": [{"publisher": "Post"}],
        "reported_at": "2026-03-05T07:00:00Z",
    }
    return lint(EventRecord.model_validate({**sound, **fields}), now=NOW)


def test_a_sound_record_has_no_warning() -> None:
    assert warnings() == ()


def test_a_lost_link_is_noticed_where_it_stood() -> None:
    (warning,) = warnings(body=["Fine, here.", "The fleet's capacity , and the talks ; at last."])[
        :1
    ]
    assert warning.startswith("A link may have been lost in the text, paragraph 2: “")
    assert len(warnings(takeaway="Talks ; at last.")) == 1
    assert warnings(takeaway="Enfin ; tout va.", lang="fr-FR") == ()


def test_a_missing_source_is_noticed() -> None:
    assert warnings(sources=[]) == ("No source is named.",)


def test_a_scenario_without_a_horizon_is_noticed() -> None:
    assert warnings(scenarios=[{"kind": "risk", "text": "It closes again."}]) == (
        "The scenario “It closes again.” has no horizon.",
    )


def test_a_position_newer_than_the_event_is_noticed() -> None:
    perspective = {"actor": "Navy", "text": "Silence.", "as_of": "2026-06-04T11:25:00Z"}
    assert warnings(perspectives=[perspective]) == (
        "The position of Navy is newer (4 June 2026) than the event (5 March 2026); "
        "its as-of date will be shown.",
    )
    assert warnings(perspectives=[{**perspective, "as_of": "2026-03-05T23:00:00Z"}]) == ()
    assert warnings(perspectives=[{**perspective, "as_of": None}]) == (
        "The position of Navy does not say as of when.",
    )


def test_a_date_still_to_come_is_noticed_but_an_embargo_is_not() -> None:
    (warning,) = warnings(occurred_at="2026-07-01T00:00:00Z")
    assert warning == "It says that it occurred on 1 July 2026, which is still to come."
    assert warnings(visible_at="2026-07-01T00:00:00Z") == ()
    assert warnings(updated_at="2026-06-05T12:30:00Z") == ()  # clocks differ a little


def test_a_headline_too_long_is_noticed() -> None:
    assert warnings(headline="x" * 160) == ()
    assert "161 characters" in warnings(headline="x" * 161)[0]


@pytest.mark.parametrize(
    ("fields", "word", "words"),
    [
        ({"category": "Gardening"}, "category “Gardening”", CATEGORIES),
        ({"status": "simmering"}, "status “simmering”", Status),
        ({"certainty": "maybe"}, "certainty “maybe”", Certainty),
        (
            {"interests": [{"name": "X", "kind": "thing"}]},
            "kind of interest “thing”",
            INTEREST_KINDS,
        ),
        (
            {"scenarios": [{"kind": "hunch", "text": "t", "horizon": "short"}]},
            "kind of scenario “hunch”",
            ScenarioKind,
        ),
    ],
)
def test_an_unknown_word_is_noticed_and_ours_are_listed(
    fields: dict[str, Any], word: str, words: Iterable[str]
) -> None:
    assert warnings(**fields) == (
        f"The {word} is not in our list ({', '.join(words)}); it is shown as it is.",
    )


def test_known_words_are_known_in_any_case() -> None:
    assert warnings(category="Conflict", status="Developing", certainty="LIKELY") == ()


def test_the_rich_sample_gets_its_warnings_once_each() -> None:
    found = lint(only(RICH), now=NOW)
    assert len(found) == len(set(found)) == 3


def test_a_link_of_an_unknown_direction_is_kept_and_warned_of() -> None:
    link = {"direction": "sideways", "title": "The quay closes"}
    assert warnings(links=[link]) == (
        "The link “The quay closes” is neither a cause nor an effect (“sideways”);"
        " it is kept and not shown.",
    )
    assert only({"headline": "Quay reopens", "links": [link]}).links[0].direction == "sideways"


def test_an_unknown_precision_of_time_is_kept_and_warned_of() -> None:
    assert warnings(time_precision="hour") == (
        "The time precision “hour” is not in our list; only the day is shown.",
    )
    assert only({"headline": "Quay reopens", "time_precision": "hour"}).time_precision == "hour"


def test_a_correction_of_a_field_that_no_event_has_is_warned_of() -> None:
    error = {"wrong": "Two piers.", "right": "One pier."}
    unknown = "The field “{}” of the correction is not known; it is read as if it named none. "
    assert warnings(correction={**error, "field": "stanfirst"}) == (
        unknown.format("stanfirst") + "Did you mean standfirst?",
    )
    assert warnings(correction={**error, "field": "lede"}) == (
        unknown.format("lede")
        + "It may be headline, standfirst, takeaway, body, or any other field of an event.",
    )
    for field in (None, "standfirst", "severity", "assertions"):
        assert warnings(correction={**error, "field": field}) == ()
