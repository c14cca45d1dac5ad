"""What phrases are put together from: names, and texts whose fields may be markup."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from digest.render.filters import cut

NAME_LENGTH = 60  # characters of one name (publisher, follow, region) within a phrase


def named(texts: Sequence[str]) -> list[str]:
    """Short, not empty, each once."""
    return [name for name in dict.fromkeys(cut(text, NAME_LENGTH) for text in texts) if name]


def is_markup(values: Sequence[object]) -> bool:
    return any(hasattr(value, "__html__") for value in values)


def filled(text: str, **values: str) -> str:
    """`text` with its fields filled; markup if one of them is, and then the others are escaped."""
    return (Markup(text) if is_markup([*values.values()]) else text) % values


def series(names: Sequence[str], gettext: Callable[[str], str]) -> str:
    """ "a", "a and b", "a, b and c"; markup if a name is."""
    if len(names) < 2:
        return names[0] if names else ""
    comma = gettext(", ")
    return filled(
        gettext("%(names)s and %(last)s"),
        names=(Markup(comma) if is_markup(names) else comma).join(names[:-1]),
        last=names[-1],
    )


def several(names: Sequence[str], gettext: Callable[[str], str]) -> str:
    """A series; with semicolons when a name has an "and" or a comma of its own."""
    # As the language says it: " and ", in Arabic a letter before the next word.
    joint = gettext("%(names)s and %(last)s") % {"names": "", "last": ""}
    marks = (",", "،", ";", " and ", " & ", joint)
    if len(names) > 1 and any(mark in name for name in names for mark in marks):
        return gettext("; ").join(names)
    return series(names, gettext)
