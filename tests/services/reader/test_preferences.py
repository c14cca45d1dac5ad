"""The verbs behind the pages: one transaction, one audit entry, repeatable, undoable."""

from datetime import time, timedelta

import pytest
import worlds
from sqlalchemy import select
from worlds import NOW

from digest.errors import InputError, NotFound
from digest.models import AuditEntry, Destination, Follow, ListMember, Schedule, Subscriber
from digest.models.words import Disabled
from digest.services.app import App
from digest.services.reader import following, preferences
from digest.services.reader.editing import undo
from digest.services.reader.following import NEVER, Target
from digest.services.reader.overview import masked, overview
from digest.services.reader.preferences import Invalid, Times
from digest.services.reader.saving import Wanted, save
from digest.store import readers

TIMES = Times("daily", time(9), "Asia/Tokyo", (0, 1, 2, 3, 4), time(23), time(6))


@pytest.fixture
def maria(app: App) -> int:
    return worlds.add_subscriber(app, lists=[worlds.add_list(app)])


@pytest.fixture
def gulf(app: App) -> Target:
    return Target(interest_id=worlds.interest_id(app, "gulf"))


@pytest.fixture
def iran(app: App) -> Target:
    return Target(interest_id=worlds.interest_id(app, "iran"))


def heeded(app: App, subscriber_id: int) -> dict[str, bool]:
    """Follows as the desk sees them: slug -> muted."""
    with app.db.read() as session:
        account = readers.accounts(session, [subscriber_id], NOW)[0]
        return {follow.slug: follow.muted for follow in account.follows}


class TestFollows:
    def test_a_lists_follow_is_copied_before_it_is_changed(
        self, app: App, maria: int, gulf: Target
    ) -> None:
        following.set_follow(app.db, maria, gulf, {"alerts_from": 5}, NOW)
        with app.db.read() as session:
            rows = session.scalars(
                select(Follow).where(Follow.interest_id == gulf.interest_id).order_by(Follow.id)
            ).all()
            assert [(row.list_id is None, row.alerts_from, row.from_files) for row in rows] == [
                (False, None, True),
                (True, 5, False),
            ]

    def test_a_change_takes_ones_own_row_out_of_the_files(
        self, app: App, maria: int, iran: Target
    ) -> None:
        following.less(app.db, maria, iran, NOW)
        with app.db.read() as session:
            own = session.scalars(select(Follow).where(Follow.subscriber_id == maria)).one()
            assert (own.weight, own.from_files) == (0.225, False)

    def test_less_has_a_floor(self, app: App, maria: int, iran: Target) -> None:
        for _ in range(9):
            following.less(app.db, maria, iran, NOW)
        with app.db.read() as session:
            own = session.scalars(select(Follow).where(Follow.subscriber_id == maria)).one()
            assert own.weight == following.LEAST_WEIGHT

    def test_what_is_dropped_is_not_matched_and_vetoes_nothing(
        self, app: App, maria: int, gulf: Target
    ) -> None:
        assert heeded(app, maria) == {"iran": False, "gulf": False}
        following.drop(app.db, maria, gulf, NOW)
        assert heeded(app, maria) == {"iran": False}
        following.follow(app.db, maria, gulf, NOW)
        assert heeded(app, maria) == {"iran": False, "gulf": False}

    def test_a_muted_story_vetoes_until_its_time_and_is_not_followed_after(
        self, app: App, maria: int
    ) -> None:
        worlds.add_event(app)
        story = Target(story_id=worlds.story_id(app, "iran-conflict-2026"))
        following.mute(app.db, maria, story, NOW, NOW + timedelta(hours=24))
        assert heeded(app, maria)["iran-conflict-2026"]
        with app.db.read() as session:
            later = readers.accounts(session, [maria], NOW + timedelta(hours=25))[0]
            assert "iran-conflict-2026" not in {follow.slug for follow in later.follows}

    @pytest.mark.parametrize(
        "values", [{"alerts_from": 0}, {"alerts_from": 7}, {"weight": 2}, {"subscriber_id": 9}]
    )
    def test_values_out_of_range_are_refused(
        self, app: App, maria: int, iran: Target, values: dict[str, int]
    ) -> None:
        before = worlds.dump(app)
        with pytest.raises(InputError):
            following.set_follow(app.db, maria, iran, values, NOW)
        assert worlds.dump(app) == before

    def test_what_is_not_followed_has_no_thresholds(self, app: App, maria: int) -> None:
        target = Target(interest_id=worlds.interest_id(app, "israel"))
        with pytest.raises(NotFound):
            following.set_follow(app.db, maria, target, {"alerts_from": NEVER}, NOW)

    @pytest.mark.parametrize("name", ["interest:nowhere", "story:nothing", "iran", "list:iran"])
    def test_unknown_targets_are_not_found(self, app: App, name: str) -> None:
        with app.db.read() as session, pytest.raises(NotFound):
            following.target_of(session, name)


class TestUndo:
    def test_every_verb_can_be_undone(
        self, app: App, maria: int, iran: Target, gulf: Target
    ) -> None:
        with app.db.read() as session:
            destination_id = session.execute(select(Destination.id)).scalar_one()
            group = session.execute(select(ListMember.list_id)).scalar_one()
        verbs = (
            lambda: following.less(app.db, maria, iran, NOW),
            lambda: following.mute(app.db, maria, gulf, NOW),
            lambda: following.mute(app.db, maria, iran, NOW, NOW + timedelta(hours=1)),
            lambda: following.drop(app.db, maria, iran, NOW),
            lambda: save(app.db, maria, Wanted(times=TIMES), NOW),
            lambda: save(app.db, maria, Wanted(destinations={destination_id: False}), NOW),
            lambda: save(app.db, maria, Wanted(lists={group: False}), NOW),
            lambda: preferences.pause(app.db, maria, 7, NOW),
        )
        for verb in verbs:
            before = self._settings(app)
            done = verb()
            assert done.entry_id is not None
            assert self._settings(app) != before
            undo(app.db, maria, done.entry_id, NOW)
            assert self._settings(app) == before

    def test_what_was_changed_again_since_is_left_alone(
        self, app: App, maria: int, iran: Target
    ) -> None:
        first = following.less(app.db, maria, iran, NOW)
        following.less(app.db, maria, iran, NOW)
        assert first.entry_id is not None
        undo(app.db, maria, first.entry_id, NOW)
        with app.db.read() as session:
            own = session.scalars(select(Follow).where(Follow.subscriber_id == maria)).one()
            assert own.weight == 0.1125

    def test_undoing_twice_does_nothing_more(self, app: App, maria: int, gulf: Target) -> None:
        done = following.mute(app.db, maria, gulf, NOW)
        assert done.entry_id is not None
        undo(app.db, maria, done.entry_id, NOW)
        before = worlds.dump(app)
        assert undo(app.db, maria, done.entry_id, NOW).entry_id is None
        assert worlds.dump(app) == before

    def test_nobody_undoes_for_somebody_else(self, app: App, maria: int, iran: Target) -> None:
        done = following.less(app.db, maria, iran, NOW)
        assert done.entry_id is not None
        other = worlds.add_subscriber(app, "omar")
        with pytest.raises(NotFound):
            undo(app.db, other, done.entry_id, NOW)

    def _settings(self, app: App) -> dict[str, object]:
        tables = ("subscribers", "destinations", "follows", "schedules", "list_members")
        return {name: rows for name, rows in worlds.dump(app).items() if name in tables}


class TestTimes:
    def test_own_times_begin_as_a_copy_of_the_lists(self, app: App, maria: int) -> None:
        with app.db.begin() as session:
            session.scalars(select(Schedule)).one().when_nothing = "line"
            session.get_one(Subscriber, maria).next_due_at = NOW
        save(app.db, maria, Wanted(times=TIMES), NOW)
        with app.db.read() as session:
            own = readers.accounts(session, [maria], NOW)[0].schedule
            assert (own.subscriber_id, own.at, own.zone) == (maria, time(9), "Asia/Tokyo")
            assert (own.when_nothing, own.from_files) == ("line", False)
            assert session.get_one(Subscriber, maria).next_due_at is None

    def test_the_same_times_again_change_nothing(self, app: App, maria: int) -> None:
        with app.db.read() as session:
            same = overview(session, maria, NOW).times
        before = worlds.dump(app)
        assert save(app.db, maria, Wanted(times=same), NOW).entry_id is None
        assert worlds.dump(app) == before

    def test_all_problems_are_told_at_once(self) -> None:
        with pytest.raises(Invalid) as caught:
            Times("hourly", time(7), "Nowhere", (9,), time(22), None).check()
        assert set(caught.value.problems) == {"cadence", "zone", "weekdays", "quiet"}


class TestAudit:
    def test_says_who_did_what_to_whom_and_when(self, app: App, maria: int, iran: Target) -> None:
        following.mute(app.db, maria, iran, NOW, actor="cli")
        with app.db.read() as session:
            entry = session.scalars(select(AuditEntry)).one()
            assert (entry.at, entry.actor, entry.action) == (NOW, "cli", "mute")
            assert entry.subject == "subscriber maria"
            (row,) = entry.detail["rows"]
            assert (row["was"], row["now"]) == (
                {"muted": False, "from_files": True},
                {"muted": True, "from_files": False},
            )

    def test_a_failure_leaves_no_trace(self, app: App, maria: int) -> None:
        before = worlds.dump(app)
        with pytest.raises(Invalid):
            preferences.pause(app.db, maria, 1000, NOW)
        with pytest.raises(NotFound):
            preferences.unsubscribe(app.db, 999, NOW)
        assert worlds.dump(app) == before

    def test_who_has_left_cannot_pause(self, app: App, maria: int) -> None:
        preferences.unsubscribe(app.db, maria, NOW)
        with pytest.raises(Invalid):
            preferences.pause(app.db, maria, 7, NOW)


def test_an_address_an_admin_took_out_does_not_come_back(app: App, maria: int) -> None:
    with app.db.begin() as session:
        destination = session.scalars(select(Destination)).one()
        destination.disabled_at, destination.disabled_reason = NOW, Disabled.NOT_IN_FILES
        destination_id = destination.id
    with pytest.raises(NotFound):
        save(app.db, maria, Wanted(destinations={destination_id: True}), NOW)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("maria@example.org", "m…@example.org"),
        ("https://hooks.slack.example/services/T0/B0/secret", "hooks.slack.example/…"),
        ("-1001234567890", "…7890"),
        ("#desk", "#desk"),
        ("@news_channel", "@news_channel"),
        ("C0123456789", "C0123456789"),
    ],
)
def test_addresses_are_shown_to_their_owner_only(address: str, shown: str) -> None:
    assert masked(address) == shown
