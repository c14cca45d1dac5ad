"""Where sentences end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.sentences import each_sentence, sentences


@pytest.mark.parametrize(
    "text",
    [
        "An U.S. Army soldier is killed.",
        "Hopes of an Iran–U.S. Senate deal rise.",
        "USS George H. W. Bush arrives.",
        "Former prime minister K. P. Sharma Oli is arrested.",
        "Gen. Dan Caine and Lt. Col. Jane Roe resign.",
        "He lives at No. 10 Downing Street.",
        "A fine of Rs. 20 million is paid.",
        "The price rises by 3.5 per cent to $1.2 billion.",
        "Chelsea F.C. signs him at 2:11 p.m. local time.",
        "The court rules in Learning Resources v. Trump that it may.",
        "St. John's and Mt. Etna are warned.",
        "He said “No!” and left.",
        "Alphabet Inc. announces a plan.",
        "So it goes ... and ends.",
        "On Sept. 4 it opens.",
    ],
)
def test_one_sentence(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It returns to the U.S.", "The bill follows."),
        ("It costs $3.5.", "Nobody pays."),
        ("It rises to 35.", "Searches go on."),
        ("He said “No.”", "She left."),
        ("Is it so?", "“It is,” she says."),
        ("It is (falsely) announced as Peru..", "Two days later it ends."),
        ("He works for Alphabet Inc.", "The firm is big."),
        ("It rains!", "3 people drown."),
        ("They agreed to do so.", "No. 10 confirms it."),
        ("停火协议生效。", "各方表示欢迎。"),
        ("وقع الانفجار ليلا.", "لم يصب أحد."),
        ("क्या यह सच है।", "हाँ है।"),
    ],
)
def test_two_sentences(first: str, second: str) -> None:
    assert sentences(f"{first} {second}") == [first, second]


@pytest.mark.parametrize("text", ["", "  ", "…", "\u200c"])
def test_no_sentence(text: str) -> None:
    assert sentences(text) == []


def test_no_word_is_lost() -> None:
    text = "One. Two! Three? \u200cFour… and 4.5. Mr. X"
    assert "".join(sentences(text)).replace(" ", "") == text.replace(" ", "")


@given(
    st.lists(st.sampled_from(["Gen.", "Inc.", "No.", "10", "U.S.", "(", '"', "…", "The", "so."]))
)
def test_no_text_is_too_odd(words: list[str]) -> None:
    text = " ".join(words)
    assert text.startswith(" ".join(sentences(text)))


def test_the_first_sentence_is_found_before_the_second_is_looked_for() -> None:
    found = each_sentence("One. Two.")
    assert next(found) == "One."
    assert next(found) == "Two."
