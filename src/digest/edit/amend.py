"""Amending: a digest that still waits tells what was corrected in its newest words, and what was
retracted not at all: its reader has not been told the error."""

from collections.abc import Collection, Mapping

from digest.edit.changes import changes
from digest.edit.mend import in_new_words
from digest.models.content import EditionContent, Item
from digest.models.desk import Material

Materials = Mapping[tuple[int, int], Material]


def amend(
    told: EditionContent,
    corrected: Mapping[int, int],
    retracted: Collection[str],
    materials: Materials,
) -> EditionContent:
    """`told` with the Revisions of the `corrected` Events (by id), without the `retracted` ones (by
    slug). `materials` holds those Revisions, and what was told of these Events before.

    What the digest itself puts right stays as it was planned. That its reader was alerted to what
    is corrected is no longer said: the correction says it, and the next digest repeats that.
    """
    items = [
        _newest(one, corrected.get(one.event_id), materials)
        for one in told.items
        if (one.slug not in retracted or one.retraction is not None)
        and (one.event_id not in corrected or one.section != "alerted")
    ]
    if lead := next((one for one in items if one.section in ("lead", "item")), None):
        place = items.index(lead)
        items[place] = lead.model_copy(update={"section": "lead"})
    watch = tuple(line for line in told.watch if line.event_slug not in retracted)
    return told.model_copy(update={"items": tuple(items), "watch": watch})


def _newest(item: Item, revision: int | None, materials: Materials) -> Item:
    material = materials.get((item.event_id, revision)) if revision is not None else None
    if revision is None or material is None or item.section == "correction":
        return item
    told = materials.get((item.event_id, item.told.revision)) if item.told else None
    changed = (
        changes(told.record, material.record, (told.severity, material.severity)) if told else ()
    )
    return in_new_words(item, material, changed).model_copy(
        update={"revision": revision, "updated_at": material.record.updated_at}
    )
