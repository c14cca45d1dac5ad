"""Filters that templates of every Channel use: days, hours, labels, cutting at words."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_time

from digest.clock import zone
from digest.render.locales import babel_locale, translations
from digest.render.words import label

_BLANKS = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s")
# Lone surrogates can't be encoded; C0/C1 controls are refused by XML, SMTP and Slack alike.
_UNSENDABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def clean(text: str | None) -> str:
    """`text` on one line, without what no provider accepts (lone surrogates, controls)."""
    return _BLANKS.sub(" ", _UNSENDABLE.sub("", text or "")).strip()


def cut(text: str | None, length: int) -> str:
    """`clean(text)` in at most `length` characters, cut at a sentence or word, ending in "…"."""
    text = clean(text)
    if len(text) <= length:
        return text
    head = text[: length - 1]
    ends = [match.end() for match in _SENTENCE_END.finditer(head)]
    if ends and ends[-1] >= length * 0.6:
        return (
            head[: ends[-1]].rstrip() + " …" if ends[-1] + 1 < length else head[: ends[-1]].rstrip()
        )
    space = head.rfind(" ")
    if space >= length * 0.5:
        head = head[:space]
    return head.rstrip(" ,;:-–—") + "…"


@lru_cache(4096)  # Babel parses its pattern each time, and an edition shows few dates
def day_name(value: date | datetime, zone_name: str, locale: str, style: str) -> str:
    """`style`: long "Thursday 5 March 2026", medium "5 March 2026", short "Thu 5 March", ..."""
    if isinstance(value, datetime):
        value = value.astimezone(zone(zone_name)).date()
    pattern = {
        "long": "EEEE d MMMM y",
        "medium": "d MMMM y",
        "short": "EEE d MMMM",
        "brief": "d MMM",
        "plain": "d MMMM",
        "weekday": "EEEE",
    }[style]
    return format_date(value, pattern, locale=babel_locale(locale))


@lru_cache(4096)
def hour(value: datetime, zone_name: str, locale: str) -> str:
    """ "07:00", as clocks in the zone show it."""
    return format_time(
        value.astimezone(UTC), "HH:mm", tzinfo=zone(zone_name), locale=babel_locale(locale)
    )


def place_of(zone_name: str) -> str:
    """The city of an IANA zone, as readers know it: "Europe/London" -> "London"."""
    return zone_name.rsplit("/", 1)[-1].replace("_", " ")


def for_locale(locale: str) -> Mapping[str, Callable[..., Any]]:
    """The filters, bound to a language.

    In templates: `at|day(zone)`, `at|day(zone, "short")`, `at|hour(zone)`, `zone|place`,
    `line.horizon|label("horizon")`, `text|cut(220)`, `text|clean`.
    """
    gettext = translations(locale).gettext
    return {
        "clean": clean,
        "cut": cut,
        "day": lambda value, zone_name="UTC", style="plain": day_name(
            value, zone_name, locale, style
        ),
        "hour": lambda value, zone_name="UTC": hour(value, zone_name, locale),
        "place": place_of,
        "label": lambda word, group: label(group, word, gettext),
    }
