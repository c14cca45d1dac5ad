"""Zones to choose from: today's, by part of the world, as their cities are called."""

import pytest

from digest.clock import zone
from digest.render.zones import zones

EVERY = {name: place for places in zones("en", "UTC").values() for name, place in places.items()}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("America/Indiana/Knox", "Knox, Indiana"),
        ("Europe/Stockholm", "Stockholm"),  # its own, though it keeps Berlin's hours
        ("UTC", "UTC"),
    ],
)
def test_a_city_is_called_as_its_people_call_it(name: str, place: str) -> None:
    assert EVERY[name] == place


@pytest.mark.parametrize(
    "old",
    ["Australia/ACT", "Australia/LHI", "Asia/Calcutta", "America/Buenos_Aires", "Europe/Belfast",
     "US/Eastern", "GMT0"],
)  # fmt: skip
def test_old_names_are_not_offered(old: str) -> None:
    assert old not in EVERY


def test_an_old_name_stands_first_for_whoever_has_it() -> None:
    assert list(zones("en", "Asia/Calcutta")[""]) == ["Asia/Calcutta", "UTC"]
    assert list(zones("en", "Asia/Tokyo")[""]) == ["UTC"]


def test_every_zone_is_one_and_no_two_of_an_area_look_alike() -> None:
    for area, places in zones("en", "UTC").items():
        assert len(set(places.values())) == len(places), area
    assert [name for name in EVERY if zone(name).key != name] == []


def test_parts_of_the_world_and_cities_come_by_name_in_the_readers_language() -> None:
    areas = [area for area in zones("en", "UTC") if area]
    assert areas == sorted(areas)
    assert list(zones("en", "UTC")["Europe"].values())[:3] == ["Amsterdam", "Andorra", "Astrakhan"]
    assert zones("ar", "UTC")["أوروبا"]["Europe/London"] == "لندن"
