"""Settings of what comes back: where bounces and complaints are taken in."""

import re

from pydantic import Field, field_validator

from digest.settings import SettingsGroup

_LISTEN = re.compile(r"/.+|(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}")


class BounceSettings(SettingsGroup):
    """How bounces and complaints reach us; docs/bounces.md sets each way up."""

    bounce_lmtp: str = Field(
        "127.0.0.1:2424",
        description="Where `digest bounces lmtp` takes bounces from your mail server: HOST:PORT, or"
        " the path of a socket.",
    )

    @field_validator("bounce_lmtp")
    @classmethod
    def _can_be_listened_on(cls, value: str) -> str:
        if not _LISTEN.fullmatch(value):
            raise ValueError("HOST:PORT, or a path that begins with a slash")
        return value
