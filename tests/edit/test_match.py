"""Which Events concern a reader, and why."""

import pytest
from desk_builders import AFRICA, DAY, GULF, IRAN, NOW, event, follow, follow_story, reader
from hypothesis import given
from hypothesis import strategies as st

from digest.edit.match import match
from digest.models.desk import Match, Reach

MALI = Reach("Mali", "primary", 2)


def matched(*args: object) -> Match:
    found = match(*args, NOW)  # type: ignore[arg-type]
    assert isinstance(found, Match)
    return found


def test_without_a_follow_that_matches_there_is_no_reason() -> None:
    assert match(event(), reader(follow(GULF)), NOW) == "no_follow"


@pytest.mark.parametrize(
    ("role", "distance", "strength"),
    [("primary", 0, 0.45), ("secondary", 0, 0.27), ("mentioned", 0, 0.135), ("primary", 1, 0.405)],
)
def test_strength_is_weight_by_role_by_path(role: str, distance: int, strength: float) -> None:
    one = event(reach={IRAN: Reach("Iran", role, distance)})
    assert matched(one, reader()).strength == pytest.approx(strength)


def test_several_reasons_are_all_kept_and_add_up_by_noisy_or() -> None:
    one = event(reach={IRAN: Reach("Iran", "primary", 0), GULF: Reach("Gulf", "primary", 0)})
    found = matched(one, reader(follow(GULF, weight=0.5), follow(IRAN, weight=0.8)))
    assert [reason.follow.label for reason in found.reasons] == ["Iran", "Gulf"]
    assert found.strength == pytest.approx(1 - 0.2 * 0.5)


def test_a_place_within_a_followed_region_is_named_in_the_reason() -> None:
    found = matched(event(reach={AFRICA: MALI}), reader(follow(AFRICA)))
    assert found.reasons[0].via_label == "Mali"
    assert matched(event(), reader()).reasons[0].via_label is None


def test_a_follow_may_ask_for_more_than_a_mention() -> None:
    who = reader(follow(role="secondary"))
    assert match(event(reach={IRAN: Reach("Iran", "mentioned", 0)}), who, NOW) == "no_follow"
    assert matched(event(reach={IRAN: Reach("Iran", "secondary", 0)}), who)


def test_a_story_is_followed_with_all_that_is_part_of_it() -> None:
    who = reader(follow_story(7, weight=0.5))
    assert matched(event(reach={}, stories=(7,)), who).strength == pytest.approx(0.5)
    assert matched(event(reach={}, stories=(8, 7)), who).strength == pytest.approx(0.45)
    assert match(event(reach={}, stories=(8,)), who, NOW) == "no_follow"


def test_what_is_too_light_for_each_follow_is_below_the_threshold() -> None:
    who = reader(follow(from_severity=4))
    assert match(event(severity=3), who, NOW) == "below_threshold"
    assert matched(event(severity=4), who)


def test_another_follow_may_have_a_lower_threshold() -> None:
    one = event(severity=2, reach={IRAN: Reach("Iran", "primary", 0), AFRICA: MALI})
    found = matched(one, reader(follow(from_severity=4), follow(AFRICA)))
    assert [reason.follow.label for reason in found.reasons] == ["Africa"]


def test_who_mutes_iran_does_not_hear_of_it_through_another_follow() -> None:
    one = event(reach={IRAN: Reach("Iran", "mentioned", 0), GULF: Reach("Gulf", "primary", 0)})
    assert match(one, reader(follow(muted=True), follow(GULF)), NOW) == "muted"


def test_a_snoozed_follow_is_silent_until_its_hour() -> None:
    who = reader(follow(snoozed_until=NOW + DAY))
    assert match(event(), who, NOW) == "muted"
    assert isinstance(match(event(), who, NOW + DAY), Match)


FOLLOWS = st.lists(
    st.builds(
        follow,
        st.integers(1, 6),
        weight=st.floats(0.01, 0.99),
        muted=st.booleans(),
        from_severity=st.sampled_from([None, 1, 3, 5]),
    ),
    unique_by=lambda one: one.target,
    min_size=1,
)
REACH = st.dictionaries(
    st.integers(1, 6),
    st.builds(Reach, st.just("X"), st.sampled_from(["primary", "mentioned"]), st.integers(0, 2)),
)


@given(FOLLOWS, REACH, st.randoms())
def test_the_order_of_follows_changes_nothing(follows, reach, dice) -> None:  # type: ignore[no-untyped-def]
    one = event(reach=reach)
    first = match(one, reader(*follows), NOW)
    dice.shuffle(follows)
    assert match(one, reader(*follows), NOW) == first


@given(FOLLOWS, REACH)
def test_a_mute_vetoes_and_every_match_has_a_reason(follows, reach) -> None:  # type: ignore[no-untyped-def]
    found = match(event(reach=reach), reader(*follows), NOW)
    if any(one.muted and one.target in reach for one in follows):
        assert found == "muted"
    elif isinstance(found, Match):
        assert found.reasons
        assert 0 < found.strength <= 1
        assert all(reason.follow.target in reach for reason in found.reasons)
