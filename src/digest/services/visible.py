"""Becoming visible, by the desk's rules: what the store gives a place, Events follow."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from digest.edit import scenarios
from digest.store import visibility
from digest.store.shown import ScenarioRules

RULES: Final[ScenarioRules] = scenarios.course


def foresee(session: Session, until: datetime) -> None:
    """Shows what will be visible by `until` in a session whose writes nobody sees."""
    visibility.foresee(session, until, RULES)


def make_visible(session: Session, now: datetime) -> int:
    """Shows every Revision whose hour has come; returns how many. See store/visibility.py."""
    return visibility.make_visible(session, now, RULES)
