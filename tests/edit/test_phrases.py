"""Signs of Interests are found in texts: at word bounds, the longest first."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edit.phrases import Phrases
from digest.models.gazetteer import InterestEntry
from digest.models.names import fold
from digest.models.words import InterestKind


def entry(slug: str, *aliases: Any, **fields: Any) -> InterestEntry:
    given = {"kind": "region", "name": f"name of {slug}", "aliases": list(aliases), **fields}
    return InterestEntry.model_validate({"slug": slug, **given})


ENTRIES = (
    entry("us", "US", "U.S.", "American", "New Jersey", **{"not": ["US$", "Latin American"]}),
    entry("iran", "Iran", "Iranian", "Islamic Republic of Iran"),
    entry("jersey", {"text": "Jersey", "case": True}),
    entry("turkey", {"text": "Turkey", "case": True}, "Türkiye", "Turkish"),
    entry("lebanon", "Lebanon"),
    entry("korea", "South Korea"),
    entry("hungary", "Orbán"),
    entry("georgia", "Georgia", **{"not": ["Georgia Tech"]}),
    entry("shabaab", "Al-Shabaab"),
    entry("strikes", "air strike", kind="topic"),
    entry("football", "Iran Turkey", "South Korea Iran", kind="topic"),
    entry("arabic", "إيران"),
)
PHRASES = Phrases(ENTRIES)


def slugs(text: str) -> list[str]:
    return [found.slug for found in PHRASES.find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The US said", ["us"]),
        ("told us that", []),
        ("the U.S. and the U.S", ["us", "us"]),
        ("U.S.-backed", ["us"]),
        ("U.S.S.R.", []),
        ("costs US$5 or US $5", []),
        ("Latin American states", []),
        ("USA", []),
        ("Iran's navy, Iran’s drones", ["iran", "iran"]),
        ("the Iranians'", ["iran"]),
        ("iran", ["iran"]),
        ("Iranistan, airIran", []),
        ("US-Iranian talks", ["us", "iran"]),
        ("Iran–U.S. talks", ["iran", "us"]),
        ("Hezbollah/Lebanon", ["lebanon"]),
        ("New Jersey and Jersey", ["us", "jersey"]),
        ("a jersey", []),
        ("a turkey in Turkey", ["turkey"]),
        ("TURKEY STRIKES IRAN", ["turkey", "iran"]),
        ("Turkiye, TÜRKİYE", ["turkey", "turkey"]),
        ("Islamic Republic of Iran", ["iran"]),
        ("the South, Korea", []),
        ("South  Korea\nand South\tKorea", ["korea", "korea"]),
        ("Orban and ORBÁN and Orba\u0301n", ["hungary"] * 3),
        ("Georgia Tech in Georgia", ["georgia"]),
        ("al Shabaab; Al‑Shabaab", ["shabaab", "shabaab"]),
        ("air strikes, an air-strike", ["strikes", "strikes"]),
        ("في إيران، اليوم", ["arabic"]),
        ("", []),
    ],
)
def test_signs_are_found_where_they_are_meant(text: str, found: list[str]) -> None:
    assert slugs(text) == found


def test_in_a_text_all_in_capitals_an_acronym_cannot_be_told_from_a_word() -> None:
    assert slugs("TELL US MORE ABOUT IRAN") == ["iran"]
    assert slugs("THE U.S. AND IRAN") == ["us", "iran"]


def test_a_refused_phrase_concerns_its_own_entry_only() -> None:
    both = Phrases([*ENTRIES, entry("college", "Georgia Tech")])
    assert [found.slug for found in both.find("Georgia Tech")] == ["college"]


def test_one_phrase_may_show_several() -> None:
    both = Phrases([entry("a", "Hormuz"), entry("b", "Hormuz")])
    assert [found.slug for found in both.find("Hormuz")] == ["a", "b"]


def test_of_two_that_overlap_the_longer_counts_though_it_begins_later() -> None:
    phrases = Phrases([entry("a", "red sea"), entry("b", "sea route north"), entry("c", "red")])
    assert [found.slug for found in phrases.find("red sea route north")] == ["c", "b"]


@pytest.mark.parametrize("kind", ["actor", "region"])
@pytest.mark.parametrize(
    ("topic", "other"),
    [
        ("cartel", "Red River Cartel"),
        ("Red River Cartel", "Red River"),
        ("Cartel of", "River Cartel"),
    ],
)
def test_a_topic_and_an_actor_or_region_leave_each_other_alone(
    kind: str, topic: str, other: str
) -> None:
    phrases = Phrases([entry("a", topic, kind="topic"), entry("b", other, kind=kind)])
    found = {one.slug for one in phrases.find("the Red River Cartel of old")}
    assert found == {"a", "b"}


@pytest.mark.parametrize("kinds", [("topic", "topic"), ("actor", "region"), ("region", "actor")])
def test_among_topics_and_among_the_others_the_longer_counts(kinds: tuple[str, str]) -> None:
    short, long = kinds
    phrases = Phrases([entry("a", "oil", kind=short), entry("b", "oil spill", kind=long)])
    assert [found.slug for found in phrases.find("an oil spill")] == ["b"]


def test_words_are_counted_without_punctuation() -> None:
    assert [found.word for found in PHRASES.find("One, two (three): Iran")] == [3]


_PIECES = st.lists(
    st.sampled_from(
        ["US", "us", "U.S.", "Iran", "Iranian", "Jersey", "New", "Georgia", "Tech", "South",
         "Korea", "Orbán", "Turkey", "$", "'s", "’", "-", " ", " ", ", ", ". ", "\n", "x", "é", "İ"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(_PIECES | st.text())
def test_what_is_found_is_a_whole_sign_of_its_entry(text: str) -> None:
    signs = {
        (e.slug, "".join(c for c in fold(a.text) if c.isalnum())) for e in ENTRIES for a in e.signs
    }
    for found in PHRASES.find(text):
        piece = "".join(c for c in fold(text[found.start : found.end]) if c.isalnum())
        assert {(found.slug, piece), (found.slug, piece.removesuffix("s"))} & signs
        before, after = text[: found.start][-1:], text[found.end :][:1]
        assert not before.isalnum()
        assert not after.isalnum()


@given(_PIECES | st.text())
def test_what_is_found_does_not_overlap_among_topics_nor_among_the_others(text: str) -> None:
    topics = {e.slug for e in ENTRIES if e.kind is InterestKind.TOPIC}
    found = PHRASES.find(text)
    for group in (
        [f for f in found if f.slug in topics],
        [f for f in found if f.slug not in topics],
    ):
        places = sorted({(one.start, one.end) for one in group})
        assert all(one[1] <= other[0] for one, other in pairwise(places))


@given(_PIECES, st.sampled_from(["Zanzibar", "quoit 9", "xyzzy plugh"]))
def test_an_unrelated_entry_changes_nothing(text: str, name: str) -> None:
    more = Phrases([*ENTRIES, entry("new", name)])
    assert [f for f in more.find(text) if f.slug != "new"] == PHRASES.find(text)
    assert [f.slug for f in more.find(f"{text} {name}")][-1:] == ["new"]


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12))
def test_no_sign_is_found_inside_a_longer_one(letters: list[str]) -> None:
    phrases = Phrases([entry("one", "a"), entry("two", "a b"), entry("three", "a b c")])
    text = " ".join(letters)
    found = phrases.find(text)
    assert [f.slug for f in found].count("three") == text.count("a b c")
    assert [f.slug for f in found].count("two") == text.count("a b") - text.count("a b c")
    assert [f.slug for f in found].count("one") == text.count("a") - text.count("a b")


def test_a_lone_surrogate_is_no_fault() -> None:
    assert slugs("Iran \ud800 'votes\udfff") == ["iran"]
