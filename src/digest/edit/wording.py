"""Wording: whether two texts speak of the same thing, though in other words."""

from digest.edit.casualties import in_figures
from digest.edit.facts import normalise

MOST = 0.5  # of some words stand in a text that speaks of the same


def words(text: str) -> set[str]:
    """Numbers in figures, and of each word its beginning: "kills" and "killed" are one. Without the
    shortest, which stand in every sentence."""
    each = normalise(in_figures(text)).split()
    return {one if one.isdigit() else one[:4] for one in each if len(one) > 2 or one.isdigit()}


def numbers(words: set[str]) -> set[str]:
    return {one for one in words if one.isdigit()}


def holds(text: str, quoted: str) -> bool:
    """Whether `quoted`, normalised, stands in `text`."""
    return f" {quoted} " in f" {normalise(text)} "
