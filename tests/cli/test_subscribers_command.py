"""`digest subscribers`: kept in files, imported from a table, never brought back by surprise."""

from dataclasses import dataclass
from typing import Any

import pytest
from shell import Shell

FILES = """
lists:
  - key: desk
    name: Gulf desk
    follows: [Iran]
    schedule: {at: "07:00", zone: Europe/London}
subscribers:
  - key: amira
    name: Amira Haddad
    lists: [desk]
    destinations: [{email: amira@example.org}]
"""
TABLE = """Name;Work mail;Zone
Jörg Beispiel;joerg@example.org;Europe/Berlin
Nobody;not-an-address;Europe/Berlin
Amira;amira@example.org;Europe/London
"""


@dataclass(frozen=True)
class Synced:
    """An installation after its first sync, and what was said on the way."""

    shell: Shell
    dry_run: dict[str, Any]
    before: list[dict[str, Any]]
    said: str


@pytest.fixture(scope="module")
def synced(shell: Shell) -> Synced:
    shell.write("subscribers/all.yaml", FILES)
    plan = shell("subscribers", "sync", "--dry-run", "--json").data
    before = shell("subscribers", "list", "--json").data
    return Synced(shell, plan, before, shell("subscribers", "sync").said)


@pytest.fixture
def digest(synced: Synced) -> Shell:
    return synced.shell


def test_a_dry_run_shows_the_changes_and_makes_none(synced: Synced) -> None:
    assert synced.dry_run["dry_run"] is True
    assert synced.dry_run["added"] > 0
    assert {one["sign"] for one in synced.dry_run["changes"]} == {"+"}
    assert synced.before == []


def test_a_sync_is_done_once_and_found_done(synced: Synced) -> None:
    assert "+ subscriber amira (Amira Haddad)" in synced.said
    again = synced.shell("subscribers", "sync", "subscribers", "--json").data
    assert (again["added"], again["changed"], again["removed"]) == (0, 0, 0)
    amira = next(one for one in synced.shell("subscribers", "list", "--json").data)
    assert (amira["key"], amira["lists"]) == ("amira", ["desk"])
    assert amira["destinations"][0]["address"] == "amira@example.org"


def test_a_table_is_imported_and_exported(digest: Shell) -> None:
    path = digest.write("people.csv", TABLE.encode("latin-1"))
    options = ("--map", "Work mail=email", "--list", "desk", "--rejects", "refused.csv")
    tried = digest("subscribers", "import", path, *options, "--dry-run", "--json").data
    assert (tried["dry_run"], tried["new"]) == (True, 1)
    done = digest("subscribers", "import", path, *options, "--json").data
    assert (done["new"], done["same"], len(done["refused"])) == (1, 1, 1)
    assert done["refused"][0]["line"] == 3
    assert "not-an-address" in (digest.folder / "refused.csv").read_text(encoding="utf-8-sig")
    exported = digest("subscribers", "export").said
    assert "Jörg Beispiel" in exported
    assert "joerg@example.org" in exported
    assert digest("subscribers", "export", "--out", "all.csv").said == "Written to all.csv.\n"
    again = digest("subscribers", "import", "all.csv", "--json").data
    assert (again["new"], again["refused"]) == (0, [])


def test_a_table_that_cannot_be_read_is_refused(digest: Shell) -> None:
    path = digest.write("people.csv", TABLE)
    assert "no column holds addresses" in digest("subscribers", "import", path).fault
    assert (
        "there is no list 'dezk'"
        in digest("subscribers", "import", path, "--map", "Work mail=email", "--list", "dezk").fault
    )
    assert (
        "--map is written COLUMN=FIELD"
        in digest("subscribers", "import", path, "--map", "email").fault
    )


def test_who_was_removed_stays_away(digest: Shell) -> None:
    assert digest("subscribers", "remove", "amira@example.org").said.startswith("amira is")
    said = digest("subscribers", "sync").said
    assert "! subscriber amira: unsubscribed" in said
    states = {one["key"]: one["state"] for one in digest("subscribers", "list", "--json").data}
    assert states["amira"] == "left"
    assert "did you mean amira?" in digest("subscribers", "remove", "amirra").fault
