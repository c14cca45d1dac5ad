"""Names and texts are cut into words in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.models.names import fold, key, words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Iran's navy", ["Iran", "s", "navy"]),
        ("Iran’s navy", ["Iran", "s", "navy"]),
        ("US-Iranian talks", ["US", "Iranian", "talks"]),
        ("Iran–U.S. talks", ["Iran", "U.S", "talks"]),
        ("the U.S.", ["the", "U.S"]),
        ("US$5", ["US", "$", "5"]),
        ("al-Shabaab", ["al", "Shabaab"]),
        ("the South, Korea", ["the", "South", ",", "Korea"]),
        ("Hezbollah/Lebanon", ["Hezbollah", "/", "Lebanon"]),
        ("Viktor Orba\u0301n", ["Viktor", "Orba\u0301n"]),
    ],
)
def test_words_are_parted_at_hyphens_and_apostrophes_and_kept_apart_by_other_marks(
    text: str, parts: list[str]
) -> None:
    assert [word.text for word in words(text)] == parts


@pytest.mark.parametrize(
    ("one", "other"),
    [("Orbán", "ORBAN"), ("Türkiye", "turkiye"), ("Al-Shabaab", "al Shabaab"), ("İzmir", "izmir")],
)
def test_spellings_of_one_name_have_the_same_key(one: str, other: str) -> None:
    assert key(one) == key(other)


def test_initials_with_dots_are_not_the_word_without() -> None:
    assert key("U.S.") == key("U.S") != key("US")


@given(st.text())
def test_every_word_lies_where_it_says(text: str) -> None:
    last = 0
    for word in words(text):
        assert last <= word.start < word.end <= len(text)
        assert text[word.start : word.end].startswith(word.text)
        assert word.folded == fold(word.text)
        last = word.end
