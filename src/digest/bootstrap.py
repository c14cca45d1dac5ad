"""Wiring: settings, database, templates and Channels become one App."""

from digest.channels import discover
from digest.channels.base import Channel
from digest.render.environment import Templates
from digest.services.app import App
from digest.settings import Settings
from digest.store import gazetteer_files, interests
from digest.store.database import Database


def build(settings: Settings | None = None) -> App:
    """The App of this installation.

    Raises:
        ConfigurationError: a setting, template or gazetteer file is wrong; names it.
    """
    settings = settings or Settings.load()
    templates = Templates(settings.templates_dir)
    channels = channels_of(templates)
    email = channels.get("email")
    return App(
        settings=settings,
        db=Database(settings.database_url),
        templates=templates,
        channels=channels,
        gazetteer=gazetteer_files.load(settings.gazetteer_dir),
        unsubscribe_address=str(getattr(email, "unsubscribe_address", "") or ""),
    )


def channels_of(templates: Templates) -> dict[str, Channel]:
    """Every Channel found, with its own settings."""
    return {name: kind(kind.Settings.load(), templates) for name, kind in discover().items()}


def set_up(app: App) -> tuple[str | None, int]:
    """Creates or migrates the tables and brings the gazetteer in.

    Returns (revision the tables had before, Interests added). Safe to repeat.
    """
    before, _ = app.db.revisions()
    app.db.migrate()
    with app.db.begin() as session:
        added, _ = interests.sync(session, app.gazetteer)
    return before, added
