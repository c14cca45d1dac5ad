"""Interests: the Actors, Regions and Topics that Events touch and Subscribers follow."""

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from digest.models.base import Base, Id


class Interest(Base):
    """An Actor, Region or Topic of the gazetteer."""

    __tablename__ = "interests"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    codes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    retired: Mapped[bool] = mapped_column(default=False)


class InterestAlias(Base):
    """Another name of an Interest."""

    __tablename__ = "interest_aliases"

    interest_id: Mapped[int] = mapped_column(
        ForeignKey("interests.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str] = mapped_column(primary_key=True)
    case_sensitive: Mapped[bool] = mapped_column(default=False)


class InterestParent(Base):
    """One edge of the DAG: IRGC is part of Iran, Mali is in the Sahel."""

    __tablename__ = "interest_parents"

    child_id: Mapped[int] = mapped_column(
        ForeignKey("interests.id", ondelete="CASCADE"), primary_key=True
    )
    parent_id: Mapped[int] = mapped_column(
        ForeignKey("interests.id", ondelete="CASCADE"), primary_key=True
    )


class InterestClosure(Base):
    """Every (ancestor, descendant) of the DAG with its distance; each Interest is its own at 0."""

    __tablename__ = "interest_closure"
    __table_args__ = (Index(None, "descendant_id"),)

    ancestor_id: Mapped[int] = mapped_column(
        ForeignKey("interests.id", ondelete="CASCADE"), primary_key=True
    )
    descendant_id: Mapped[int] = mapped_column(
        ForeignKey("interests.id", ondelete="CASCADE"), primary_key=True
    )
    distance: Mapped[int]
