"""Settings of what comes back: where bounces and complaints are taken in."""

import re
from typing import NamedTuple

from pydantic import Field, SecretStr, field_validator

from digest.server_urls import is_loopback, parse
from digest.services.bounces.signatures import public_key
from digest.settings import SettingsGroup

USUAL_LMTP = "127.0.0.1:2424"
"""Where `digest bounces lmtp` listens when nothing else is said."""

_LISTEN = re.compile(r"/.+|(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}")
_PORTS = {"imap": 143, "imaps": 993}
_FORM = "imaps://USER:PASSWORD@HOST:PORT/FOLDER, or imap:// for one that offers STARTTLS"
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d+:[A-Za-z0-9_-]+", re.ASCII)
_FOLDER = re.compile(r"[ -~]+", re.ASCII)


class Mailbox(NamedTuple):
    """A mailbox, as DIGEST_BOUNCE_IMAP_URL names it."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: bool  # from the first byte (imaps)

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"{self.folder} on {self.host}:{self.port}"


def parse_mailbox(url: str) -> Mailbox:
    """
    Raises:
        ValueError: it is no such URL; says what one is, and holds no part of it.
    """
    parts = parse(url, _PORTS, _FORM)
    folder = parts.path or "INBOX"
    if not (parts.user and parts.password) or parts.options or not _FOLDER.fullmatch(folder):
        raise ValueError(_FORM)
    tls = parts.scheme == "imaps"
    return Mailbox(parts.host, parts.port, parts.user, parts.password, folder, tls)


class BounceSettings(SettingsGroup):
    """How bounces and complaints reach us; docs/bounces.md sets each way up."""

    bounce_lmtp: str = Field(
        "",
        description="Where `digest serve` and `digest scheduler` take bounces from your mail server"
        f" over LMTP: HOST:PORT, such as {USUAL_LMTP}, or the path of a socket. Off when empty.",
    )

    bounce_imap_url: SecretStr | None = Field(
        None,
        description="The mailbox that the clock, and `digest bounces poll`, take bounces from:"
        f" {_FORM}.",
    )
    bounce_imap_done: str = Field(
        "", description="Folder that a bounce is moved to when it was taken; else it is only read."
    )
    bounce_imap_delete: bool = Field(
        False, description="Delete bounces that were taken from the mailbox."
    )
    bounce_imap_ca: str | None = Field(
        None,
        description="PEM certificates to trust besides the system's; use"
        " DIGEST_BOUNCE_IMAP_CA_FILE.",
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

    @property
    def mailbox(self) -> Mailbox | None:
        url = self.bounce_imap_url
        return parse_mailbox(url.get_secret_value()) if url else None

    @field_validator("bounce_imap_url")
    @classmethod
    def _is_a_mailbox(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_mailbox(value.get_secret_value())
        return value

    @field_validator("bounce_imap_done")
    @classmethod
    def _is_a_folder(cls, value: str) -> str:
        if value and not _FOLDER.fullmatch(value):
            raise ValueError("a folder's name in ASCII")
        return value

    @field_validator("hook_ses_topics")
    @classmethod
    def _are_topics(cls, value: str) -> str:
        if not all(_TOPIC.fullmatch(one.strip()) for one in value.split(",") if one.strip()):
            raise ValueError("ARNs of SNS topics, such as arn:aws:sns:eu-west-1:123456789012:mail")
        return value

    @field_validator("hook_sendgrid_key")
    @classmethod
    def _is_a_public_key(cls, value: str) -> str:
        if value and public_key(value) is None:
            raise ValueError("the verification key as SendGrid shows it, in base64")
        return value

    @field_validator("hook_postmark_login")
    @classmethod
    def _has_two_parts(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[^:]+:.{8,}", value.get_secret_value()):
            raise ValueError("USER:PASSWORD, the password of eight characters or more")
        return value

    @field_validator("bounce_lmtp")
    @classmethod
    def _can_be_listened_on(cls, value: str) -> str:
        if value and not _LISTEN.fullmatch(value):
            raise ValueError("HOST:PORT, or a path that begins with a slash")
        return value
