"""Bounces: mail that came back, and complaints about it

Adds a table; the code of the release before it does not know it.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "bounces",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivery_id", number, nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("forgiven_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name="fk_bounces_delivery_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bounces"),
        sa.UniqueConstraint("key", name="uq_bounces_key"),
    )
    op.create_index("ix_bounces_address_at", "bounces", ["address", "at"])
    op.create_index("ix_bounces_kind_at", "bounces", ["kind", "at"])
    op.create_index("ix_bounces_delivery_id", "bounces", ["delivery_id"])


def downgrade() -> None:
    op.drop_table("bounces")
