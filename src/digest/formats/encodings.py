"""Which encoding a text file is in. Unicode can be told; anything else is asked for, or said aloud.

Names are the worst text to guess by: a dozen short words fit many encodings, and a wrong guess
writes to somebody under a name of nonsense. So only what Windows writes in Western Europe is taken
unasked, when it makes sense as that, and the caller is told that it was a guess.
"""

import codecs
import re
from dataclasses import dataclass
from itertools import islice

from digest.errors import InputError

WESTERN = "cp1252"
SHOWN = 3  # words that are shown of a guess

_OTHERS = (
    "cp1250 (Central Europe), cp1251 or koi8-r (Cyrillic), cp1253 (Greek), cp1254 (Turkish),"
    " cp1255 (Hebrew), cp1256 (Arabic), shift_jis (Japanese), gb18030 (Chinese), euc_kr (Korean)"
)
REMEDY = f"save the file as CSV UTF-8, or name its encoding with --encoding, such as {_OTHERS}"

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the next
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTER = "A-Za-zÀ-ÖØ-öø-ÿŠšŒœŽžŸ"
# What no language of Western Europe writes, and other encodings look like when they are read so.
_NONSENSE = re.compile(
    rf"""
      (?<![{_LETTER}])[À-ÖØ-öø-ÿŠšŒœŽžŸ]{{2,}}(?![{_LETTER}])  # a word without a plain letter
    | [^\x00-\x7f‘’“”„«»–—…\s]{{3}}                            # three in a row
    | [{_LETTER}]{{2}}[³¹¿¾½¼¨¸¯¬¦¤¥¢±£¡÷×]                    # a sign at the end of a word
    | [³¹£¾½¼¨¸¯¬¦¤¥¢±÷×][{_LETTER}]                           # or at its beginning
    | [{_LETTER}][‚„†‡ˆ‰‹“”•˜›€][{_LETTER}]                    # or inside
    | [a-zß-ÿ][ŠŒŽŸ]                                           # a capital behind a small letter
    """,
    re.VERBOSE,
)
_FOREIGN_WORD = re.compile(r"[^\s,;|\t\"]*[^\x00-\x7f\s][^\s,;|\t\"]*")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The name of an encoding. `guessed` are words that only a guess made readable; none if the
    encoding is certain, or was given."""

    name: str
    guessed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def decode(data: bytes, given: str | None = None) -> tuple[str, Encoding]:
    """The text, and the encoding it was in: `given`, or Unicode, or else Western European.

    Raises:
        InputError: it is none of them, or not what was `given`; names the line and the remedy.
    """
    if given is not None:
        return _as_given(data, given)
    wide = wide_unicode(data)
    if wide:
        return _wide(data, wide), Encoding(wide)
    try:
        return _bare(data.decode()), Encoding("utf-8")
    except UnicodeDecodeError as error:
        _refuse_damaged(data, error.start)
    return _western(data)


def line_at(data: bytes, index: int) -> int:
    """The number of the line that holds a byte, as an editor counts."""
    before = data[:index].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1


def wide_unicode(data: bytes) -> str | None:
    """UTF-16 or UTF-32, which a mark or the zeros of the first letters give away; else None."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if b"\0" not in data[:4]:
        return None
    if data[:3] == b"\0\0\0":
        return "utf-32-be"
    if data[1:4] == b"\0\0\0":
        return "utf-32-le"
    return "utf-16-be" if data[:1] == b"\0" else "utf-16-le"


def _wide(data: bytes, name: str) -> str:
    try:
        return _bare(data.decode(name))
    except UnicodeDecodeError:
        raise InputError(f"it can't be read as {name}; is the file damaged?") from None


def _as_given(data: bytes, given: str) -> tuple[str, Encoding]:
    try:
        known = codecs.lookup(given)
        return _bare(data.decode(given)), Encoding(known.name)
    except UnicodeDecodeError as error:
        place = f"line {line_at(data, error.start)}"
        raise InputError(f"{place} can't be read as {given}; is it another encoding?") from None
    except (LookupError, ValueError):
        raise InputError(f"there is no encoding {given!r}; there are utf-8, {_OTHERS}") from None


def _refuse_damaged(data: bytes, start: int) -> None:
    """UTF-8 with a few damaged bytes must not be read as something else as a whole."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    if sum(not char.isascii() for char in text) - bad > bad:
        raise InputError(
            f"the file is in UTF-8, but line {line_at(data, start)} is damaged; save it again as"
            " CSV UTF-8"
        )


def _western(data: bytes) -> tuple[str, Encoding]:
    try:
        text = data.decode(WESTERN)
    except UnicodeDecodeError as error:
        place = f"line {line_at(data, error.start)}"
        raise InputError(f"the encoding can't be told from {place}; {REMEDY}") from None
    nonsense = _NONSENSE.search(text)
    if nonsense:
        begin = text.rfind("\n", 0, nonsense.start()) + 1
        shown = text[begin : begin + 200].splitlines()[0].strip()[:60]
        raise InputError(
            f"the encoding can't be told: line {line_at(data, nonsense.start())} would be"
            f" “{shown}”, which is hardly right; {REMEDY}"
        )
    words = dict.fromkeys(found.group() for found in _FOREIGN_WORD.finditer(text))
    return text, Encoding(WESTERN, tuple(islice(words, SHOWN)))


def _bare(text: str) -> str:
    return text.removeprefix("\ufeff")
