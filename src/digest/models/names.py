"""How a name is cut into words: the same for the gazetteer's names and for the texts they stand in.

Hyphens and apostrophes within a word part it and leave no trace, so "US-Iranian" is two words,
"Iran's" is "Iran" and "s", and "al-Shabaab" is written like "al Shabaab". All other punctuation
stands for itself and keeps names apart: "the South, Korea" is not "South Korea". Initials with
dots are one word without their last dot: "U.S.", "U.S" and "D.R."; "US" is another word.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(
    r"""(?P<glue>(?<=\w)['’ʼ‘\-‐‑–](?=\w))
      | (?P<initials>[^\W\d_](?:\.[^\W\d_])+(?!\w))(?:\.(?!\w))?
      | (?P<word>(?:[^\W_]|[\u0300-\u036f])+)
      | [^\w\s]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or one punctuation mark, of a text: `text[start:end]`.

    `folded` has neither capitals nor accents: what two spellings of a name have in common.
    """

    text: str
    folded: str
    start: int
    end: int
    is_word: bool = True


def words(text: str) -> list[Word]:
    """The words and punctuation marks of `text`, in order."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        kind = match.lastgroup
        if kind == "glue":
            continue
        raw = match.group(kind) if kind else match.group()
        found.append(Word(raw, fold(raw), match.start(), match.end(), kind is not None))
    return found


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """`text` without capitals and accents: "Orbán" -> "orban"."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def key(name: str) -> str:
    """What is equal for two ways to write a name: "al Shabaab", "Al-Shabaab"."""
    return " ".join(word.folded for word in words(name))
