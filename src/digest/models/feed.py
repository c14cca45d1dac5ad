"""Feeds that are polled for Events."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from digest.models.base import Base, Id


class Feed(Base):
    """A feed's address, what its server said last and how it is doing."""

    __tablename__ = "feeds"

    id: Mapped[Id]
    url: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(default="")
    format: Mapped[str | None]  # NULL: guessed
    enabled: Mapped[bool] = mapped_column(default=True)
    every_minutes: Mapped[int] = mapped_column(default=15)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    next_poll_at: Mapped[datetime | None] = mapped_column(index=True)
    last_ok_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
