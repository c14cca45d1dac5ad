"""What was told: a reader's last day is found by reader and day, and what is held by itself

SQLite, which counts no rows, took the old index of what is held for what was told as well, and
read all that ever was. Works with the code of the release before it, which reads no index by its
name.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HELD = "release_at IS NOT NULL"


def upgrade() -> None:
    op.create_index("ix_slots_subscriber_id_planned_at", "slots", ["subscriber_id", "planned_at"])
    op.drop_index("ix_slots_planned_at", "slots")
    op.create_index(
        "ix_slots_held",
        "slots",
        ["outcome", "release_at"],
        sqlite_where=sa.text(HELD),
        postgresql_where=sa.text(HELD),
    )
    op.drop_index("ix_slots_outcome_release_at", "slots")


def downgrade() -> None:
    op.create_index("ix_slots_outcome_release_at", "slots", ["outcome", "release_at"])
    op.drop_index("ix_slots_held", "slots")
    op.create_index("ix_slots_planned_at", "slots", ["planned_at"])
    op.drop_index("ix_slots_subscriber_id_planned_at", "slots")
