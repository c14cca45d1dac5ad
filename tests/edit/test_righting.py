"""Who was told what was wrong."""

from desk_builders import DAY, HOUR, NOW, event, heard, reader

from digest.edit import righting
from digest.models.words import Code, EditionKind

CORRECTED = event(revision=3, righted=2)


def test_only_what_came_before_the_righting_was_wrong() -> None:
    first, second = heard(event(), NOW - DAY), heard(event(revision=2), NOW - HOUR)
    assert righting.wrong(CORRECTED, reader(told=[first, second])) == first
    assert righting.wrong(CORRECTED, reader(told=[second])) is None
    assert righting.wrong(CORRECTED, reader()) is None


def test_nothing_was_wrong_where_nothing_was_put_right() -> None:
    assert righting.wrong(event(revision=2), reader(told=[heard(event())])) is None
    assert not righting.put_right(event(revision=2), reader(), EditionKind.ALERT)


def test_it_is_put_right_for_each_kind_of_edition() -> None:
    who = reader(told=[heard(event(), NOW - DAY), heard(event(revision=2), kind="digest")])
    assert righting.put_right(CORRECTED, who, EditionKind.DIGEST)
    assert not righting.put_right(CORRECTED, who, EditionKind.ALERT)


def test_a_retraction_is_more_than_a_correction() -> None:
    assert righting.code(CORRECTED) is Code.CORRECT
    assert righting.code(event(revision=3, righted=2, retracted=True)) is Code.RETRACT
