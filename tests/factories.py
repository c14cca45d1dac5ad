"""Installations for tests: a migrated SQLite database with the gazetteer in it, and its App.

Migrating and reading the gazetteer take a second; they are done once a process, and each test gets
a copy of the file.
"""

import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from digest import bootstrap
from digest.services.app import App
from digest.settings import Settings
from digest.store.database import Database


@cache
def _first() -> tuple[App, Path]:
    kept = TemporaryDirectory(prefix="digest-tests-")
    atexit.register(kept.cleanup)  # before it would do so by itself, and complain
    path = Path(kept.name, "first.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)  # a digest.toml of the person who runs the tests is not read
        app = bootstrap.build(settings_for(path))
    bootstrap.set_up(app)
    app.db.dispose()  # the last connection to leave brings all into one file
    return app, path


def settings_for(database: Path, **given: Any) -> Settings:
    return Settings.load(database_url=f"sqlite:///{database}", **given)


@contextmanager
def installation(folder: Path, **settings: Any) -> Iterator[App]:
    """An App whose database lies in `folder`, set up and empty but for the Interests."""
    first, path = _first()
    folder.mkdir(exist_ok=True)
    own = folder / "digest.db"
    shutil.copy(path, own)
    made = settings_for(own, **settings)
    app = replace(first, settings=made, db=Database(made.database_url))
    try:
        yield app
    finally:
        app.db.dispose()
