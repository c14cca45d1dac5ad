"""What a reader has heard."""

import pytest

from digest.edit.heard import Heard


@pytest.mark.parametrize(
    ("sentence", "known"),
    [
        ("The pact ends.", True),
        ("THE PACT  ends", True),
        ("The pact", True),  # cut off
        ("The pact ends today.", False),
        ("The pa", False),
        ("Nobody knows.", False),
        ("…", True),  # says nothing
    ],
)
def test_a_sentence_is_known_by_its_words_or_by_one_that_goes_on_from_it(
    sentence: str, known: bool
) -> None:
    assert Heard(["The pact ends!", "Why?", "A list"]).knows(sentence) is known


def test_what_was_fresh_is_not_a_second_time() -> None:
    heard = Heard()
    assert heard.fresh("One. Two. One.") == ["One.", "Two."]
    assert heard.fresh("Two. Three.") == ["Three."]


def test_what_does_not_fit_in_the_length_is_still_fresh() -> None:
    heard = Heard()
    assert heard.fresh("One. Two. Three.", length=9) == ["One.", "Two."]
    assert heard.fresh("Two. Three.") == ["Three."]
    assert heard.fresh("A longer one.", length=9) == ["A longer one."]
