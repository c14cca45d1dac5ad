"""The stage: an installation of its own, with stand-ins where the providers would be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from digest.bootstrap import set_up
from digest.channels import discover
from digest.render.environment import Templates
from digest.services.app import App
from digest.settings import Settings
from digest.standins.slack import SlackStandIn
from digest.standins.smtp import MailServer
from digest.standins.telegram import TelegramStandIn
from digest.store import gazetteer_files
from digest.store.database import Database


@dataclass(frozen=True, slots=True)
class Stage:
    """The App and the providers it talks to."""

    app: App
    mail: MailServer
    slack: SlackStandIn
    telegram: TelegramStandIn

    @property
    def messages(self) -> int:
        """Messages the stand-ins hold."""
        return len(self.mail.mails) + len(self.slack.messages()) + len(self.telegram.messages())


@contextmanager
def stage(folder: Path, base_url: str) -> Iterator[Stage]:
    """Builds the stage in `folder` and takes it down at the end. It reads no DIGEST_* settings."""
    templates = Templates()
    with MailServer() as mail, SlackStandIn() as slack, TelegramStandIn() as telegram:
        given: dict[str, dict[str, object]] = {
            "email": {
                "mail_from": "Digest <digest@example.org>",
                "smtp_url": mail.url,
                "unsubscribe_address": "unsubscribe@example.org",
            },
            "slack": {"slack_token": slack.token, "slack_api_url": slack.url},
            "telegram": {"telegram_token": telegram.token, "telegram_api_url": telegram.url},
        }
        channels = {
            name: kind(kind.Settings.load(**given.get(name, {})), templates)
            for name, kind in discover().items()
        }
        app = App(
            settings=Settings.load(
                database_url=f"sqlite:///{folder / 'demo.db'}",
                base_url=base_url,
                contact="digest@example.org",
                postal_address="Digest demo, 1 Example Street, London",
            ),
            db=Database(f"sqlite:///{folder / 'demo.db'}"),
            templates=templates,
            channels=channels,
            gazetteer=gazetteer_files.load(),
            unsubscribe_address="unsubscribe@example.org",
        )
        set_up(app)
        try:
            yield Stage(app, mail, slack, telegram)
        finally:
            app.db.dispose()
