"""What the desk makes of a changed record: which code its Revision has, and what readers hear."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from digest.formats import Entry
from digest.models import Revision
from digest.models.record import EventRecord
from digest.models.words import Code
from digest.services.app import App
from digest.services.news.ingest import ingest
from digest.services.visible import make_visible
from digest.store import events

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
WRONG = {"wrong": "Two are shut.", "right": "One is shut."}


def stored(app: App, *changes: dict[str, Any]) -> list[Revision]:
    """The Revisions of one Event whose record is imported once with each of the changes."""
    values = {"id": "a", "headline": "Pipelines are shut", "severity": 3}
    for place, change in enumerate(changes):
        values |= change
        at = NOW + place * timedelta(hours=1)
        ingest(app, [Entry("record", EventRecord.model_validate(values))], at)
    with app.db.read() as session:
        return list(session.scalars(select(Revision).order_by(Revision.id)))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"headline": "One is shut"}, Code.UPDATE),
        ({"severity": 4}, Code.ESCALATE),
        ({"severity": 2}, Code.UPDATE),
        ({"correction": WRONG}, Code.CORRECT),
        ({"retraction": {"reason": "A drill."}}, Code.RETRACT),
    ],
)
def test_what_a_revision_does(app: App, change: dict[str, Any], code: Code) -> None:
    assert [one.code for one in stored(app, {}, change)] == [Code.NEW, code]


def test_a_correction_that_stays_in_the_record_corrects_once(app: App) -> None:
    more, again = {"takeaway": "More."}, {"correction": {**WRONG, "right": "None is shut."}}
    codes = [one.code for one in stored(app, {}, {"correction": WRONG}, more, again)]
    assert codes == [Code.NEW, Code.CORRECT, Code.UPDATE, Code.CORRECT]


def test_nor_does_another_reason_or_coming_back_make_it_another_one(app: App) -> None:
    reason = {"correction": {**WRONG, "why": "It was miscounted."}}
    left_out = {"correction": None, "takeaway": "More."}
    codes = [one.code for one in stored(app, {}, {"correction": WRONG}, reason, left_out, reason)]
    assert codes == [Code.NEW, Code.CORRECT, Code.UPDATE, Code.UPDATE, Code.UPDATE]


def test_an_error_that_came_back_is_corrected_again(app: App) -> None:
    right = {"correction": WRONG, "body": ["One is shut."]}
    wrong = {"correction": None, "body": ["Two are shut."]}
    codes = [one.code for one in stored(app, wrong, right, wrong, right, {"takeaway": "More."})]
    assert codes == [Code.NEW, Code.CORRECT, Code.UPDATE, Code.CORRECT, Code.UPDATE]


def test_a_minor_change_corrects_nothing(app: App) -> None:
    codes = [one.code for one in stored(app, {}, {"correction": WRONG, "minor": True})]
    assert codes == [Code.NEW, Code.UPDATE]


def test_nor_does_it_keep_a_later_one_from_correcting(app: App) -> None:
    by_mistake, mended = {"correction": WRONG, "minor": True}, {"minor": False}
    codes = [one.code for one in stored(app, {}, by_mistake, mended)]
    assert codes == [Code.NEW, Code.UPDATE, Code.CORRECT]


def test_a_retraction_takes_back_once(app: App) -> None:
    first, second = ({"retraction": {"reason": text}} for text in ("A drill.", "A drill, only."))
    codes = [one.code for one in stored(app, {}, first, second)]
    assert codes == [Code.NEW, Code.RETRACT, Code.UPDATE]


def test_a_minor_change_leaves_readers_where_they_were(app: App) -> None:
    real, typo = {"headline": "One is shut"}, {"headline": "One of them is shut", "minor": True}
    first, second, third = stored(app, {}, real, typo)
    assert first.content_hash != second.content_hash == third.content_hash
    assert [first.minor, second.minor, third.minor] == [False, False, True]


def test_an_update_of_something_current_is_visible_now_and_no_history(app: App) -> None:
    reported = {"reported_at": NOW}
    first, second = stored(app, reported, {"headline": "One is shut"})[:2]
    assert not first.history
    assert (second.visible_at, second.history) == (NOW + timedelta(hours=1), False)
    archive = stored(app, {"id": "b", "reported_at": NOW - timedelta(days=9)}, {"headline": "X"})
    assert [one.history for one in archive[2:]] == [True, True]


def test_a_candidate_knows_what_put_it_right(app: App) -> None:
    happened = {"occurred_at": NOW - timedelta(hours=9), "updated_at": NOW}
    stored(app, happened, {"correction": WRONG}, {"headline": "New"})
    with app.db.begin() as session:
        make_visible(session, NOW + timedelta(days=1))
    with app.db.read() as session:
        (one,) = events.candidates(session, 0, 99)
    assert (one.revision, one.code, one.righted, one.retracted) == (3, Code.UPDATE, 2, False)
    assert one.happened_at == NOW - timedelta(hours=9)
