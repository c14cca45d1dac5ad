"""Fixtures that the whole suite shares."""

import os

import pytest


@pytest.fixture(autouse=True)
def no_settings_from_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No DIGEST_* variable of the person who runs the tests reaches them."""
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)
