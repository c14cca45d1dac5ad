"""An admin with a folder of files about subscribers, for tests of what a sync makes of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import func, select

from digest.errors import InputErrors
from digest.models import (
    Base,
    Subscriber,
)
from digest.services.app import App
from digest.services.subscribers.plan import Plan
from digest.services.subscribers.sync import sync
from digest.store import readers

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)

AMIRA = """
    subscribers:
      - key: amira
        name: Amira Haddad
        follows: [Yemen]
        schedule: {at: "07:00", zone: Europe/London}
        destinations: {email: amira@example.org}
"""


class Desk:
    """An admin with a folder of files."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self.folder = folder

    def sync(self, text: str | None = None, *, now: datetime = NOW, **options: Any) -> Plan:
        if text is not None:
            self.write(text)
        return sync(self.app, self.folder, now, **options)

    def write(self, text: str, name: str = "team.yaml") -> None:
        (self.folder / name).write_text(dedent(text), encoding="utf-8")

    def refused(self, text: str) -> str:
        """What is said of files that are not taken."""
        with pytest.raises(InputErrors) as caught:
            self.sync(text)
        return str(caught.value).replace(str(self.folder), "subscribers")

    def one(self, table: type[Any], **values: Any) -> Any:
        with self.app.db.read() as session:
            row = session.scalars(select(table).filter_by(**values)).one()
            session.expunge_all()
            return row

    def count(self, table: type[Any], **values: Any) -> int:
        with self.app.db.read() as session:
            return session.scalar(select(func.count()).select_from(table).filter_by(**values)) or 0

    def change(self, table: type[Any], where: dict[str, Any], **values: Any) -> None:
        with self.app.db.begin() as session:
            row = session.scalars(select(table).filter_by(**where)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def account(self, key: str) -> readers.Account:
        with self.app.db.read() as session:
            own = session.scalars(select(Subscriber.id).filter_by(key=key))
            (found,) = readers.accounts(session, own, NOW)
            session.expunge_all()
            return found

    def rows(self) -> dict[str, list[Any]]:
        """All rows of all tables, to compare."""
        with self.app.db.read() as session:
            return {
                table.name: sorted(map(str, session.execute(select(table))))
                for table in Base.metadata.sorted_tables
            }


def lines(plan: Plan) -> list[str]:
    return [str(line) for line in (*plan.changes, *plan.notes)]
