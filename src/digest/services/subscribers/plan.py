"""A Plan: what a sync changes, as values that print as a diff."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from digest.services.subscribers.targets import NOTHING_YET

Sign = Literal["+", "~", "-"]
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the diff: something of `subject` is added, changed or removed.

    `subject` is "list red-sea-desk" or "subscriber amira"; `what` the part of it, empty for the
    whole; `was` and `now` are as a person would write them in the files.
    """

    sign: Sign
    subject: str
    what: str = ""
    was: str | None = None
    now: str | None = None

    def __str__(self) -> str:
        line = f"{self.sign} {self.subject}"
        if self.what:
            line += f": {self.what}"
        if self.sign == "~":
            return f"{line} {self.was or NOTHING} -> {self.now or NOTHING}"
        detail = self.now if self.sign == "+" else self.was
        return f"{line} ({detail})" if detail else line


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is left as it is, and why, or that an admin may want to look at."""

    subject: str
    text: str

    def __str__(self) -> str:
        return f"! {self.subject}: {self.text}"


@dataclass
class Plan:
    """What a sync did, or would do; `print(plan)` shows it."""

    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)
    lists: int = 0  # how many the files have
    subscribers: int = 0

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.changes), *map(str, self.notes), self.summary])

    def sort(self) -> None:
        """Brings together what concerns the same List or Subscriber, in the order of the files."""
        seen = dict.fromkeys(change.subject for change in self.changes)
        place = {subject: number for number, subject in enumerate(seen)}
        self.changes.sort(key=lambda change: place[change.subject])

    @property
    def doubtful(self) -> list[str]:
        """What an admin should look at: languages without a translation, and Stories that nobody
        has heard of, each with what may have been meant, as a mistyped name is one of them."""
        new = [c.subject for c in self.changes if c.sign == "+" and c.subject.startswith("story ")]
        notes = {note.subject: note.text for note in self.notes}
        stories = [f"{subject}: {notes.get(subject, NOTHING_YET)}" for subject in new]
        return [*self.untranslated, *stories]

    @property
    def counts(self) -> Counter[str]:
        """How many lines there are of each sign, with "!" for the notes."""
        return Counter(change.sign for change in self.changes) + Counter("!" * len(self.notes))

    @property
    def summary(self) -> str:
        """One line: how much there is in the files and how much of it is new."""
        read = f"{_number(self.lists, 'list')} and {_number(self.subscribers, 'subscriber')}"
        if not self.changes:
            return f"{read}, no change"
        n = self.counts
        return f"{read}: {n['+']} added, {n['~']} changed, {n['-']} removed"

    def as_data(self) -> dict[str, Any]:
        """The Plan for programs."""
        return {
            "lists": self.lists,
            "subscribers": self.subscribers,
            "added": self.counts["+"],
            "changed": self.counts["~"],
            "removed": self.counts["-"],
            "changes": [
                {"sign": c.sign, "subject": c.subject, "what": c.what, "was": c.was, "now": c.now}
                for c in self.changes
            ],
            "notes": [{"subject": n.subject, "text": n.text} for n in self.notes],
            "warnings": self.doubtful,
        }


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"
