"""The gazetteer's copy in the database: Interests, aliases, the DAG and its closure."""

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from digest.models import Interest, InterestAlias, InterestClosure, InterestParent
from digest.models.gazetteer import Gazetteer


def sync(session: Session, gazetteer: Gazetteer) -> tuple[int, int]:
    """Brings the tables to the gazetteer; returns (added, retired).

    An Interest that left the gazetteer is retired, not deleted: Events and Follows may name it.
    """
    known = {one.slug: one for one in session.scalars(select(Interest))}
    added = retired = 0
    for entry in gazetteer:
        row = known.get(entry.slug)
        if row is None:
            row = known[entry.slug] = Interest(slug=entry.slug)
            session.add(row)
            added += 1
        row.kind, row.name, row.codes, row.retired = (
            entry.kind,
            entry.name,
            dict(entry.codes),
            False,
        )
    for slug, row in known.items():
        if slug not in gazetteer and not row.retired:
            row.retired = True
            retired += 1
    session.flush()
    for table in (InterestAlias, InterestParent, InterestClosure):
        session.execute(delete(table))
    ids = {slug: row.id for slug, row in known.items()}
    _fill(session, gazetteer, ids)
    return added, retired


def _fill(session: Session, gazetteer: Gazetteer, ids: dict[str, int]) -> None:
    aliases, parents, closure = [], [], []
    for entry in gazetteer:
        own = ids[entry.slug]
        texts = {alias.text: alias.case for alias in entry.aliases}
        aliases += [
            {"interest_id": own, "text": text, "case_sensitive": bool(case)}
            for text, case in texts.items()
        ]
        parents += [
            {"child_id": own, "parent_id": ids[slug]} for slug in dict.fromkeys(entry.parents)
        ]
        ways = {entry.slug: 0} | gazetteer.ancestors(entry.slug)
        closure += [
            {"ancestor_id": ids[slug], "descendant_id": own, "distance": distance}
            for slug, distance in ways.items()
        ]
    retired = {slug for slug in ids if slug not in gazetteer}
    closure += [
        {"ancestor_id": ids[slug], "descendant_id": ids[slug], "distance": 0} for slug in retired
    ]
    for table, rows in (
        (InterestAlias, aliases),
        (InterestParent, parents),
        (InterestClosure, closure),
    ):
        if rows:
            session.execute(insert(table), rows)
