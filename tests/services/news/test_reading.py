"""A record's text from top to bottom, with nothing said twice."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.models.record import EventRecord
from digest.services.news.reading import Reading, reading

LONG = (
    "A task force rescues two minors in an operation against dissidents in a village of the"
    " department, and arrests four militants and recovers machine guns, assault rifles,"
    " explosives, and ammunition that were hidden there."
)


def read(**fields: Any) -> Reading:
    return reading(EventRecord.model_validate({"id": "1", "headline": "A headline", **fields}))


def test_a_cut_headline_gives_way_to_the_whole_sentence() -> None:
    whole = "Two ferries collide, and forty are hurt."
    found = read(
        headline="Two ferries collide, and…", headline_derived=True, standfirst=whole, body=[whole]
    )
    assert found == Reading("Two ferries collide, and forty are hurt", "", "", ())


def test_the_text_goes_on_where_the_headline_of_a_long_sentence_stops() -> None:
    found = read(
        headline="A task force rescues two minors in…",
        headline_derived=True,
        standfirst=LONG,
        body=[f"{LONG} Nobody is hurt."],
    )
    assert found.headline.endswith("…")
    assert found.standfirst.startswith("…")
    assert found.headline[:-1].split()[-1] in LONG
    assert LONG.endswith(found.standfirst[1:])
    assert found.body == ("Nobody is hurt.",)


def test_a_headline_that_somebody_wrote_stays_above_a_text_that_begins_like_it() -> None:
    found = read(headline="Pilots stop", body=["Pilots stop work at noon.", "Pilots stop."])
    assert found.body == ("Pilots stop work at noon.",)


def test_a_standfirst_that_was_cut_from_the_body_is_left_out() -> None:
    found = read(standfirst="It began at dawn. Later the…", body=["Later the wind turned."])
    assert found.standfirst == "It began at dawn."
    assert found.body == ("Later the wind turned.",)


def test_a_takeaway_keeps_its_place_before_the_text_that_repeats_it() -> None:
    found = read(takeaway="It is shut.", standfirst="It is shut.", body=["It is shut. It rains."])
    assert (found.takeaway, found.standfirst, found.body) == ("It is shut.", "", ("It rains.",))


texts = st.lists(st.sampled_from(["One is. ", "Two are. ", "One is, and… ", "«", "\n\n", ""]))


@given(
    st.sampled_from(["One is.", "Two are.", "Two are. One…", "x"]),
    st.builds("".join, texts),
    st.builds("".join, texts),
    st.booleans(),
)
def test_nothing_is_read_twice(one: str, two: str, three: str, derived: bool) -> None:
    found = read(headline=one, standfirst=two, takeaway=three, body=[two], headline_derived=derived)
    everything = "\n".join([found.headline, found.standfirst, found.takeaway, *found.body])
    assert everything.count("Two are.") <= 1


@pytest.mark.timeout(10)
def test_a_text_of_any_length_is_read_at_once() -> None:
    body = " ".join(f"Sentence {number} is here." for number in range(4_000))
    assert len(read(standfirst=body, body=[body]).body) == 0
