"""The Slack channel: Block Kit messages by bot token or incoming webhook."""

from digest.channels.slack.channel import SlackChannel

CHANNEL = SlackChannel
