"""Settings of the Telegram Channel."""

import re

from pydantic import Field, SecretStr, field_validator

from digest.settings import SettingsGroup


class TelegramSettings(SettingsGroup):
    telegram_token: SecretStr | None = Field(
        None, description="Token of the bot, as @BotFather gives it. Without it Telegram is off."
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org/bot",
        description="Base of the Bot API, to which the token is added; for a Bot API server of"
        " your own.",
    )
    telegram_timeout: float = Field(
        10, gt=0, le=120, description="Seconds to wait for one answer of the Bot API."
    )
    # Telegram's own limits are 30 messages a second in all, one a second a chat and 20 a minute a
    # group (core.telegram.org/bots/faq); a little less avoids every refusal.
    telegram_per_second: float = Field(
        28.25,
        gt=0,
        le=1000,
        description="Messages a second to all chats; a fifth is kept for alerts.",
    )
    telegram_chat_per_second: float = Field(
        1, gt=0, le=1000, description="Messages a second to one chat."
    )
    telegram_group_per_minute: float = Field(
        18, gt=0, le=60_000, description="Messages a minute to one group or channel."
    )

    @field_validator("telegram_token")
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        token = value.get_secret_value().strip()
        if not re.fullmatch(r"[0-9A-Za-z:_-]+", token):
            raise ValueError("a bot token like 123456:ABC-def, from @BotFather")
        return SecretStr(token)

    @field_validator("telegram_api_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not re.match(r"https?://[^/]+", value):
            raise ValueError("a web address, such as https://api.telegram.org/bot")
        return value
