"""A light ledger: what is written for each reader each day is checked once, not row by row

A third to half of the time in which Slots and Deliveries are written went into foreign keys: for
each row and key a query, and a lock on the row it points to. Four of the keys prove nothing:

- A Delivery's Subscriber is that of its Destination, in whose row it is read by the statement that
  writes the Delivery. The key to the Destination stays, and takes the Deliveries of one who is
  erased along.
- Editions are stored by the transaction that writes the Slots and Deliveries that tell them, or
  are read by it; and they are never deleted. The same holds for Events.

The key from a Slot to its Subscriber stays, too: nothing else takes the Slots of one who is erased
along.

Of Slots the index by Event holds those of alerts alone, as digests have none; that of Deliveries by
the hour of sending those that were sent.

Works with the code of the release before it, which reads no index by its name. SQLite copies both
tables for this, once.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DROPPED = {
    "deliveries": {"edition_id": ("editions", None), "subscriber_id": ("subscribers", "CASCADE")},
    "slots": {"edition_id": ("editions", None), "event_id": ("events", None)},
}
PART = (("slots", "event_id"), ("deliveries", "sent_at"))


def upgrade() -> None:
    for table, keys in DROPPED.items():
        with op.batch_alter_table(table) as batch_op:
            for column in keys:
                batch_op.drop_constraint(f"fk_{table}_{column}", type_="foreignkey")
    for table, column in PART:
        there = sa.text(f"{column} IS NOT NULL")
        name = f"ix_{table}_{column}"
        op.drop_index(name, table)
        op.create_index(name, table, [column], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    for table, column in PART:
        name = f"ix_{table}_{column}"
        op.drop_index(name, table)
        op.create_index(name, table, [column])
    for table, keys in DROPPED.items():
        with op.batch_alter_table(table) as batch_op:
            for column, (parent, on_delete) in keys.items():
                name = f"fk_{table}_{column}"
                batch_op.create_foreign_key(name, parent, [column], ["id"], ondelete=on_delete)
