"""Filters of templates: where an hour is true."""

import pytest

from digest.render.filters import for_locale, place_of


@pytest.mark.parametrize(
    ("zone", "locale", "name"),
    [
        ("Europe/London", "en", "London"),
        ("Europe/London", "ar", "لندن"),
        ("America/Argentina/Buenos_Aires", "en", "Buenos Aires"),
        ("Etc/UTC", "ar", "UTC"),
        ("Nowhere/Some_Town", "en", "Some Town"),
    ],
)
def test_the_city_of_a_zone_as_its_readers_call_it(zone: str, locale: str, name: str) -> None:
    assert place_of(zone, locale) == name


def test_an_hour_is_a_citys_or_plain_utc() -> None:
    assert for_locale("en")["local"]("Europe/London") == "London time"
    assert for_locale("en")["local"]("UTC") == "UTC"
