"""`digest doctor` says whether the token works and which scope is missing, with the remedy."""

import pytest

from digest.channels.slack import SlackChannel
from digest.channels.slack.settings import SlackSettings
from digest.errors import ConfigurationError
from digest.render.environment import Templates
from digest.standins.slack import SCOPES, SlackStandIn


async def test_a_good_token_is_named(slack: SlackChannel) -> None:
    (finding,) = await slack.check()
    assert finding.level == "ok"
    assert finding.what == "connected to Stand-in as digest"


@pytest.mark.parametrize("scope", SCOPES.split(","))
async def test_each_missing_scope_is_named_with_what_it_is_for(
    slack: SlackChannel, standin: SlackStandIn, scope: str
) -> None:
    standin.scopes = ",".join(one for one in SCOPES.split(",") if one != scope)
    _, finding = await slack.check()
    assert finding.level == ("error" if scope == "chat:write" else "warning")
    assert f"the scope {scope} is missing, so Digest can't " in finding.what
    assert f"Add {scope} under “OAuth & Permissions”" in finding.remedy


@pytest.mark.parametrize(
    ("code", "words", "remedy"),
    [
        ("invalid_auth", "Slack refuses the token", "Check DIGEST_SLACK_TOKEN"),
        (
            "token_revoked",
            "the token was revoked",
            "Install your Slack app again and set the new token",
        ),
    ],
)
async def test_a_token_that_is_refused_has_a_remedy(
    slack: SlackChannel, standin: SlackStandIn, code: str, words: str, remedy: str
) -> None:
    standin.set_token(code)
    (finding,) = await slack.check()
    assert (finding.level, finding.what) == ("error", f"{words} ({code})")
    assert finding.remedy == remedy


async def test_a_wrong_address_of_the_api_is_said(
    slack: SlackChannel, standin: SlackStandIn
) -> None:
    standin.fail_next("html")
    (finding,) = await slack.check()
    assert "DIGEST_SLACK_API_URL does not answer as Slack does" in finding.remedy


async def test_without_a_token_only_webhooks_work() -> None:
    (finding,) = await SlackChannel(SlackSettings(), Templates()).check()
    assert finding.level == "warning"
    assert "DIGEST_SLACK_TOKEN" in finding.remedy


@pytest.mark.parametrize("url", ["slack.com/api/", "ftp://slack.com"])
def test_an_api_url_that_is_none_is_refused_at_start(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"DIGEST_SLACK_API_URL is .* it must be a web"):
        SlackSettings.load(slack_api_url=url)


def test_an_api_url_ends_with_a_slash() -> None:
    assert SlackSettings(slack_api_url="https://x.example/api").slack_api_url.endswith("/api/")
