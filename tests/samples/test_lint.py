"""What the import would warn of in the sample news: nothing that an editor should mend."""

from datetime import date

import pytest

from digest import samples
from digest.formats.lint import lint
from digest.models.record import EventRecord

DAY = date(2027, 3, 2)
EVERYTHING = [
    *samples.records(DAY),
    samples.breaking(DAY),
    samples.update(DAY),
    samples.correction(DAY),
]


@pytest.mark.parametrize("record", EVERYTHING, ids=lambda record: record.id)
def test_nothing_needs_mending(record: EventRecord):
    warnings = lint(record, now=samples.written_at(record))

    # A Revision may well tell a position that is newer than the first report.
    revised = record.updated_at is not None
    assert [w for w in warnings if not (revised and w.startswith("The position of"))] == []
