"""Claims noted: what is in a worker's hands is found by its claims, and not by an index

A Delivery is claimed, begun and recorded. PostgreSQL wrote it to each of its indexes anew every
time, as one of them held leases and five were of a state. What indexes know now is the phase of a
state, which a beginning leaves as it was, and pages have room for the rows that follow.

Works with the code of the release before it: that one goes along all Deliveries that there are
whenever it looks for some, so replace it soon. PostgreSQL writes the table anew, which nobody reads
meanwhile: some ten seconds a million.

Revision: 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PHASE = (
    "CASE WHEN state IN ('pending', 'sending', 'retry') THEN 'under_way'"
    " WHEN state IN ('failed', 'expired', 'suppressed') THEN 'ended'"
    " ELSE state END"
)
INDEXES = {
    "ix_deliveries_claimable": (
        ["channel", "priority", "not_before", "id"],
        "phase IN ('under_way', 'unknown') AND not_before IS NOT NULL",
        "state IN ('pending', 'retry', 'unknown') AND not_before IS NOT NULL",
    ),
    "ix_deliveries_under_way": (
        ["subscriber_id"],
        "phase = 'under_way'",
        "state IN ('pending', 'sending', 'retry')",
    ),
    "ix_deliveries_unknown": (["channel"], "phase = 'unknown'", "state = 'unknown'"),
    "ix_deliveries_ended": (
        ["created_at"],
        "phase = 'ended'",
        "state IN ('failed', 'expired', 'suppressed')",
    ),
}
LEASED = sa.text("lease_until IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "claims",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "delivery_ids",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.drop_index("ix_deliveries_leased", "deliveries")
    for name in INDEXES:
        op.drop_index(name, "deliveries")
    stored = op.get_bind().dialect.name == "postgresql"  # SQLite adds none that is stored
    if stored:
        op.execute("ALTER TABLE deliveries SET (fillfactor = 40)")
    phase = sa.Computed(PHASE, persisted=stored)
    op.add_column("deliveries", sa.Column("phase", sa.Text(), phase, nullable=False))
    for name, (columns, part, _) in INDEXES.items():
        _index(name, columns, part)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "deliveries")
    op.drop_column("deliveries", "phase")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries RESET (fillfactor)")
    for name, (columns, _, part) in INDEXES.items():
        _index(name, columns, part)
    op.create_index(
        "ix_deliveries_leased",
        "deliveries",
        ["lease_until"],
        sqlite_where=LEASED,
        postgresql_where=LEASED,
    )
    op.drop_table("claims")


def _index(name: str, columns: list[str], part: str) -> None:
    where = sa.text(part)
    op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)
