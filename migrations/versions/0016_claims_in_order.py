"""Claims in order: the index of what is due knows the order within one instant

All that is planned together is due at the same instant. Of all that the database read each row and
sorted it, for each hundred that a sender claimed: of ten thousand that took twice as long as all
else that it does for a claim.

Works with the code of the release before it, which is quicker with it.

Revision: 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAME = "ix_deliveries_claimable"
CLAIMABLE = sa.text("state IN ('pending', 'retry', 'unknown') AND not_before IS NOT NULL")
BEFORE = ["channel", "priority", "not_before"]


def upgrade() -> None:
    _index([*BEFORE, "id"])


def downgrade() -> None:
    _index(BEFORE)


def _index(columns: list[str]) -> None:
    op.drop_index(NAME, "deliveries")
    op.create_index(NAME, "deliveries", columns, sqlite_where=CLAIMABLE, postgresql_where=CLAIMABLE)
