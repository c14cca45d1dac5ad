"""Rates: when each of a provider's limits is free again, for all workers."""

from sqlalchemy import Double
from sqlalchemy.orm import Mapped, mapped_column

from digest.models.base import Base


class RateBucket(Base):
    """One limit, "telegram" or "telegram/42": the theoretical arrival time of GCRA."""

    __tablename__ = "rate_buckets"

    name: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[float] = mapped_column(Double())  # seconds since 1970, by the database's clock
