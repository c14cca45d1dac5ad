"""Addresses in Slack: a channel, a person, or an incoming webhook.

A webhook's URL is all that one needs to post there, so it is a secret: errors and logs say
"a webhook" and nothing more of it.
"""

import re
from urllib.parse import urlsplit

from digest.errors import InputError
from digest.server_urls import is_loopback

# Identifiers begin with C (channel), G (group), D (direct message), U or W (person).
_ID = re.compile(r"@?(?P<id>[CGDUW][A-Z0-9]{2,20})")
_MENTION = re.compile(r"<[#@](?P<id>[CGDUW][A-Z0-9]{2,20})(\|[^>]*)?>")
_NAME = re.compile(r"#(?P<name>[^\W_][\w-]{0,79})")  # at most 80, no capitals
_ARCHIVE_LINK = re.compile(r"https://[\w.-]+\.slack\.com/archives/(?P<id>[CGD][A-Z0-9]{2,20})\b.*")

_HELP = (
    "write a channel as #general or C0123ABCD, a person by member ID as @U0123ABCD,"
    " or the address of an incoming webhook"
)


def canonical(text: str) -> str:
    """A channel or member ID, "#name" or a webhook's URL, from what a person wrote or pasted.

    Raises:
        InputError: it is none of them.
    """
    text = text.strip()
    for pattern in (_ID, _MENTION, _ARCHIVE_LINK):
        if match := pattern.fullmatch(text):
            return match["id"]
    if match := _NAME.fullmatch(text.casefold()):
        return "#" + match["name"]
    if "://" in text:
        return _webhook(text)
    if text.startswith("@"):
        raise InputError(
            f"{text!r} is a name, and Slack takes people by member ID only: open the profile,"
            " choose “Copy member ID” and write it as @U0123ABCD"
        )
    raise InputError(f"{text!r} is not a Slack address: {_HELP}")


def is_webhook(address: str) -> bool:
    return "://" in address


def _webhook(text: str) -> str:
    """`text`, checked; the errors don't repeat it."""
    try:
        url = urlsplit(text)
        host = url.hostname or ""
        _ = url.port
    except ValueError:
        raise InputError(f"that is not a web address: {_HELP}") from None
    if not host or url.username or re.search(r"[\s\x00-\x1f]", text):
        raise InputError(f"that is not the address of a webhook: {_HELP}")
    if url.scheme == "https" or (url.scheme == "http" and is_loopback(host)):
        return text.partition("#")[0]
    raise InputError("the address of a webhook begins with https://, it is as good as a password")
