"""What waits: findings kept until their hour, and indexes of what is due and what is open

Works with the code of the release before it: the new column is nullable, and that code writes
Revisions without it, which Events follow at once as they did. No code reads an index by its name.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CLAIMABLE = "state IN ('pending', 'retry', 'unknown') AND not_before IS NOT NULL"
OPEN = "state NOT IN ('materialised', 'contradicted', 'withdrawn', 'expired')"


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("revisions", sa.Column("found", json, nullable=True))
    op.create_index(
        "ix_deliveries_claimable",
        "deliveries",
        ["channel", "priority", "not_before"],
        sqlite_where=sa.text(CLAIMABLE),
        postgresql_where=sa.text(CLAIMABLE),
    )
    op.drop_index("ix_deliveries_channel_priority_not_before", "deliveries")
    op.create_index(
        "ix_scenarios_open",
        "scenarios",
        ["expires_at"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_index("ix_scenarios_open", "scenarios")
    op.create_index(
        "ix_deliveries_channel_priority_not_before",
        "deliveries",
        ["channel", "priority", "not_before"],
    )
    op.drop_index("ix_deliveries_claimable", "deliveries")
    with op.batch_alter_table("revisions") as batch_op:
        batch_op.drop_column("found")
