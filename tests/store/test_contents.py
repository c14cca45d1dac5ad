"""Contents of Editions that are kept as values."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import make_digest
from desk_builders import NOW
from factories import installation
from newsroom import counting
from sqlalchemy import delete

from digest.models import Edition
from digest.models.content import EditionContent
from digest.services.app import App
from digest.store import editions
from digest.store.contents import Contents


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with installation(tmp_path) as found:
        yield found


def nothing_new(name: str) -> EditionContent:
    return make_digest(0, 0, list_name=name)


def save(app: App, *contents: EditionContent) -> list[int]:
    with app.db.begin() as session:
        return editions.save(session, contents, {}, NOW)


def load(app: App, kept: Contents, *numbers: int) -> tuple[dict[int, EditionContent], int]:
    """What is found, and how many statements that took."""
    with app.db.read() as session, counting(app.db.engine) as asked:
        return kept.load(session, numbers), len(asked)


def test_contents_come_back_as_they_were_stored(app: App) -> None:
    one, other = nothing_new("A"), nothing_new("B")
    numbers = save(app, one, other)
    found, _ = load(app, Contents(), *numbers, 99)
    assert found == dict(zip(numbers, (one, other), strict=True))


def test_what_was_read_before_is_the_same_object_and_not_fetched_again(app: App) -> None:
    (number,), kept = save(app, nothing_new("A")), Contents()
    first, asked = load(app, kept, number)
    second, asked_again = load(app, kept, number)
    assert second[number] is first[number]
    assert (asked, asked_again) == (2, 1)


def test_a_number_that_a_backup_gave_to_another_edition_is_read_anew(app: App) -> None:
    (number,), kept = save(app, nothing_new("A")), Contents()
    load(app, kept, number)
    with app.db.begin() as session:
        session.execute(delete(Edition))
    another = nothing_new("B")
    assert save(app, another) == [number]
    assert load(app, kept, number)[0] == {number: another}


def test_only_so_many_are_kept_but_all_that_are_asked_for_are_found(app: App) -> None:
    contents = [nothing_new(name) for name in "ABC"]
    numbers, kept = save(app, *contents), Contents(room=1)
    assert load(app, kept, *numbers)[0] == dict(zip(numbers, contents, strict=True))
    assert load(app, kept, numbers[2])[1] == 1
    assert load(app, kept, numbers[0])[1] == 2


def test_one_that_is_no_longer_valid_is_left_out(app: App) -> None:
    numbers = save(app, nothing_new("A"), nothing_new("B"))
    with app.db.begin() as session:
        session.get_one(Edition, numbers[0]).content = {"kind": "of old"}
    assert list(load(app, Contents(), *numbers)[0]) == numbers[1:]
