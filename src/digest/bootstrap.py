"""Wiring: settings, database, templates and Channels become one App."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from digest.channels import discover
from digest.channels.base import Channel
from digest.channels.pacing import Buckets
from digest.engine.base import Queue
from digest.engine.local import LocalQueue
from digest.render import locales
from digest.render.environment import Templates
from digest.services.app import App
from digest.settings import Settings, wrong
from digest.store import gazetteer_files, interests
from digest.store.database import Database
from digest.store.rates import SharedBuckets


def build(settings: Settings | None = None) -> App:
    """The App of this installation.

    Raises:
        ConfigurationError: a setting, template or gazetteer file is wrong; names it. Settings of a
            Channel are read when `channels` is first looked at.
    """
    settings = settings or Settings.load()
    if locales.nearest(settings.default_locale) is None:
        wanted = f"one of {', '.join(locales.available())}"
        raise wrong("default_locale", settings.default_locale, wanted)
    templates = Templates(settings.templates_dir)
    db = Database(settings.database_url)
    return App(
        settings=settings,
        db=db,
        queue=queue(db),
        templates=templates,
        channels=FoundChannels(templates, SharedBuckets(db)),
        gazetteer=gazetteer_files.load(settings.gazetteer_dir),
    )


def queue(db: Database) -> Queue:
    """Over PostgreSQL tasks go from process to process; beside SQLite there is one."""
    if db.is_sqlite:
        return LocalQueue()
    from digest.engine.postgres import PostgresQueue

    return PostgresQueue(db.url.set(drivername="postgresql").render_as_string(hide_password=False))


class FoundChannels(Mapping[str, Channel]):
    """Every Channel found, with its own settings; made when the first of them is asked for.

    The providers' libraries take longer to load than most commands take to answer.
    """

    def __init__(self, templates: Templates, buckets: Buckets) -> None:
        self._templates = templates
        self._buckets = buckets

    @cached_property
    def _made(self) -> dict[str, Channel]:
        return {
            name: kind(kind.Settings.load(), self._templates, self._buckets)
            for name, kind in discover().items()
        }

    def __getitem__(self, name: str) -> Channel:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def set_up(app: App) -> tuple[str | None, int]:
    """Creates or migrates the tables and brings the gazetteer in.

    Returns (revision the tables had before, Interests added). Safe to repeat, also at once.
    """
    with app.db.alone():
        before, _ = app.db.revisions()
        app.db.migrate()
        if not app.db.is_sqlite:
            from digest.engine import schema

            with app.db.begin() as session:
                schema.set_up(session.connection())
        with app.db.begin() as session:
            added, _ = interests.sync(session, app.gazetteer)
    return before, added
