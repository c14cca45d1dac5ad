"""Processes that send, while they live."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from digest.models.base import Base


class Worker(Base):
    """A process that claims Deliveries, under the name that it puts on them. PostgreSQL only: on
    SQLite there is one."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)  # host:pid:start:number
    queues: Mapped[list[Any]]
    seen_at: Mapped[datetime]  # by the clock of the database
