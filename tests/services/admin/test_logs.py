"""What the logs must never hold."""

import io
import logging
import sys

import pytest

from digest.models import Destination, Subscriber
from digest.services.admin.logs import configure_logs
from digest.services.app import App


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_fault_of_the_database_is_told_without_the_row(
    app_on_both: App, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    configure_logs("info", form)
    try:
        with app_on_both.db.begin() as session:
            session.add(Subscriber(key="maria", name="Maria"))
            session.flush()
            for _ in range(2):
                session.add(
                    Destination(subscriber_id=1, channel="email", address="maria@example.org")
                )
            session.flush()
    except Exception as error:
        logging.getLogger("digest").exception("a fault: %r", error)
    assert "IntegrityError" in written.getvalue()
    assert "Traceback" in written.getvalue()
    assert "maria" not in written.getvalue()
