"""Bounces: mail that came back, and complaints about it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from digest.models.base import Base, Id


class Bounce(Base):
    """One report that a mail did not arrive, or was not wanted. The same report is kept once.

    A later one of the same kind about the same Delivery is the same. What can't be told whose it
    is has neither Delivery nor address, and nothing follows from it.
    """

    __tablename__ = "bounces"
    __table_args__ = (Index(None, "address", "at"), Index(None, "kind", "at"))

    id: Mapped[Id]
    at: Mapped[datetime]  # when it was taken in
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL"), index=True
    )
    address: Mapped[str | None]  # where the mail went; in the Channel's canonical form
    kind: Mapped[str]  # hard, soft, complaint, policy, unknown
    status: Mapped[str] = mapped_column(default="")  # RFC 3463: "5.1.1"
    source: Mapped[str]  # smtp, mail, lmtp, imap, ses, mailgun, postmark, sendgrid
    detail: Mapped[str] = mapped_column(default="")  # the server's words, without addresses
    key: Mapped[str] = mapped_column(unique=True)
    forgiven_at: Mapped[datetime | None]  # an admin lifted what followed from it
