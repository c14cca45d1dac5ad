"""Keys of a record that nobody reads: kept in `extra`, and warned of, as they may be mistyped."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from digest.errors import did_you_mean
from digest.formats.entry import Once
from digest.render.filters import cut

NEAR = 0.85  # "severty" is severity; "countries_day" is a key of somebody's own


def warnings(keys: Iterable[str], known: tuple[str, ...], where: str = "") -> list[str]:
    """A sentence for each key; one that resembles nothing `known` is told once a document."""
    return [_warning(key, known, where) for key in keys]


@lru_cache(1_000)  # a sender's own keys are the same in all its records
def _warning(key: str, known: tuple[str, ...], where: str) -> str:
    near = get_close_matches(key.casefold(), known, 1, NEAR)
    place = f" in {where}" if where else ""
    warning = f"The key “{cut(key, 40)}”{place} is not known; it is kept and not shown."
    return warning + did_you_mean(near) if near else Once(warning)
