"""Time zones to choose from: today's names, by part of the world, as readers know their cities."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from zoneinfo import available_timezones

from digest.render.filters import place_of
from digest.render.locales import translations
from digest.render.words import N_

UTC = "UTC"
AREAS = {
    "Africa": N_("Africa"),
    "America": N_("Americas"),
    "Antarctica": N_("Antarctica"),
    "Asia": N_("Asia"),
    "Atlantic": N_("Atlantic Ocean"),
    "Australia": N_("Australia"),
    "Europe": N_("Europe"),
    "Arctic": N_("Europe"),  # Longyearbyen alone
    "Indian": N_("Indian Ocean"),
    "Pacific": N_("Pacific Ocean"),
}


def zones(locale: str, own: str) -> Mapping[str, Mapping[str, str]]:
    """{part of the world: {IANA zone: city}}, both by name; UTC stands first, under "".

    Old names (Asia/Calcutta) are left out, but for the reader's `own`, which stands beside UTC.
    """
    found = _zones(locale)
    if any(own in places for places in found.values()):
        return found
    return {**found, "": {own: own, UTC: UTC}}


@cache
def _zones(locale: str) -> dict[str, dict[str, str]]:
    gettext = translations(locale).gettext
    found: dict[str, dict[str, str]] = {}
    for name in sorted(_present(), key=lambda one: place_of(one, locale).casefold()):
        if area := AREAS.get(name.partition("/")[0]):
            found.setdefault(gettext(area), {})[name] = place_of(name, locale)
    return {"": {UTC: UTC}} | dict(sorted(found.items()))


def _present() -> set[str]:
    """The zones that the tz database gives for a country, if this machine knows their hours."""
    table = (resources.files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2] for row in rows} & available_timezones()
