"""Followers: the audience of an Event is found in indexes alone

Who follows what is read with the index of what is followed, and of all Subscribers only those are
looked at who are gone or in a pause. Works with the code of the release before it, which reads no
index by its name.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

AWAY = "state <> 'active'"
FOLLOWED = ("interest_id", "story_id")


def upgrade() -> None:
    for column in FOLLOWED:
        name = f"ix_follows_{column}"
        op.create_index(f"{name}_subscriber_id", "follows", [column, "subscriber_id"])
        op.drop_index(name, "follows")
    op.create_index(
        "ix_subscribers_away",
        "subscribers",
        ["id", "state", "paused_until"],
        sqlite_where=sa.text(AWAY),
        postgresql_where=sa.text(AWAY),
    )


def downgrade() -> None:
    op.drop_index("ix_subscribers_away", "subscribers")
    for column in FOLLOWED:
        name = f"ix_follows_{column}"
        op.create_index(name, "follows", [column])
        op.drop_index(f"{name}_subscriber_id", "follows")
