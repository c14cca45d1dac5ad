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

    @field_validator("slack_api_url")
    @classmethod
    def _is_a_web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("a web address, such as https://slack.com/api/")
        return value if value.endswith("/") else value + "/"

    @property
    def token(self) -> str | None:
        return self.slack_token.get_secret_value().strip() if self.slack_token else None
