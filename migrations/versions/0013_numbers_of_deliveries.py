"""Numbers of Deliveries: none is given twice

The Message-ID of a mail, its return path and its links hold the number of its Delivery. Where
the reader of the newest one was erased, SQLite gave its number to the next: a bounce or a link of
the old mail then named a message to somebody else. SQLite copies the table for this, once;
PostgreSQL never gives a number twice.

Works with the code of the release before it, which lets the database give the numbers.

Revision: 0013, after 0012.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _number_deliveries(anew=False)


def downgrade() -> None:
    _number_deliveries(anew=True)


def _number_deliveries(*, anew: bool) -> None:
    if op.get_bind().dialect.name == "sqlite":
        how = {"sqlite_autoincrement": not anew}
        with op.batch_alter_table("deliveries", recreate="always", table_kwargs=how):
            pass
