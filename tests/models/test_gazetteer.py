"""Interests are found by every name they have, and know what they are part of."""

from typing import Any

import pytest

from digest.errors import InputError
from digest.models.gazetteer import Alias, Gazetteer, InterestEntry


def entry(slug: str, name: str = "", **fields: Any) -> InterestEntry:
    given = {"kind": "region", "name": name or slug.title(), "place": f"test.yaml, {slug}"}
    return InterestEntry.model_validate({"slug": slug, **given, **fields})


@pytest.fixture
def small() -> Gazetteer:
    return Gazetteer(
        [
            entry("asia"),
            entry("middle-east", "Middle East"),
            entry("iran", aliases=["Iranian", "Persia"], clues=["Isfahan"],
                  parents=["asia", "middle-east"], codes={"iso2": "IR"}),
            entry("irgc", "Islamic Revolutionary Guard Corps", kind="actor",
                  aliases=["IRGC"], parents=["iran"]),
            entry("quds-force", "Quds Force", kind="actor", parents=["irgc", "asia"]),
            entry("lebanon", aliases=["Lebanese"]),
            entry("bosnia", "Bosnia and Herzegovina"),
            entry("conflict", "War", kind="topic", categories=["Armed conflicts"]),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("name", ["iran", "Iran", "IRAN", "iranian", "Iranians", "persia"])
def test_an_entry_is_found_by_slug_name_and_alias_in_any_case(small: Gazetteer, name: str) -> None:
    found = small.resolve(name)
    assert found is not None
    assert found.slug == "iran"


@pytest.mark.parametrize("name", ["Isfahan", "Iranistan", "", "   ", "?"])
def test_what_is_no_name_is_not_found(small: Gazetteer, name: str) -> None:
    assert small.resolve(name) is None


def test_a_name_comes_before_another_ones_alias() -> None:
    both = Gazetteer([entry("a", "Alpha", aliases=["Beta"]), entry("b", "Beta")])
    found = both.resolve("beta")
    assert found is not None
    assert found.slug == "b"


def test_a_compound_label_is_all_that_it_joins(small: Gazetteer) -> None:
    found, unknown = small.resolve_label("IRGC / Lebanon / Atlantis")
    assert [one.slug for one in found] == ["irgc", "lebanon"]
    assert unknown == ("Atlantis",)


def test_a_name_with_and_in_it_is_not_taken_apart(small: Gazetteer) -> None:
    assert [e.slug for e in small.resolve_label("Bosnia and Herzegovina")[0]] == ["bosnia"]
    assert small.resolve_label("Rock and Roll") == ((), ("Rock and Roll",))


def test_near_names_are_suggested_and_a_clue_leads_to_its_entry(small: Gazetteer) -> None:
    assert small.suggest("Lebanom")[0] == "Lebanon"
    assert small.suggest("Isfahan")[0] == "Iran"
    assert small.suggest("xyzzy") == []
    assert len(small.suggest("iran", n=1)) == 1


def test_codes_and_categories_lead_to_entries(small: Gazetteer) -> None:
    by_code = small.by_code("iso2", "ir")
    assert by_code is not None
    assert by_code.slug == "iran"
    assert [e.slug for e in small.of_category("armed CONFLICTS ")] == ["conflict"]
    assert small.of_category("weather") == ()


def test_ancestors_have_their_shortest_distance(small: Gazetteer) -> None:
    assert small.ancestors("quds-force") == {"irgc": 1, "asia": 1, "iran": 2, "middle-east": 3}
    assert small.ancestors("asia") == {}


def test_an_unknown_parent_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match=r"test.yaml, a: 'a' has the parent 'nowhere'"):
        Gazetteer([entry("a", parents=["nowhere"])])


def test_parents_in_a_circle_are_refused_with_their_place() -> None:
    with pytest.raises(InputError, match=r"test.yaml, .: the parents run in a circle: "):
        Gazetteer([entry("a", parents=["b"]), entry("b", parents=["c"]), entry("c", parents=["a"])])


def test_a_slug_that_comes_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'a' is there twice"):
        Gazetteer([entry("a"), entry("a")])


@pytest.mark.parametrize(
    ("text", "case"),
    [("US", True), ("U.S.", True), ("G7", True), ("S&P 500", True), ("Nato", False), ("M23", True)],
)
def test_what_is_all_capitals_is_matched_as_written(text: str, case: bool) -> None:
    assert Alias.model_validate(text).case is case


def test_what_a_file_says_about_case_comes_first() -> None:
    assert not Alias.model_validate({"text": "NATO", "case": False}).case
    assert Alias.model_validate({"text": "Turkey", "case": True}).case


def test_a_name_that_is_refused_still_names_but_shows_nothing() -> None:
    topic = entry("war", "War", aliases=["Wars"], clues=["shelling"], **{"not": ["War", "wars"]})
    assert [alias.text for alias in topic.signs] == ["shelling"]
    assert Gazetteer([topic]).resolve("war") is topic
