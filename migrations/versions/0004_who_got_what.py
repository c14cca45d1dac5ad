"""Who got what: whether an Edition reached a Subscriber is found by both, not by all they ever got

Works with the code of the release before it, which reads no index by its name.

Revision: 0004, after 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_edition_id_subscriber_id", "deliveries", ["edition_id", "subscriber_id"]
    )
    op.drop_index("ix_deliveries_edition_id", "deliveries")


def downgrade() -> None:
    op.create_index("ix_deliveries_edition_id", "deliveries", ["edition_id"])
    op.drop_index("ix_deliveries_edition_id_subscriber_id", "deliveries")
