"""Prune: what is old goes, and the desk forgets nothing by it."""

from datetime import timedelta
from pathlib import Path

import pytest
from databases import set_up_copy
from newsroom import WRONG, Newsroom

from digest.errors import ConfigurationError, MessageRefused
from digest.models import AuditEntry, Bounce, Edition, Subscriber
from digest.models.words import Cadence, Code, Outcome
from digest.services.admin import prune as admin
from digest.services.admin.prune import prune
from digest.services.app import App
from digest.services.reader.preferences import unsubscribe
from digest.settings import Settings
from digest.store import old

ALERTS_ONLY = {"cadence": Cadence.NONE}


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


async def told(room: Newsroom, **schedule: object) -> int:
    """A reader who heard of an Event long ago, of which nothing but memory is left."""
    maria = room.reader(**schedule)
    room.news(headline="Both pipelines are shut", standfirst=WRONG["wrong"])
    await room.run()
    assert [one.address for one in room.sent] == ["maria@example.org"]
    room.later(days=500)
    assert prune(room.app, room.now)["bodies"] == len(room.rows(Edition))
    assert {str(one.content) for one in room.rows(Edition)} == {"{}"}
    room.forget_sent()
    return maria


async def test_a_correction_reaches_who_was_told_the_error_also_without_its_words(
    room: Newsroom,
) -> None:
    await told(room, **ALERTS_ONLY)
    room.reader("tom", **ALERTS_ONLY)
    room.news(headline="One pipeline is shut", standfirst=WRONG["right"], correction=WRONG)
    await room.run()
    (sent,) = room.sent
    assert (sent.address, sent.content.code) == ("maria@example.org", Code.CORRECT)
    assert WRONG["wrong"] in sent.content.model_dump_json(), "and is told what we said"


LATER = {
    "corrected": {"headline": "One pipeline is shut", "correction": WRONG},
    "retracted": {"retraction": {"reason": "It was an old picture."}},
    "updated": {"headline": "Both pipelines are shut, and the port", "severity": 5},
    "sourced": {"sources": [{"publisher": name} for name in ("Harbour Wire", "Other")]},
}


@pytest.mark.parametrize("what", LATER)
async def test_the_desk_decides_as_if_nothing_had_been_pruned(
    app_on_sqlite: App, tmp_path: Path, what: str
) -> None:
    """So nobody is told again what they heard, and everybody what they are owed."""
    with set_up_copy(tmp_path / "all is kept") as other:
        pruned, kept = Newsroom(app_on_sqlite), Newsroom(other)
        for room in (pruned, kept):
            room.reader("daily")
            room.reader("chat", destinations={"slack": "C1", "telegram": "7"}, **ALERTS_ONLY)
            room.news(headline="Both pipelines are shut", standfirst=WRONG["wrong"])
            room.news("small", severity=2)
            for _ in range(3):
                await room.run()
                room.later(days=1)
            room.forget_sent()
            room.later(days=450)
        done = prune(pruned.app, pruned.now)
        assert (done["bodies"], done["decisions"]) == (2, 3)
        for room in (pruned, kept):
            room.news(**({"headline": "Both pipelines are shut"} | LATER[what]))
            await room.run()
            room.later(days=1)
            await room.run()
        assert messages(pruned) == messages(kept)


def messages(room: Newsroom) -> list[tuple[str, str]]:
    return [(one.address, one.content.model_dump_json()) for one in room.sent]


async def test_what_waits_keeps_its_words(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(follows=()), not_before=room.later(days=200))
    room.later(days=300)
    assert prune(room.app, room.now)["bodies"] == 0
    (edition,) = room.rows(Edition)
    assert (edition.pruned_at, edition.content["kind"]) == (None, "alert")


async def test_what_reached_nobody_and_told_nothing_goes(room: Newsroom) -> None:
    maria = room.reader()
    room.news("small", severity=2)
    room.email.script = [MessageRefused("too_long", "it is too long")]
    for _ in range(4):
        room.later(days=1)
        await room.run()
    kinds = {(one.kind, one.outcome) for one in room.slots(maria)}
    assert {("digest", "nothing"), ("digest", "edition")} <= kinds
    assert "failed" in room.states()
    room.later(days=401)
    done = prune(room.app, room.now)
    assert (done["deliveries"], done["decisions"] > 0) == (1, True)
    assert room.states() == ["sent"]
    (kept,) = [one for one in room.slots(maria) if one.outcome == Outcome.NOTHING]
    assert kept.key == "2026-03-09", "the newest: the next digest goes on from it"
    assert prune(room.app, room.now)["decisions"] == 0


async def test_a_digest_after_pruning_covers_what_it_would_have_covered(room: Newsroom) -> None:
    room.reader()
    for _ in range(3):
        room.later(days=1)
        await room.run()
    room.later(days=401)
    room.app.settings = Settings.load(lookback_days=3000)
    room.news("since then", severity=3, visible_at=room.now - timedelta(days=200))
    prune(room.app, room.now)
    await room.run()
    assert [one.content.items[0].headline for one in room.sent] == ["Headline of since then"]


def test_it_goes_in_small_steps_and_shows_before_what_would_go(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old, "BATCH", 2)
    with room.app.db.begin() as session:
        session.add_all(
            [AuditEntry(at=room.now, actor="x", action="y", subject="z") for _ in range(5)]
        )
        session.add(Bounce(at=room.now, kind="soft", source="smtp", key="k"))
    room.later(days=401)
    before = admin.found(room.app, room.now)
    assert (before["audit"], before["bounces"]) == (5, 1)
    assert prune(room.app, room.now) == before
    assert not room.rows(AuditEntry)
    assert not any(prune(room.app, room.now).values())


def test_what_is_to_be_kept_for_ever_is(room: Newsroom) -> None:
    room.app.settings = Settings.load(keep_bodies_days=0, keep_records_days=0, keep_left_days=0)
    assert prune(room.app, room.now) == {}
    room.app.settings = Settings.load(keep_records_days=7)
    since = admin.kept_from(room.app.settings, room.now)
    assert room.now - since["bounces"] == timedelta(days=180), "their score needs them"


def test_who_left_is_erased_after_a_while_and_nobody_else(room: Newsroom) -> None:
    maria, tom = room.reader(), room.reader("tom")
    unsubscribe(room.app.db, maria, room.now)
    room.later(days=29)
    assert prune(room.app, room.now)["subscribers"] == 0
    room.later(days=2)
    assert prune(room.app, room.now)["subscribers"] == 1
    assert [one.id for one in room.rows(Subscriber)] == [tom]


@pytest.mark.parametrize("key", ["keep_bodies_days", "keep_records_days"])
def test_what_may_still_be_sent_or_put_right_is_never_too_old(key: str) -> None:
    assert Settings.load(**{key: 7})
    with pytest.raises(ConfigurationError, match=f"DIGEST_{key.upper()}.*0, or 7 or more"):
        Settings.load(**{key: 6})
