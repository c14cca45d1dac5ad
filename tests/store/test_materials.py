"""Materials: what is asked for is read, and nothing else of a long story."""

from typing import Any

from newsroom import Newsroom
from sqlalchemy import event

from digest.services.app import App
from digest.store.materials import materials


def test_only_the_revisions_asked_for_are_read(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    for number in range(1, 8):
        for id in ("a", "b"):
            room.news(id, headline=f"{id}{number}")
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "revisions.record" in statement:
            asked.append((statement, parameters))

    event.listen(room.app.db.engine, "before_cursor_execute", note)
    with room.app.db.read() as session:
        found = materials(session, {(1, 7), (2, 3), (2, 99)})
        heads = {key: one.record.headline for key, one in found.items()}
        assert heads == {(1, 7): "a7", (2, 3): "b3"}
        [(statement, parameters)] = asked
        assert len(session.connection().exec_driver_sql(statement, parameters).all()) == 2
