"""Few under way: of Deliveries that are done no index by reader or state is kept

Each Delivery stood in both, and was written to both anew when it was claimed, begun and recorded,
though they were asked for the few that are under way, that nobody knows of, or that came to
nothing. SQLite went along all that wait to find those of a page of readers. What else a reader was
sent is found by their Destinations.

The release before it works with this, and is slow to plan digests: it asks for what waits by
reader alone.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEPT = {
    "ix_deliveries_under_way": ("subscriber_id", "state IN ('pending', 'sending', 'retry')"),
    "ix_deliveries_unknown": ("channel", "state = 'unknown'"),
    "ix_deliveries_ended": ("created_at", "state IN ('failed', 'expired', 'suppressed')"),
}
DROPPED = {
    "ix_deliveries_subscriber_id": ["subscriber_id"],
    "ix_deliveries_state_lease_until": ["state", "lease_until"],
}


def upgrade() -> None:
    for name, (column, part) in KEPT.items():
        where = sa.text(part)
        op.create_index(name, "deliveries", [column], sqlite_where=where, postgresql_where=where)
    for name in DROPPED:
        op.drop_index(name, "deliveries")


def downgrade() -> None:
    for name, columns in DROPPED.items():
        op.create_index(name, "deliveries", columns)
    for name in KEPT:
        op.drop_index(name, "deliveries")
