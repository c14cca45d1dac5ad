"""A desk whose files about subscribers lie in a folder of its own."""

from pathlib import Path

import pytest
from synced import Desk

from digest.services.app import App


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "subscribers"
    made.mkdir()
    return made


@pytest.fixture
def desk(app: App, folder: Path) -> Desk:
    return Desk(app, folder)
