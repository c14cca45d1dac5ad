"""What is so in the end, of an error that was corrected more than once."""

import pytest
from desk_builders import record

from digest.edit.in_turn import in_fact
from digest.models.record import CorrectionRecord, EventRecord

KUT, SEVEN = "It was in Kut.", "Seven people died."


def told(*said: tuple[str, str], headline: str = "News", field: str | None = None) -> str:
    """What is so by corrections of (wrong, right) in turn; the Event has that `headline` now."""
    past: dict[int, EventRecord | None] = {1: record()}
    for number, (wrong, right) in enumerate(said, start=2):
        correction = CorrectionRecord(wrong=wrong, right=right, field=field)
        past[number] = record(headline=headline, correction=correction)
    return in_fact(past, range(2, len(past) + 1))


def test_one_correction_says_itself_what_is_so() -> None:
    assert told(("Ten dead", "Nine dead. No more.")) == "Nine dead. No more."


def test_what_was_called_wrong_in_turn_is_not_said() -> None:
    assert told(("Ten dead", "Nine dead"), ("Nine dead", "Eight dead")) == "Eight dead"
    back = [("Ten dead", "Nine dead"), ("Nine dead", "Ten dead"), ("Ten dead", "Seven dead")]
    assert told(*back) == "Seven dead"


def test_the_sentences_that_nobody_called_wrong_since_are() -> None:
    first = ("Ten died; it burns", "Nine people died. The fire is out.")
    assert told(first, ("Nine people died", SEVEN)) == f"The fire is out. {SEVEN}"
    again = told(first, ("Nine people died", SEVEN), ("The fire is out", "It burns again."))
    assert again == f"{SEVEN} It burns again."


def test_of_a_sentence_that_was_wrong_in_part_the_rest_is_told_in_the_newest_words() -> None:
    both = ("Ten dead", "Nine dead in Basra"), ("Basra", KUT)
    assert told(*both, headline="Nine dead in Kut") == f"Nine dead in Kut. {KUT}"
    assert told(*both, headline="A blast in Kut") == KUT, "the Event doesn't say it any more"
    assert told(both[0], ("Basra", "Kut"), headline="Nine dead in Kut") == "Nine dead in Kut"
    assert told(*both, ("Nine dead", "Eight dead"), headline="Eight died") == f"{KUT} Eight dead"


@pytest.mark.parametrize("field", [None, "standfirst"])
def test_if_nobody_knows_which_sentence_was_wrong_only_the_last_words_count(
    field: str | None,
) -> None:
    assert told(("A town", "A village. In the south."), ("There", KUT), field=field) == KUT


def test_an_error_that_came_back_is_put_right_in_the_same_words() -> None:
    assert told(("Ten dead", "Nine dead"), ("Ten dead", "Nine dead")) == "Nine dead"
