"""Since: what was corrected or retracted after an Edition told it, for its page on the web."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.models import Revision
from digest.models.content import EditionContent, Item, Retraction
from digest.models.words import RIGHTING, Code
from digest.store import stored

# All that an Item says of an Event, besides its headline.
_SAID = ("standfirst", "takeaway", "status", "certainty", "root_causes", "escalation", "chain")
_LISTED = ("scenarios", "perspectives", "sources", "changes")


@dataclass(frozen=True, slots=True)
class Righted:
    """An Item of an Edition that was put right later: at `at`, in the words `right`."""

    item: Item
    at: datetime
    right: str
    retracted: bool


def righted_since(session: Session, content: EditionContent, now: datetime) -> tuple[Righted, ...]:
    """What is known at `now` to be wrong in this Edition, in the order of its Items.

    What was told again after it was retracted stands. Of several corrections all are said. What can
    no longer be read is passed over.
    """
    rows = session.scalars(
        select(Revision)
        .where(
            Revision.event_id.in_({item.event_id for item in content.items}),
            Revision.visible_at <= now,
        )
        .order_by(Revision.event_id, Revision.number)
    ).all()
    found = (
        _of(item, [one for one in rows if one.event_id == item.event_id]) for item in content.items
    )
    return tuple(one for one in found if one is not None)


def _of(item: Item, revisions: Sequence[Revision]) -> Righted | None:
    later = [
        (one, record)
        for one in revisions
        if one.number > item.revision
        and (record := stored.read(one.event_id, one.number, one.record)) is not None
    ]
    if not later:
        return None
    last, newest = later[-1]
    righting = [(one, record) for one, record in later if one.code in RIGHTING]
    if newest.retraction is not None:
        if item.retraction is not None:
            return None
        at = next(
            (one.visible_at for one, _ in righting if one.code == Code.RETRACT), last.visible_at
        )
        return Righted(item, at, newest.retraction.reason, True)
    said = {
        record.correction.right: one.visible_at
        for one, record in righting
        if one.code == Code.CORRECT and record.correction is not None
    }
    if not said:
        return None
    return Righted(item, max(said.values()), " ".join(said), False)


def without_retracted(content: EditionContent, found: Sequence[Righted]) -> EditionContent:
    """The Edition without what was said of Events that were retracted since: their headlines stay,
    and are shown struck through."""
    gone = {one.item: one for one in found if one.retracted}
    slugs = {one.item.slug for one in gone.values()}
    items = tuple(_taken_back(item, gone[item]) if item in gone else item for item in content.items)
    watch = tuple(line for line in content.watch if line.event_slug not in slugs)
    return content.model_copy(update={"items": items, "watch": watch})


def _taken_back(item: Item, righted: Righted) -> Item:
    return item.model_copy(
        update={
            **dict.fromkeys(_SAID),
            **dict.fromkeys(_LISTED, ()),
            "breaking": False,
            "correction": None,
            "retraction": Retraction(reason=righted.right, at=righted.at),
        }
    )
