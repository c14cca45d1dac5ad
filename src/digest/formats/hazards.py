"""Levels of warning systems as our severity and certainty. Priors: a stated severity wins."""

from digest.errors import InputError
from digest.formats.text import line

# CAP 1.2 section 3.2.2, <severity>: Extreme "extraordinary", Severe "significant", Moderate
# "possible", Minor "minimal to no known threat to life or property".
_CAP_SEVERITY = {"extreme": 5, "severe": 4, "moderate": 3, "minor": 2}

# A warning goes to every phone in reach ("imminent threat", 47 CFR 10.400(b)) only if it is
# immediate or expected, and observed or likely. What is stated to be less is one level lower.
_LESS_URGENT = frozenset(("future", "past"))
_LESS_CERTAIN = frozenset(("possible", "unlikely"))

_CAP_CERTAINTY = {
    "observed": "confirmed",
    "very likely": "likely",  # CAP 1.0
    "likely": "likely",
    "possible": "possible",
    "unlikely": "unlikely",
    "unknown": "unknown",
}

# <category>: hazards are disasters to a reader; "Other" says nothing.
_CAP_CATEGORY = {
    "geo": "disaster",
    "met": "disaster",
    "safety": "disaster",
    "rescue": "disaster",
    "fire": "disaster",
    "env": "disaster",
    "transport": "disaster",
    "infra": "disaster",
    "cbrne": "disaster",
    "health": "health",
    "security": "law",
}

# GDACS: green "low", orange "medium", red "high" humanitarian impact (gdacs.org, "Model").
_GDACS_LEVEL = {"green": 2, "orange": 4, "red": 5}
_SLOW_ONSET = frozenset(("DR",))  # a drought gives months of notice: nobody need be woken

# IPTC urgency 1-9 (cv.iptc.org/newscodes/urgency) says how fast editors must handle an item, not
# what it means for people: it never makes an Event critical.
_URGENCY = {1: 4, 2: 4, 3: 3, 4: 3, 5: 2, 6: 2, 7: 1, 8: 1}


def cap_severity(severity: object, urgency: object, certainty: object) -> int | None:
    """1 to 5; None if the severity is Unknown or missing."""
    level = _CAP_SEVERITY.get(line(severity).casefold())
    if level is None:
        return None
    less = line(urgency).casefold() in _LESS_URGENT or line(certainty).casefold() in _LESS_CERTAIN
    return level - less


def cap_certainty(certainty: object) -> str | None:
    """Our word; a word that CAP does not have stays as it is, in lower case."""
    word = line(certainty).casefold()
    return _CAP_CERTAINTY.get(word, word) or None


def cap_category(category: object) -> str | None:
    return _CAP_CATEGORY.get(line(category).casefold())


def gdacs_severity(level: object, *, event_type: object = "", people: object = None) -> int | None:
    """1 to 5 for an alert level; a green alert with nobody in reach (`people` is 0) is a note."""
    known = _GDACS_LEVEL.get(line(level).casefold())
    if known is None:
        return None
    if line(event_type).upper() in _SLOW_ONSET:
        return known - 1
    return 1 if known == 2 and people == 0 else known


def urgency_severity(urgency: object) -> int | None:
    """1 to 4 for an IPTC urgency of 1 to 8."""
    text = str(urgency) if isinstance(urgency, int) else line(urgency)
    return _URGENCY.get(int(text)) if text.isascii() and text.isdigit() and len(text) == 1 else None


def refuse_exercise(status: object) -> None:
    """Lets only real warnings pass (CAP <status>: Actual, Exercise, System, Test, Draft).

    Raises:
        InputError: it is an exercise, a test or a draft.
    """
    word = line(status)
    if word and word.casefold() != "actual":
        raise InputError(f"it is not a real warning: its status is {word}")


def cap_status(message_type: object) -> str | None:
    """How far a warning has settled: a Cancel ends one that was right."""
    return {"cancel": "concluded", "alert": "developing", "update": "developing"}.get(
        line(message_type).casefold()
    )
