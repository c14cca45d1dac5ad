"""Profiles: readers who ask for the same stand together

A planner goes through those who are due in this order, so that one digest serves the many who get
the same. Works with the code of the release before it, which leaves the column NULL: the next
planner reckons it.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscribers", sa.Column("profile", sa.BigInteger(), nullable=True))
    op.create_index("ix_subscribers_profile_id", "subscribers", ["profile", "id"])


def downgrade() -> None:
    op.drop_index("ix_subscribers_profile_id", "subscribers")
    op.drop_column("subscribers", "profile")
