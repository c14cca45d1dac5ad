"""NewsML-G2 and NewsML 1.x."""

from datetime import UTC, datetime

import pytest
from documents import entries, only

from digest.errors import InputError

G2 = 'xmlns="http://iptc.org/std/nar/2006-10-01/"'


def item(content: str = "", *, kind: str = "ninat:text", status: str = "stat:usable") -> str:
    return (
        f'<newsItem {G2} guid="urn:wire:1" xml:lang="en-GB"><itemMeta>'
        f'<itemClass qcode="{kind}"/><provider qcode="nprov:WIRE"/>'
        "<versionCreated>2026-03-05T07:00:00-05:00</versionCreated>"
        f'<pubStatus qcode="{status}"/></itemMeta>'
        "<contentMeta><urgency>3</urgency><located><name>Port</name></located>"
        '<subject qcode="medtop:16000000"><name>conflict</name></subject>'
        f"<headline>Quay  reopens</headline></contentMeta>{content}</newsItem>"
    )


BODY = (
    "<contentSet><inlineXML><nitf><body><p>Ferries run.</p><p>Slowly.</p></body></nitf>"
    "</inlineXML></contentSet>"
)


def test_a_text_item_becomes_a_record() -> None:
    record = only(item(BODY))
    assert (record.id, record.headline, record.lang) == ("urn:wire:1", "Quay reopens", "en-GB")
    assert record.body == ("Ferries run.", "Slowly.")
    assert record.reported_at == datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert (record.category, record.severity_prior) == ("conflict", 3)
    assert record.sources[0].publisher == "WIRE"
    assert [(i.name, i.kind) for i in record.interests] == [
        ("Port", "region"),
        ("conflict", "topic"),
    ]


def test_events_in_an_item_are_entries_of_their_own() -> None:
    events = (
        "<contentSet><inlineXML><events>"
        "<event><name>Council meets</name><eventDetails><dates><start>2026-04-01T09:00:00Z</start>"
        "</dates></eventDetails></event><event><name>Quay day</name></event>"
        "</events></inlineXML></contentSet>"
    )
    found = [entry.record for entry in entries(item(events, kind="ninat:composite"))]
    assert [record.headline for record in found if record] == ["Council meets", "Quay day"]
    assert len({record.id for record in found if record}) == 2
    assert found[0] is not None
    assert found[0].occurred_at == datetime(2026, 4, 1, 9, tzinfo=UTC)


def test_pictures_and_packages_are_refused_alone() -> None:
    picture = item(kind="ninat:picture").replace("urn:wire:1", "urn:wire:2")
    message = (
        f"<newsMessage><itemSet><packageItem {G2}/>{picture}{item(BODY)}</itemSet></newsMessage>"
    )
    assert [entry.error for entry in entries(message)] == [
        "it only groups other items",
        "it is a picture, not a text",
        None,
    ]


def test_the_older_newsml_is_read() -> None:
    record = only(
        '<NewsML Version="1.2"><NewsItem xml:lang="en"><Identification><NewsIdentifier>'
        "<PublicIdentifier>urn:newsml:wire:3</PublicIdentifier></NewsIdentifier></Identification>"
        "<NewsManagement><FirstCreated>20260305T070000+0000</FirstCreated>"
        '<Status FormalName="Usable"/><Urgency FormalName="4"/></NewsManagement><NewsComponent>'
        "<NewsLines><HeadLine>Quay reopens</HeadLine></NewsLines>"
        '<AdministrativeMetadata><Provider><Party FormalName="WIRE"/></Provider>'
        "</AdministrativeMetadata><ContentItem><DataContent><nitf><p>Ferries run.</p></nitf>"
        "</DataContent></ContentItem></NewsComponent></NewsItem></NewsML>"
    )
    assert (record.id, record.headline) == ("urn:newsml:wire:3", "Quay reopens")
    assert record.standfirst == "Ferries run."
    assert record.reported_at == datetime(2026, 3, 5, 7, tzinfo=UTC)
    assert record.sources[0].publisher == "WIRE"


def test_withheld_and_cancelled_items() -> None:
    (entry,) = entries(item(status="stat:withheld"))
    assert entry.error == "the sender withholds it"
    assert only(item(status="stat:canceled")).retraction is not None


def test_a_message_without_items_is_refused() -> None:
    with pytest.raises(InputError, match="no news item"):
        entries("<newsMessage><header/></newsMessage>")
