"""Runs the migrations over a connection that digest.store.database hands in."""

from typing import Any

from alembic import context

from digest.models import Base


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Writes our column types as plain SQLAlchemy, so that old migrations never need our code."""
    if kind == "type":
        name = type(item).__name__
        if name == "Instant":
            return "sa.DateTime(timezone=True)"
        if name == "JSON":
            autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
            return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
        if name == "BigInteger":
            return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters tables by copying them
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
