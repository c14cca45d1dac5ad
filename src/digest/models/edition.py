"""Editions: what is told. And Slots: what was decided for one Subscriber at one occasion."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from digest.models.base import Base, BigId, Id

OF_EVENT = "event_id IS NOT NULL"

KEPT = "pruned_at IS NULL"

UNTOLD = "edition_id IS NULL"


class Edition(Base):
    """A digest or an alert; immutable. Readers with equal selections share one."""

    __tablename__ = "editions"
    __table_args__ = (
        Index(  # whose words are kept still; all that were removed are no part of it
            "ix_editions_kept",
            "created_at",
            sqlite_where=text(KEPT),
            postgresql_where=text(KEPT),
        ),
    )

    id: Mapped[Id]
    content_key: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the content
    kind: Mapped[str]
    code: Mapped[str]
    content: Mapped[dict[str, Any]]  # EditionContent; {} once it was removed
    created_at: Mapped[datetime]
    pruned_at: Mapped[datetime | None]  # since then its words are not kept; its Items are


class Item(Base):
    """An Event Revision in an Edition, in order, with every reason it is there."""

    __tablename__ = "items"
    __table_args__ = (Index(None, "event_id", "revision"),)

    # No keys, here and below: Editions and Events are never deleted.
    edition_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(BigId)
    revision: Mapped[int]
    section: Mapped[str]
    content_hash: Mapped[str]  # of the Revision: whether this very state was told
    reasons: Mapped[list[Any]]


class Slot(Base):
    """One occasion to tell one Subscriber something, and what was decided.

    `key` is the local date of a digest, or "<event id>:<revision>" of an alert. The unique key
    makes a second digest of one local date, or a second alert of one Revision, impossible.
    `window_from`..`window_to` is the half-open range of `Revision.seq` that it covers.
    """

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "kind", "key"),
        Index(  # what is held is looked for at every tick; all that was told is no part of it
            "ix_slots_held",
            "outcome",
            "release_at",
            sqlite_where=text("release_at IS NOT NULL"),
            postgresql_where=text("release_at IS NOT NULL"),
        ),
        Index(  # what told nobody anything, which is kept for an admin and not for the desk
            "ix_slots_untold",
            "edition_id",  # always NULL: SQLite would rather search the index of it
            "planned_at",
            sqlite_where=text(UNTOLD),
            postgresql_where=text(UNTOLD),
        ),
        Index(None, "subscriber_id", "planned_at"),
        Index(None, "edition_id"),
        Index(None, "event_id", sqlite_where=text(OF_EVENT), postgresql_where=text(OF_EVENT)),
    )

    id: Mapped[Id]
    subscriber_id: Mapped[int] = mapped_column(BigId)  # who takes them along: store/gone.py
    kind: Mapped[str]
    key: Mapped[str]
    due_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    outcome: Mapped[str]
    rule: Mapped[str]  # stable code of the rule that decided
    reason: Mapped[str]  # the same in words
    edition_id: Mapped[int | None] = mapped_column(BigId)
    event_id: Mapped[int | None] = mapped_column(BigId)
    revision: Mapped[int | None]
    release_at: Mapped[datetime | None]  # of what is held
    window_from: Mapped[int | None]
    window_to: Mapped[int | None]
    left_out: Mapped[list[Any]] = mapped_column(default=list)  # [event id, revision, rule]
