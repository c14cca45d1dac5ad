"""Settings of what comes back: where bounces and complaints are taken in."""

import re

from pydantic import Field, SecretStr, field_validator

from digest.settings import SettingsGroup

_LISTEN = re.compile(r"/.+|(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}")


class BounceSettings(SettingsGroup):
    """How bounces and complaints reach us; docs/bounces.md sets each way up."""

    bounce_lmtp: str = Field(
        "127.0.0.1:2424",
        description="Where `digest bounces lmtp` takes bounces from your mail server: HOST:PORT, or"
        " the path of a socket.",
    )

    hook_ses_topics: str = Field(
        "",
        description="SNS topics (ARN, with commas between) that may post bounces of Amazon SES to"
        " /hooks/ses.",
    )
    hook_mailgun_key: SecretStr | None = Field(
        None, description="Mailgun's HTTP webhook signing key, for /hooks/mailgun."
    )
    hook_postmark_login: SecretStr | None = Field(
        None, description="USER:PASSWORD that Postmark's webhook gives, for /hooks/postmark."
    )
    hook_sendgrid_key: str = Field(
        "", description="Verification key of SendGrid's signed event webhook, for /hooks/sendgrid."
    )

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(one.strip() for one in self.hook_ses_topics.split(",") if one.strip())

    @field_validator("hook_postmark_login")
    @classmethod
    def _has_two_parts(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[^:]+:.{8,}", value.get_secret_value()):
            raise ValueError("USER:PASSWORD, the password of eight characters or more")
        return value

    @field_validator("bounce_lmtp")
    @classmethod
    def _can_be_listened_on(cls, value: str) -> str:
        if not _LISTEN.fullmatch(value):
            raise ValueError("HOST:PORT, or a path that begins with a slash")
        return value
