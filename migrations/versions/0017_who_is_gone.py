"""Who is gone: their Slots and Deliveries are taken along by who erases them, not by keys

Half of the time in which PostgreSQL wrote the Slots and Deliveries of a day went into the check of
the last two keys: for each row a query, and a lock on the row of its reader. The two keys of Items
prove nothing: Editions are stored in the same transaction, and neither they nor Events are ever
deleted.

The release before it works with this. Whom it erases leaves Slots and Deliveries behind, which hold
numbers and no address. SQLite copies three tables for this, once.

Revision: 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

DROPPED = {
    "items": {"edition_id": ("editions", "CASCADE"), "event_id": ("events", None)},
    "slots": {"subscriber_id": ("subscribers", "CASCADE")},
    "deliveries": {"destination_id": ("destinations", "CASCADE")},
}
LEFT_BEHIND = (
    "DELETE FROM slots WHERE subscriber_id NOT IN (SELECT id FROM subscribers)",
    "DELETE FROM deliveries WHERE destination_id NOT IN (SELECT id FROM destinations)",
)
NUMBER = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'deliveries'"
NUMBERED = sa.text("UPDATE sqlite_sequence SET seq = :last WHERE name = 'deliveries'")


def upgrade() -> None:
    last = _last()
    for table, keys in DROPPED.items():
        with _altered(table) as batch_op:
            for column in keys:
                batch_op.drop_constraint(f"fk_{table}_{column}", type_="foreignkey")
    _go_on_from(last)


def downgrade() -> None:
    last = _last()
    for statement in LEFT_BEHIND:
        op.execute(statement)
    for table, keys in DROPPED.items():
        with _altered(table) as batch_op:
            for column, (parent, on_delete) in keys.items():
                name = f"fk_{table}_{column}"
                batch_op.create_foreign_key(name, parent, [column], ["id"], ondelete=on_delete)
    _go_on_from(last)


def _altered(table: str):
    return op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": table == "deliveries"})


def _last() -> int | None:
    """The highest number of a Delivery on SQLite, also of one that is gone; its copy knows none."""
    if op.get_bind().dialect.name != "sqlite":
        return None
    return op.get_bind().scalar(sa.text(NUMBER))


def _go_on_from(last: int | None) -> None:
    if last is not None:
        op.get_bind().execute(NUMBERED, {"last": last})
