"""What phrases are put together from: names, and texts whose fields may be markup."""

from collections.abc import Sequence

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
