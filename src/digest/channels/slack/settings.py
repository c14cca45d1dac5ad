"""Settings of the Slack channel."""

from pydantic import Field, SecretStr, field_validator

from digest.settings import SettingsGroup


class SlackSettings(SettingsGroup):
    """Webhooks need none of these; a token is needed to edit, to answer in threads and to check."""

    slack_token: SecretStr | None = Field(
        None, description="Bot token of your Slack app, beginning with xoxb-."
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", description="Base address of the Slack Web API."
    )
    slack_timeout: float = Field(
        15, gt=0, le=120, description="Seconds to wait for an answer from Slack."
    )
    # docs.slack.dev/apis/web-api/rate-limits: a message a second a channel, 50 edits a minute; the
    # limit of a workspace ("several hundred a minute") is not published.
    slack_per_second: float = Field(
        5, gt=0, le=1000, description="Posts a second to all channels; a fifth is kept for alerts."
    )
    slack_channel_per_second: float = Field(
        1, gt=0, le=1000, description="Messages a second to one channel."
    )
    slack_edits_per_minute: float = Field(
        48, gt=0, le=60_000, description="Messages edited a minute; a fifth is kept for alerts."
    )

    @field_validator("slack_api_url")
    @classmethod
    def _is_a_web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("a web address, such as https://slack.com/api/")
        return value if value.endswith("/") else value + "/"

    @property
    def token(self) -> str | None:
        return self.slack_token.get_secret_value().strip() if self.slack_token else None
