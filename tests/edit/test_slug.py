"""Short names for addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edit.slug import LONGEST, MARKS, event_slugs, slugify, story_slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Iran's navy: 3 ships!", "irans-navy-3-ships"),
        ("Côte d’Ivoire", "cote-divoire"),
        ("  --  ", ""),
        ("بغداد", ""),
        ("word " * 30, "-".join(["word"] * 12)),
        ("x" * 99, "x" * LONGEST),
    ],
)
def test_words_joined_by_hyphens(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text())
def test_a_slug_is_short_and_safe(text: str) -> None:
    slug = slugify(text)
    assert len(slug) <= LONGEST
    assert not slug or (slug.replace("-", "").isalnum() and slug.isascii() and slug == slug.lower())
    assert not slug.startswith("-")
    assert not slug.endswith("-")


def test_two_events_of_one_headline_have_two_slugs() -> None:
    first, other = (next(event_slugs("Iran", one)) for one in "ab")
    assert first != other
    assert first.startswith("iran-")
    assert not next(event_slugs("بغداد", "a")).startswith("-")


def test_a_slug_that_is_taken_has_others_behind_it() -> None:
    slugs = list(event_slugs("Flood Warning", "a"))
    assert [len(one) for one in slugs] == [len("flood-warning-") + length for length in MARKS]


def test_a_story_without_a_latin_letter_has_a_slug_too() -> None:
    assert story_slug("Iran Conflict 2026") == "iran-conflict-2026"
    assert story_slug("بغداد").startswith("story-")
