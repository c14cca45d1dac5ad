"""Fixtures of the verbs: an installation of one's own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import installation

from digest.services.app import App


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with installation(tmp_path) as made:
        yield made
