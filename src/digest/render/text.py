"""Plain text for mail: lines of at most 78 characters, lists with a hanging indent."""

import re
import textwrap
from functools import lru_cache

WIDTH = 78  # RFC 5322 2.1.1

_INDENT = re.compile(r"\s*(?:- |\d+\. )?")
_BLANK_LINES = re.compile(r"\n{3,}")


def fold(text: str, width: int = WIDTH) -> str:
    """`text` with each long line wrapped at words; addresses and long words stay whole."""
    if len(text) <= width:
        return text
    return "\n".join(_fold_line(line, width) for line in text.split("\n"))


@lru_cache(4096)  # most lines of a mail stand in others, too
def _fold_line(line: str, width: int) -> str:
    line = line.rstrip()
    if len(line) <= width:
        return line
    found = _INDENT.match(line)
    indent = " " * (found.end() if found else 0)
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def tidy(text: str) -> str:
    """`text` with at most one empty line at a time."""
    return _BLANK_LINES.sub("\n\n", text)
