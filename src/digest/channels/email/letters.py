"""Mail outside of any Edition: the question whether an address is right, and the welcome."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that its reader asked for; it has no list headers.

    `links` needs "home" and, for confirm, "confirm"; for welcome, "preferences" and "unsubscribe".
    `reference` is stable over retries and begins the Message-ID: "confirm.81".
    """

    kind: Literal["confirm", "welcome"]
    address: str
    reference: str
    sent_at: datetime
    list_name: str = "Digest"
    name: str = ""
    locale: str = "en"
    links: dict[str, str] = field(default_factory=dict)
    follows: tuple[str, ...] = ()
    hour: str = ""  # "07:00", of the reader's edition
    place: str = ""  # "London"
    postal_address: str = ""
