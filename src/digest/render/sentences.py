"""Sentences: where one ends. A full stop doesn't say so: "U.S. Army", "Gen. Dan", "No. 10"."""

import re

# Full stops of other scripts end a sentence with or without a blank after them.
_STOP = re.compile(r"(?:[.!?…؟۔।]+[\"'”’»)\]]*(?=\s|$))|[。！？]+[」』”’）]*")
_WORD = re.compile(r"\w")
_OPENERS = "(\"'“‘«["

# Never at the end of a sentence: a name follows.
_TITLES = frozenset(
    """
    mr mrs ms mx dr prof rev hon st gen col lt sgt capt maj adm cmdr brig gov sen rep pres supt
    mt ft vs v nos approx
    """.split()  # noqa: SIM905 -- read as a list of words
)
# Only before a number: "No. 10", "Rs. 20 million", "Sept. 4".
_BEFORE_NUMBER = frozenset("no rs art jan feb mar apr aug sep sept oct nov dec".split())  # noqa: SIM905
# At the end of a sentence only if the next word is one that begins sentences.
_ENDINGS = frozenset("inc ltd co corp jr sr bros etc al".split())  # noqa: SIM905
_BEGINNERS = frozenset(
    """
    a additionally after all also although an and another as at before both but by despite during
    earlier for from he her his however if in it its later many meanwhile most no on one other
    others our several she since so some that the their then there these they this those to two
    under we when while with
    """.split()  # noqa: SIM905
)


def sentences(text: str) -> list[str]:
    """`text` in sentences, each with its stop; abbreviations, initials and decimals end none."""
    parts: list[str] = []
    start = 0
    for stop in _STOP.finditer(text):
        if _goes_on(text, start, stop):
            continue
        parts.append(text[start : stop.end()].strip())
        start = stop.end()
    tail = text[start:].strip()
    return [*parts, tail] if _WORD.search(tail) else parts


def _goes_on(text: str, start: int, stop: re.Match[str]) -> bool:
    said = text[start : stop.start()]
    if not _WORD.search(said):
        return True  # "...and", or a stray stop
    rest = text[stop.end() :].lstrip()
    following = rest.lstrip(_OPENERS)[:1]
    if following.islower():
        return True
    if stop.group() != ".":
        return False
    last = said.rsplit(None, 1)[-1].lstrip(_OPENERS).casefold()
    if last in _TITLES:
        return bool(rest)
    if last in _BEFORE_NUMBER:
        return following.isdigit()
    if last in _ENDINGS or _is_initials(last):
        return bool(rest) and not _begins(rest)
    return False


def _begins(rest: str) -> bool:
    first = rest.lstrip(_OPENERS).split(None, 1)[0].rstrip(",").casefold()
    return first in _BEGINNERS


def _is_initials(word: str) -> bool:
    """ "J", "u.s" or "iran–u.s": a letter, or letters with full stops between them."""
    letters = re.split(r"[-–—/]", word)[-1].split(".")
    return all(len(one) == 1 and one.isalpha() for one in letters)
