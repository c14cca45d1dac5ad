"""RSS, RDF and Atom, with what real feeds get wrong."""

from datetime import UTC, date, datetime

import pytest
from documents import entries, only, records, rss

from digest.errors import InputError

GDACS = 'xmlns:gdacs="http://www.gdacs.org"'


def gdacs(level: str, kind: str, people: str, unit: str = "Pop74") -> str:
    return rss(
        "<title>Cyclone near Port</title><guid>TC1</guid>"
        f"<gdacs:alertlevel>{level}</gdacs:alertlevel><gdacs:eventtype>{kind}</gdacs:eventtype>"
        f'<gdacs:population unit="{unit}" value="{people}"/>'
        "<gdacs:fromdate>Sun, 21 Oct 2018 00:00:00 GMT</gdacs:fromdate>"
        "<gdacs:country>Fiji, Tonga</gdacs:country>",
        namespaces=GDACS,
    )


def test_an_item_becomes_a_record() -> None:
    record = only(
        rss(
            "<title>Quay &lt;b&gt;reopens&lt;/b&gt; after storm</title>"
            "<link>https://harbour.example/1</link><guid>q-1</guid>"
            "<description>&lt;p&gt;Ferries run&amp;nbsp;again.&lt;/p&gt;&lt;p&gt;Slowly.&lt;/p&gt;"
            "</description><pubDate>Thu, 05 Mar 2026 07:00:00 EST</pubDate>"
            "<category>Shipping</category><category>Business</category>",
            channel="<language>en_us</language>",
        )
    )
    assert record.headline == "Quay reopens after storm"
    assert record.standfirst == "Ferries run again."
    assert record.body == ("Ferries run again.", "Slowly.")
    assert record.id == "harbour.example:q-1"
    assert record.url == "https://harbour.example/1"
    assert record.reported_at == datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert record.lang == "en-US"
    assert record.category == "economy"
    assert [interest.name for interest in record.interests] == ["Shipping", "Business"]
    (source,) = record.sources
    assert (source.publisher, source.published_on) == ("The Harbour Post", date(2026, 3, 5))
    assert record.severity is record.severity_prior is None


def test_an_id_that_is_distinct_everywhere_stays_as_it_is() -> None:
    assert only(rss("<title>A</title><guid>tag:x,2026:1</guid>")).id == "tag:x,2026:1"


def test_an_item_carried_from_elsewhere_names_both() -> None:
    item = '<title>A</title><source url="https://wire.example/rss">Wire: World</source>'
    (source,) = only(rss(item)).sources
    assert (source.publisher, source.via) == ("Wire", "The Harbour Post")


@pytest.mark.parametrize(
    ("title", "publisher"),
    [
        ("Island Radio – Breaking news from the islands", "Island Radio"),
        ("Gull News | World", "Gull News"),
        ("GULL RSS information", "GULL"),
        (
            "All current watches and warnings issued by all the offices of the coast",
            "harbour.example",
        ),
        (" ", "harbour.example"),
    ],
)
def test_the_publisher_is_the_name_in_the_title(title: str, publisher: str) -> None:
    document = rss("<title>A</title>", channel=f"<title>{title}</title>")
    assert only(document).sources[0].publisher == publisher


def test_rdf_with_dc_dates_is_dated() -> None:
    record = only(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="https://a.example"><title>A</title></channel>'
        '<item rdf:about="https://a.example/1"><title>One</title><dc:date>2026-02-18</dc:date>'
        "<dc:language>de</dc:language></item></rdf:RDF>"
    )
    assert record.reported_at == datetime(2026, 2, 18, tzinfo=UTC)
    assert record.updated_at is None
    assert record.time_precision == "day"
    assert record.lang == "de"
    assert record.id == "https://a.example/1"


def test_atom_keeps_what_was_first_and_what_changed() -> None:
    record = only(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="it-it"><title>Gazzetta</title>'
        "<entry><id>urn:e:1</id><title type='html'>Porto &amp;amp; mare</title>"
        "<published>2026-02-17T17:36:36-0500</published><updated>2026-02-18T08:00:00Z</updated>"
        "<summary>Breve.</summary><content type='html'>&lt;p&gt;Uno.&lt;/p&gt;&lt;script&gt;x()"
        "&lt;/script&gt;&lt;p&gt;Due.&lt;/p&gt;</content></entry></feed>"
    )
    assert record.headline == "Porto & mare"
    assert (record.standfirst, record.body) == ("Breve.", ("Uno.", "Due."))
    assert record.reported_at == datetime(2026, 2, 17, 22, 36, 36, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 2, 18, 8, tzinfo=UTC)
    assert record.lang == "it-IT"


def test_a_malformed_feed_still_gives_what_can_be_read() -> None:
    broken = rss("<title>One & only</title><guid>1</guid>", "<title>Two</title><guid>2</guid>")
    assert [r.headline for r in records(broken[:-12] + "<p>")] == ["One & only", "Two"]


def test_a_comment_before_the_declaration_is_no_fault() -> None:
    document = rss("<title>A</title>", head="<!-- made by us -->\n<?xml version='1.0'?>\n")
    assert only(document).headline == "A"


def test_old_feeds_with_a_doctype_are_read_without_following_it() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss.dtd">'
    assert only(rss("<title>caf&eacute;</title>", head=doctype)).headline == "café"
    lat1 = '<!DOCTYPE rss [<!ENTITY % l PUBLIC "-//W3C//X" "http://127.0.0.1:9/l.ent"> %l;]>'
    assert only(rss("<title>caf&eacute;</title>", head=lat1)).headline == "café"


def test_a_feed_that_declares_entities_is_refused() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(InputError, match="declares entities"):
        entries(rss("<title>&b;</title>", head=bomb))
    with pytest.raises(InputError, match="declares entities"):
        entries(rss("<title>&b;</title>", head=f"<!-- <rss> -->{bomb}"))
    with pytest.raises(InputError, match="declares entities"):
        entries(rss("<title>&b;</title>", head=bomb).encode("utf-16"))
    with pytest.raises(InputError, match="encoding"):
        entries(rss("<title>A</title>", head="<?xml version='1.0' encoding='utf-7'?>"))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Mon, 01 Jan 1601 00:00:00 GMT", False),
        ("yesterday", False),
        ("5 Mar 2026 07:00 GMT", True),
    ],
)
def test_dates_that_cannot_be_are_left_out_with_a_warning(written: str, kept: bool) -> None:
    (entry,) = entries(rss(f"<title>A</title><pubDate>{written}</pubDate>"))
    assert entry.record is not None
    assert (entry.record.reported_at is not None) == kept
    assert bool(entry.warnings) != kept


def test_only_web_addresses_are_kept() -> None:
    assert only(rss("<title>A</title><link>javascript:alert(1)</link>")).url is None


def test_an_item_without_a_title_takes_its_first_sentence() -> None:
    record = only(rss("<description>The quay is open. Ferries run.</description>"))
    assert (record.headline, record.headline_derived) == ("The quay is open", True)


def test_an_item_without_a_word_is_refused_alone() -> None:
    found = entries(rss("<link>https://a.example</link>", "<title>B</title>"))
    assert found[0].error == "there is no headline, and no text to take one from"
    assert found[1].record is not None


@pytest.mark.parametrize(
    ("level", "kind", "people", "unit", "severity"),
    [
        ("Red", "TC", "5", "Pop74", 5),
        ("Orange", "EQ", "5", "Pop74", 4),
        ("Orange", "DR", "0", "", 3),  # a drought gives months of notice
        ("Green", "TC", "9000", "Pop74", 2),
        ("Green", "TC", "0", "Pop74", 1),
        ("Green", "DR", "0", "", 1),
        ("Purple", "TC", "0", "Pop74", None),
    ],
)
def test_gdacs_levels_are_priors(
    level: str, kind: str, people: str, unit: str, severity: int | None
) -> None:
    record = only(gdacs(level, kind, people, unit))
    assert record.severity_prior == severity
    assert record.severity is None
    assert record.category == "disaster"
    assert record.occurred_at == datetime(2018, 10, 21, tzinfo=UTC)
    assert [interest.name for interest in record.interests] == ["Fiji", "Tonga"]


def cap_index(**values: str) -> str:
    inside = "".join(f"<cap:{name}>{value}</cap:{name}>" for name, value in values.items())
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:cap="urn:oasis:names:tc:emergency:cap:1.1"><title>Warnings</title>'
        f"<entry><id>urn:w:1</id><title>High wind</title>{inside}</entry></feed>"
    )


def test_an_index_of_warnings_gives_severity_certainty_and_areas() -> None:
    record = only(
        cap_index(
            status="Actual",
            msgType="Alert",
            category="Met",
            severity="Severe",
            urgency="Expected",
            certainty="Likely",
            areaDesc="East Quay; West Quay",
        )
    )
    assert (record.severity_prior, record.certainty) == (4, "likely")
    assert (record.category, record.status) == ("disaster", "developing")
    assert [(i.name, i.kind) for i in record.interests] == [
        ("East Quay", "region"),
        ("West Quay", "region"),
    ]


def test_an_exercise_in_an_index_is_never_news() -> None:
    (entry,) = entries(cap_index(status="Exercise", severity="Extreme"))
    assert entry.error == "it is not a real warning: its status is Exercise"


def test_an_index_is_read_also_when_cap_is_asked_for() -> None:
    assert only(cap_index(severity="Minor"), format="cap").severity_prior == 2
