"""CAP alerts: what they say, and what becomes of them."""

from datetime import UTC, datetime

import pytest
from documents import cap, cap_info, entries, only

from digest.errors import InputError


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("prefix", ["", "cap"])
def test_an_alert_becomes_a_record(version: str, prefix: str) -> None:
    record = only(cap(version=version, prefix=prefix))
    assert record.headline == "Storm surge warning for the outer islands"
    assert record.standfirst == "Water rises until noon."
    assert record.id == "cap:met@coast.example:W-1"
    assert (record.severity_prior, record.certainty) == (4, "likely")
    assert record.severity is None
    assert (record.category, record.status, record.lang) == ("disaster", "developing", "en-GB")
    assert record.reported_at == datetime(2026, 6, 4, 6, tzinfo=UTC)
    assert record.sources[0].publisher == "Coast Met Office"
    assert [(interest.name, interest.kind) for interest in record.interests] == [
        ("Outer Islands", "region"),
        ("East Quay", "region"),
    ]


@pytest.mark.parametrize(
    ("severity", "urgency", "certainty", "prior"),
    [
        ("Extreme", "Immediate", "Observed", 5),
        ("Severe", "Expected", "Likely", 4),
        ("Severe", "Unknown", "Unknown", 4),
        ("Severe", "Future", "Likely", 3),
        ("Severe", "Immediate", "Possible", 3),
        ("Moderate", "Immediate", "Likely", 3),
        ("Minor", "Past", "Unlikely", 1),
        ("Unknown", "Immediate", "Observed", None),
        ("", "", "", None),
    ],
)
def test_severity_is_a_prior_and_one_lower_when_it_is_not_pressing_or_not_likely(
    severity: str, urgency: str, certainty: str, prior: int | None
) -> None:
    info = cap_info(severity=severity, urgency=urgency, certainty=certainty)
    assert only(cap(info)).severity_prior == prior


def test_english_is_preferred_and_else_the_first_language() -> None:
    french = cap_info(language="fr-CA", headline="Onde de tempête")
    german = cap_info(language="de", headline="Sturmflut")
    assert only(cap(french + cap_info())).lang == "en-GB"
    assert only(cap(french + german)).headline == "Onde de tempête"
    unmarked = cap_info().replace("<language>en-GB</language>", "")
    assert only(cap(french + unmarked)).lang == "en-US"


def test_areas_of_all_infos_in_one_language_are_named_once() -> None:
    other = cap_info(area="<area><areaDesc>West Quay</areaDesc></area>")
    names = [interest.name for interest in only(cap(cap_info() + cap_info() + other)).interests]
    assert names == ["Outer Islands", "East Quay", "West Quay"]


def test_an_update_is_the_same_event_as_the_message_it_began_with() -> None:
    record = only(
        cap(
            identifier="W-3",
            msgType="Update",
            references="met@coast.example,W-2,2026-06-04T05:00:00Z "
            "met@coast.example,W-1,2026-06-04T04:00:00Z",
        )
    )
    assert record.id == only(cap()).id
    assert record.reported_at == datetime(2026, 6, 4, 4, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 6, 4, 6, tzinfo=UTC)
    assert record.retraction is None


REFERENCE = "met@coast.example,W-1,2026-06-04T04:00:00Z"


def test_a_cancel_ends_a_warning_and_an_error_withdraws_it() -> None:
    ended = only(cap(msgType="Cancel", references=REFERENCE))
    assert (ended.status, ended.retraction) == ("concluded", None)
    withdrawn = only(cap(msgType="Error", references=REFERENCE, note="Sent by mistake."))
    assert withdrawn.retraction is not None
    assert withdrawn.retraction.reason == "Sent by mistake."


@pytest.mark.parametrize(
    ("kind", "headline"),
    [
        ("Cancel", "The sender has cancelled this warning."),
        ("Error", "The sender has withdrawn this warning."),
    ],
)
def test_a_cancel_without_a_word_is_still_told(kind: str, headline: str) -> None:
    record = only(cap("", msgType=kind, references=REFERENCE))
    assert record.headline == headline
    assert record.id == "cap:met@coast.example:W-1"


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft"])
def test_what_is_not_a_real_warning_is_refused(status: str) -> None:
    (entry,) = entries(cap(status=status))
    assert entry.error == f"it is not a real warning: its status is {status}"
    assert "Storm surge" in entry.raw


def test_an_alert_without_info_is_refused() -> None:
    (entry,) = entries(cap(""))
    assert entry.error == "the alert has no info, so there is nothing to tell"


def test_an_alert_for_some_only_is_warned_of() -> None:
    (entry,) = entries(cap(scope="Restricted"))
    assert entry.warnings == (
        "The sender meant this alert for some only: its scope is Restricted.",
    )


def test_without_a_headline_event_and_area_are_named() -> None:
    record = only(cap(cap_info(headline="", description="")))
    assert record.headline == "Storm surge: Outer Islands; East Quay"
    assert record.headline_derived


def test_markup_in_a_description_becomes_paragraphs() -> None:
    record = only(cap(cap_info(description="LEVEL: low&lt;br /&gt;PLACE: East", instruction="Go.")))
    assert record.body == ("LEVEL: low PLACE: East", "Go.")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE alert PUBLIC "-//A" "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE alert [<!ENTITY a "ha"><!ENTITY x "&a;&a;&a;">]>',
    ],
)
def test_a_doctype_is_refused_in_one_line_and_nothing_is_opened(doctype: str) -> None:
    with pytest.raises(InputError, match=r"^the XML carries a DOCTYPE") as refusal:
        entries(doctype + cap(cap_info(headline="&x;")))
    assert "\n" not in str(refusal.value)
