"""Reading back what Revisions keep."""

import pytest

from digest.models.record import EventRecord
from digest.store import stored

KEPT = EventRecord(id="a", headline="H").model_dump(mode="json")


def test_a_record_is_read_as_it_was_stored() -> None:
    assert stored.read(1, 1, KEPT) == EventRecord(id="a", headline="H")


def test_that_one_cannot_be_read_is_said_once_and_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        assert stored.read(7, 2, KEPT | {"headline": ["secret"]}) is None
    (line,) = [one.getMessage() for one in caplog.records]
    assert line.startswith("revision 2 of event 7 cannot be read and is passed over: headline: ")
    assert "secret" not in line


def test_nor_an_edition(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        assert stored.edition(3, {"kind": "telegram of old"}) is None
    (line,) = [one.getMessage() for one in caplog.records]
    assert line.startswith("edition 3 cannot be read and is passed over: kind: ")
    assert "of old" not in line.removeprefix("edition 3 cannot be read and is passed over: kind: ")
