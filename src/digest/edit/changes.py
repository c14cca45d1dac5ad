"""What changed: a diff of fields between what a reader was told and what is so now. No prose."""

from digest.edit.facts import normalise
from digest.models.content import Change
from digest.models.record import EventRecord

FIELDS = ("severity", "status", "certainty", "headline", "takeaway", "standfirst")


def changes(was: EventRecord, now: EventRecord, severities: tuple[int, int]) -> tuple[Change, ...]:
    """Fields of `now` that differ from `was`, weightiest first.

    `severities` are those in force for the two, which may be derived. Sources and scenarios are
    counted: `now` is how many were added. The body is only named, its words are not compared.
    """
    before = {name: getattr(was, name) for name in FIELDS} | {"severity": severities[0]}
    after = {name: getattr(now, name) for name in FIELDS} | {"severity": severities[1]}
    found = [
        Change(field=name, was=_text(before[name]), now=_text(after[name]))
        for name in FIELDS
        if normalise(_text(before[name])) != normalise(_text(after[name]))
    ]
    added = len(now.publishers - was.publishers)
    if added:
        found.append(Change(field="sources", now=str(added)))
    old = {(one.kind, normalise(one.text)) for one in was.assertions}
    fresh = sum((one.kind, normalise(one.text)) not in old for one in now.assertions)
    if fresh:
        found.append(Change(field="scenarios", now=str(fresh)))
    if [normalise(p) for p in was.body] != [normalise(p) for p in now.body]:
        found.append(Change(field="body"))
    return tuple(found)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
