"""The gazetteer's files: what is built in, what a folder changes, and what errors say."""

from pathlib import Path

import pytest

from digest.errors import InputError
from digest.models.gazetteer import Gazetteer
from digest.models.names import key
from digest.models.words import InterestKind
from digest.store.gazetteer_files import load

SHARED = Path(__file__).parents[3] / "shared" / "data"

NORMAL = """
- slug: north-pole
  kind: region
  name: North Pole
  aliases: [NP, Polar Cap]
  parents: [arctic]
"""


@pytest.fixture(scope="module")
def built_in() -> Gazetteer:
    return load()


def test_all_countries_are_there_with_their_codes(built_in: Gazetteer) -> None:
    codes = {entry.codes["iso2"] for entry in built_in if "iso2" in entry.codes}
    assert len(codes) == 250
    assert {"IR", "NO", "TW", "PS", "XK"} <= codes


def test_actors_and_topics_are_there(built_in: Gazetteer) -> None:
    kinds = [entry.kind for entry in built_in]
    assert kinds.count(InterestKind.ACTOR) >= 100
    assert kinds.count(InterestKind.TOPIC) >= 40


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("U.S.", "united-states"),
        ("usa", "united-states"),
        ("UK", "united-kingdom"),
        ("Tehran", "iran"),
        ("DRC", "dr-congo"),
        ("Congo-Brazzaville", "republic-of-the-congo"),
        ("Côte d’Ivoire", "ivory-coast"),
        ("Gaza", "gaza"),
        ("the Gulf", "gulf"),
        ("Revolutionary Guards", "irgc"),
        ("Houthi", "houthis"),
        ("Tariffs", "trade"),
    ],
)
def test_well_known_names_are_known(built_in: Gazetteer, name: str, slug: str) -> None:
    found = built_in.resolve(name)
    assert found is not None
    assert found.slug == slug


@pytest.mark.parametrize(
    ("slug", "region"),
    [
        ("mali", "sahel"),
        ("irgc", "iran"),
        ("quds-force", "gulf"),
        ("white-house", "united-states"),
        ("houthis", "yemen"),
        ("gaza", "middle-east"),
        ("kosovo", "balkans"),
        ("estonia", "nato-countries"),
        ("timor-leste", "asean-countries"),
        ("european-commission", "european-union"),
        ("european-commission", "eu-countries"),
        ("cyprus", "europe"),
        ("strait-of-hormuz", "gulf"),
    ],
)
def test_a_region_receives_what_lies_within(built_in: Gazetteer, slug: str, region: str) -> None:
    assert region in built_in.ancestors(slug)


@pytest.mark.parametrize(
    "slug",
    [
        "al-qaeda",
        "al-shabaab",
        "boko-haram",
        "islamic-state",
        "islamic-state-khorasan",
        "jnim",
        "pakistani-taliban",
    ],
)
def test_a_follower_of_terrorism_hears_of_jihadist_groups(built_in: Gazetteer, slug: str) -> None:
    assert "terrorism" in built_in.ancestors(slug)


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("eu-countries", 27),
        ("nato-countries", 32),
        ("gcc-countries", 6),
        ("asean-countries", 11),
        ("arab-countries", 22),
        ("ecowas-countries", 12),
    ],
)
def test_the_countries_of_a_union_are_all_its_members(
    built_in: Gazetteer, group: str, members: int
) -> None:
    inside = [e for e in built_in if "iso2" in e.codes and group in e.parents]
    assert len(inside) == members


@pytest.mark.parametrize(
    "union",
    [
        *("african-union", "alliance-of-sahel-states", "arab-league", "asean", "brics", "ecowas"),
        *("european-union", "g20", "g7", "gcc", "mercosur", "nato", "opec", "united-nations"),
    ],
)
def test_what_happens_in_a_member_state_is_no_news_of_the_union(
    built_in: Gazetteer, union: str
) -> None:
    assert union in built_in
    assert not [
        e.slug for e in built_in if "iso2" in e.codes and union in built_in.ancestors(e.slug)
    ]


def test_no_two_actors_or_regions_share_a_name(built_in: Gazetteer) -> None:
    shared_on_purpose = {key("Trump administration")}
    owners: dict[str, str] = {}
    for entry in built_in:
        if entry.kind is InterestKind.TOPIC:
            continue
        for alias in entry.names:
            spelt = alias.text if alias.case else key(alias.text)
            if key(alias.text) not in shared_on_purpose:
                assert owners.setdefault(spelt, entry.slug) == entry.slug, alias.text


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")
def test_topic_codes_are_live_codes_of_iptc(built_in: Gazetteer) -> None:
    table = (SHARED / "taxonomies" / "topics" / "iptc_media_topics.csv").read_text("utf-8")
    live = {line.split(",")[0] for line in table.splitlines()}
    topics = [entry for entry in built_in if entry.kind is InterestKind.TOPIC]
    assert [t.slug for t in topics if t.codes.get("iptc") not in live] == []


def test_a_folder_adds_an_entry(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(NORMAL)
    found = load(tmp_path).resolve("polar cap")
    assert found is not None
    assert found.slug == "north-pole"


def test_a_folder_extends_an_entry(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("- {slug: iran, aliases: [Eyran], parents: [arctic]}")
    iran = load(tmp_path)["iran"]
    assert iran.name == "Iran"
    assert {"arctic", "gulf"} <= set(iran.parents)
    assert {"Eyran", "Iranian"} <= {alias.text for alias in iran.aliases}


def test_a_folder_replaces_an_entry(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("- {slug: iran, kind: region, name: Persia, replace: true}")
    iran = load(tmp_path)["iran"]
    assert (iran.name, iran.aliases, iran.parents) == ("Persia", (), ())


def test_a_folder_removes_an_entry_and_nothing_is_part_of_it_any_more(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("- {slug: maghreb, remove: true}")
    gazetteer = load(tmp_path)
    assert "maghreb" not in gazetteer
    assert "maghreb" not in gazetteer["tunisia"].parents


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- slug: [", r"ours.yaml, line \d: is not YAML: "),
        ("slug: one", "ours.yaml: must be a list of entries"),
        ("\n- name: One", "ours.yaml, line 2: an entry needs a slug"),
        ("- slug: Not A Slug\n  kind: actor\n  name: X", "ours.yaml, line 1: 'Not A Slug': slug: "),
        ("- {slug: one, name: One}", "ours.yaml, line 1: 'one': kind: Field required"),
        ("- {slug: one, name: One, kind: animal}", "'one': kind: Input should be 'actor'"),
        ("- {slug: one, name: One, kind: actor, alias: [x]}", "'one': alias: "),
        ("- {slug: one, name: One, kind: actor, aliases: x}", "'one': aliases: "),
        ("- {slug: one, name: One, kind: actor, aliases: [no]}", r"'one': aliases.0: "),
        ("- {slug: one, name: One, kind: actor, codes: {m49: 12}}", r"'one': codes.m49: "),
        (NORMAL + NORMAL, "ours.yaml, line 8: 'north-pole' is in this file twice"),
        (NORMAL.replace("arctic", "mars"), "ours.yaml, line 2: 'north-pole' has the parent 'mars'"),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "ours.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        load(tmp_path)


def test_an_empty_file_and_other_files_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing yet\n")
    (tmp_path / "notes.txt").write_text("- not ours")
    assert len(load(tmp_path)) == len(load())


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        load(tmp_path / "missing")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_bytes(b"- slug: \xff\xfe")
    with pytest.raises(InputError, match=r"ours\.yaml: can't be read"):
        load(tmp_path)
