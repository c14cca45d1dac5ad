"""What is old: words of Editions may be removed, and what told nobody is found by its age

SQLite gives the number of a Subscriber who is erased to nobody else from now on: links in old mails
name it. Works with the code of the release before it, which removes nothing.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEPT = "pruned_at IS NULL"
UNTOLD = "edition_id IS NULL"


def upgrade() -> None:
    op.add_column("editions", sa.Column("pruned_at", sa.DateTime(timezone=True), nullable=True))
    _index("ix_editions_kept", "editions", ["created_at"], KEPT)
    op.drop_index("ix_editions_created_at", "editions")
    _index("ix_slots_untold", "slots", ["edition_id", "planned_at"], UNTOLD)
    _number_subscribers(anew=False)


def downgrade() -> None:
    _number_subscribers(anew=True)
    op.drop_index("ix_slots_untold", "slots")
    op.create_index("ix_editions_created_at", "editions", ["created_at"])
    op.drop_index("ix_editions_kept", "editions")
    with op.batch_alter_table("editions") as batch_op:
        batch_op.drop_column("pruned_at")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    of = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=of, postgresql_where=of)


def _number_subscribers(*, anew: bool) -> None:
    """PostgreSQL never gives a number twice."""
    if op.get_bind().dialect.name == "sqlite":
        how = {"sqlite_autoincrement": not anew}
        with op.batch_alter_table("subscribers", recreate="always", table_kwargs=how):
            pass
