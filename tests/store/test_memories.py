"""What readers were told, asked of more Events than one statement carries."""

from newsroom import Newsroom

from digest.models import Event
from digest.services.app import App
from digest.store import readers


def test_any_number_of_events_and_facts_may_be_asked_about(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    maria = room.reader()
    for name in "ab":
        room.news(name, headline="The same report", standfirst="In the same words.")
    room.alert()
    first, second = room.rows(Event)
    assert first.fact_key == second.fact_key
    many = [f"fact {number}" for number in range(35_000)]
    with app_on_both.db.read() as session:
        for ids, facts in (
            ([*range(first.id, 70_000)], many),
            ([], [*many, first.fact_key]),
            ([second.id], [second.fact_key]),
        ):
            told = readers.memories(session, [maria], ids, facts)
            assert [one.event_id for one in told[maria]] == [first.id]
        assert readers.memories(session, [maria], [], []) == {}


def test_any_number_of_destinations_may_be_asked_about(app_on_both: App) -> None:
    Newsroom(app_on_both).reader()
    with app_on_both.db.read() as session:
        assert len(readers.open_destinations(session, range(70_000))) == 1
