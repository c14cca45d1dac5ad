"""`digest doctor`: does the token work, and may the app do what it has to?"""

from collections.abc import Mapping

from digest.channels.base import Finding
from digest.channels.reasons import in_words
from digest.channels.slack.client import SlackClient
from digest.channels.slack.settings import SlackSettings
from digest.errors import DeliveryError

REQUIRED = "chat:write"
# Scope -> what can't be done without it. docs.slack.dev/reference/scopes
SCOPES: Mapping[str, str] = {
    REQUIRED: "post messages",
    "channels:read": "find public channels by their names",
    "groups:read": "find private channels by their names",
    "im:write": "write to people directly",
    "channels:join": "join public channels without being invited",
    "channels:history": "look up whether an unanswered post arrived in a public channel",
    "groups:history": "look up whether an unanswered post arrived in a private channel",
}


async def examine(client: SlackClient, settings: SlackSettings) -> list[Finding]:
    """One line for the connection, one for each scope that is missing."""
    if not settings.token:
        return [
            Finding(
                "warning",
                "no token is set, so only incoming webhooks can be used",
                "Set DIGEST_SLACK_TOKEN to the bot token of your Slack app (xoxb-...).",
            )
        ]
    try:
        answer, headers = await client.read_with_headers("auth.test")
    except DeliveryError as failure:
        return [
            Finding(
                "error", in_words(failure, detail=failure.reason == "not_reached"), _remedy(failure)
            )
        ]
    who = f"connected to {answer.get('team', '?')} as {answer.get('user', '?')}"
    return [Finding("ok", who), *_missing(headers)]


def _missing(headers: Mapping[str, str]) -> list[Finding]:
    if "x-oauth-scopes" not in headers:
        return [Finding("warning", "the scopes of the token could not be read")]
    granted = {scope.strip() for scope in headers["x-oauth-scopes"].split(",")}
    return [
        Finding(
            "error" if scope == REQUIRED else "warning",
            f"the scope {scope} is missing, so Digest can't {use}",
            f"Add {scope} under “OAuth & Permissions” of your Slack app and install it again.",
        )
        for scope, use in SCOPES.items()
        if scope not in granted
    ]


def _remedy(failure: DeliveryError) -> str:
    if failure.reason == "not_reached":
        return "Check DIGEST_SLACK_API_URL and that this machine may reach it."
    if failure.reason.startswith("http_") or failure.reason == "unclear_answer":
        return "DIGEST_SLACK_API_URL does not answer as Slack does: check it."
    return failure.detail[:1].upper() + failure.detail[1:]
