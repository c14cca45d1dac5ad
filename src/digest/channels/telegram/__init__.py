"""Telegram: one HTML message an Edition, by the Bot API, corrected in place."""

from digest.channels.telegram.channel import TelegramChannel

CHANNEL = TelegramChannel

__all__ = ["CHANNEL", "TelegramChannel"]
