"""When two records are the same."""

import pytest
from desk_builders import record

from digest.edit.facts import canonical_url, content_hash, fact_key, normalise, record_hash
from digest.models.record import AssertionRecord, CorrectionRecord, InterestRecord, SourceRecord

FULL = {
    "headline": "Pilots stop work",
    "standfirst": "Forty ships wait.",
    "takeaway": "The strait is shut.",
    "body": ("Pilots at three ports refuse.",),
    "status": "developing",
}


def test_normalising_is_blind_to_case_blanks_and_punctuation() -> None:
    assert normalise(" “Ｉran’s”  navy! ") == normalise("iran s NAVY")
    assert normalise(None) == ""


def test_letters_of_other_scripts_keep_their_signs() -> None:
    assert normalise("कि") != normalise("की")
    assert normalise("हाँ।") == normalise("हाँ")


@pytest.mark.parametrize(
    "changes",
    [
        {"headline": "PILOTS stop work!"},
        {"sources": [SourceRecord(publisher="CNN")]},
        {"url": "https://example.org/2"},
        {"category": "economy"},
        {"severity": 4},
        {"correction": CorrectionRecord(wrong="Five ports.", right="Three.")},
    ],
)
def test_what_readers_need_not_hear_of_leaves_the_content_equal(changes) -> None:  # type: ignore[no-untyped-def]
    before, after = record(**FULL), record(**(FULL | changes))
    assert content_hash(before) == content_hash(after)
    assert record_hash(before) != record_hash(after)


@pytest.mark.parametrize(
    "changes",
    [
        {"headline": "Pilots go back to work"},
        {"takeaway": "The strait is open."},
        {"body": ("Pilots at four ports refuse.",)},
        {"status": "concluded"},
        {"certainty": "likely"},
        {"breaking": True},
        {"interests": [InterestRecord(name="Oman")]},
        {"scenarios": [AssertionRecord(kind="risk", text="Oil jumps.")]},
    ],
)
def test_what_they_must_hear_of_does_not(changes) -> None:  # type: ignore[no-untyped-def]
    assert content_hash(record(**FULL)) != content_hash(record(**(FULL | changes)))


def test_the_same_report_is_known_by_its_words_not_by_its_sender_or_address() -> None:
    one = record(1, **FULL, url="https://one.example/a", sources=[SourceRecord(publisher="A")])
    two = record(2, **FULL, url="https://two.example/b", sources=[SourceRecord(publisher="B")])
    assert fact_key(one) == fact_key(two)
    assert fact_key(one) != fact_key(record(1, **(FULL | {"headline": "Pilots strike"})))
    other = record(3, headline="Other", url="https://one.example/a")
    assert fact_key(one) != fact_key(other)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("HTTPS://Example.org/a/?utm_source=x&id=7#top", "https://example.org/a?id=7"),
        ("https://example.org", "https://example.org/"),
        (None, None),
        ("", None),
        ("http://[broken", None),
    ],
)
def test_an_address_without_its_tracking(url: str | None, plain: str | None) -> None:
    assert canonical_url(url) == plain
