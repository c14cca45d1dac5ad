"""Contacts: Subscribers from a table, many at once. New ones are added, nobody is changed.

A row is known by its address: whoever has it already is left as they are, also if they have
unsubscribed. So a file may be imported twice, or again after a crash. Rows that can't be taken are
kept with line and reason, and never stop the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from digest.errors import InputError
from digest.formats import contacts_csv
from digest.formats.contacts_csv import Row
from digest.formats.encodings import Encoding
from digest.models import AuditEntry, List, Schedule, Subscriber
from digest.services.app import App
from digest.services.bounces import erased
from digest.services.subscribers.contact_rows import Adding, Checked, Group, Keys, Known, Verdict
from digest.services.subscribers.targets import Targets
from digest.services.subscribers.wanted import Checker
from digest.store.chunks import chunks
from digest.store.subscribers import alone, schedules_of

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: its line, why, and its cells as they stand in the file."""

    line: int
    reason: str
    cells: tuple[str, ...]


@dataclass
class Imported:
    """What an import did. Counts are rows; `ignored` are columns that no field takes."""

    header: tuple[str, ...]
    ignored: tuple[str, ...]
    encoding: Encoding
    new: int = 0
    same: int = 0  # known already, and left as they are
    unsubscribed: int = 0  # known, unsubscribed, and left as they are
    refused: list[Refused] = field(default_factory=list)
    doubts: dict[str, int] = field(default_factory=dict)  # what to look at -> its first line

    @property
    def read(self) -> int:
        """Rows whose subscribers are stored, now or before."""
        return self.new + self.same + self.unsubscribed

    def count(self, row: Row, verdict: Verdict, why: str) -> None:
        match verdict:
            case Verdict.NEW:
                self.new += 1
            case Verdict.SAME:
                self.same += 1
            case Verdict.UNSUBSCRIBED:
                self.unsubscribed += 1
            case Verdict.REFUSED:
                self.refuse(row, why)

    def refuse(self, row: Row, why: str) -> None:
        self.refused.append(Refused(row.line, why, row.cells))

    def rejects(self) -> bytes:
        """The refused rows with line and reason, as a file to put right and import again."""
        return contacts_csv.write_rejects(
            self.header, [(one.line, one.reason, one.cells) for one in self.refused]
        )

    def as_data(self) -> dict[str, Any]:
        """The counts for programs, with line and reason of each row that was refused."""
        return {
            "new": self.new,
            "same": self.same,
            "unsubscribed": self.unsubscribed,
            "refused": [{"line": one.line, "reason": one.reason} for one in self.refused],
            "warnings": [{"line": line, "warning": doubt} for doubt, line in self.doubts.items()],
            "ignored_columns": list(self.ignored),
            "encoding": self.encoding.name,
            "encoding_guessed": bool(self.encoding.guessed),
        }


def import_contacts(
    app: App,
    data: bytes,
    now: datetime,
    *,
    name: str = "",
    mapping: Mapping[str, str] | None = None,
    lists: Sequence[str] = (),
    confirmed: bool = True,
    encoding: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
) -> Imported:
    """Adds the Subscribers of a CSV file, in transactions of a thousand rows.

    `name` stands in front of errors. `mapping` is {"their column": "field"}; `lists` are Lists that
    all new ones join; `confirmed` says that the people agreed to be written to;
    `encoding` is the file's, if it is known. `progress` gets the number of rows just done.

    Raises:
        InputError: the file as a whole can't be taken, or a List of `lists` does not exist;
            nothing is stored then.
    """
    try:
        sheet = contacts_csv.read(
            data, channels=tuple(app.channels), mapping=mapping, encoding=encoding
        )
        adding = _adding(app, now, lists, confirmed)
    except InputError as error:
        raise InputError(error.message, place=name) from None
    done = Imported(sheet.header, sheet.ignored, sheet.encoding)
    marks = erased.marks_if_any(app)
    for rows in chunks(sheet.rows, BATCH):
        fitting: list[tuple[Row, Checked]] = []
        for row in rows:
            one = adding.check(row)
            if isinstance(one, Checked):
                fitting.append((row, one))
            else:
                done.refuse(row, one)
        batch = [one for _, one in fitting]
        with app.db.begin() as session:
            alone(session)
            known = Known.load(session, marks, batch)
            for row, one in fitting:
                done.count(row, *adding.judge(one, known))
                for doubt in adding.doubts(one):
                    done.doubts.setdefault(doubt, row.line)
            if not dry_run:
                adding.write(session, batch)
        progress(len(rows))
    done.refused.sort(key=lambda one: one.line)
    if done.new and not dry_run:
        _audit(app, done, name, now)
    return done


def _adding(app: App, now: datetime, lists: Sequence[str], confirmed: bool) -> Adding:
    with app.db.begin() as session:
        rows = session.scalars(select(List)).all()
        schedules = schedules_of(session, Schedule.list_id, [row.id for row in rows])
        checker = Checker(
            app.settings,
            app.channels,
            Targets.load(session, app.gazetteer),
            {row.name.casefold(): row.key for row in rows} | {row.key: row.key for row in rows},
            {row.key: schedules[row.id].zone for row in rows if row.id in schedules},
        )
        return Adding(
            now=now,
            checker=checker,
            groups={row.key: Group(row.id, schedules.get(row.id)) for row in rows},
            lists=tuple(checker.list_key(name) for name in lists),
            confirmed=confirmed,
            keys=Keys(session.scalars(select(Subscriber.key))),
        )


def _audit(app: App, done: Imported, name: str, now: datetime) -> None:
    counts = {"new": done.new, "same": done.same, "refused": len(done.refused)}
    with app.db.begin() as session:
        session.add(
            AuditEntry(
                at=now,
                actor="import",
                action="imported subscribers",
                subject=name or "a file",
                detail=counts,
            )
        )
