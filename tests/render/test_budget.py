from digest.render.budget import fit


def test_what_fits_stays_in_full() -> None:
    assert fit([(50, 10, 0), (50, 10, 0)], 100) == [0, 0]


def test_the_last_items_give_way_first() -> None:
    assert fit([(50, 10, 0)] * 3, 120) == [0, 0, 1]


def test_all_become_short_before_any_is_cut() -> None:
    assert fit([(50, 10, 0)] * 3, 65) == [0, 1, 2]
    assert fit([(50, 10, 0)] * 3, 70) == [0, 1, 1]


def test_the_first_item_is_kept_even_when_nothing_fits() -> None:
    assert fit([(50, 10, 0)] * 3, 5) == [0, 2, 2]


def test_nothing_needs_no_room() -> None:
    assert fit([], 0) == []
