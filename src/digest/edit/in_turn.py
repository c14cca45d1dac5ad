"""In turn: a correction that was itself corrected, and what is so in the end."""

from collections.abc import Iterator, Mapping, Sequence

from digest.edit.casualties import deaths
from digest.edit.facts import normalise
from digest.edit.wording import MOST, holds, numbers, words
from digest.models.record import CorrectionRecord, EventRecord
from digest.render.sentences import sentences

Records = Mapping[int, EventRecord | None]
"""An Event's records by Revision, as far as they can be read."""


def corrects_again(past: Records, righted: int, later: int) -> bool:
    """Whether a `later` Revision speaks of the same error as `righted`: it came back, or what was
    given as right is called wrong, or a part of that.

    It also does so if both name the same field, unless what it corrects was there before the first
    of the two: that is another error, which stood beside it.
    """
    before, first, second = past.get(righted - 1), _of(past, righted), _of(past, later)
    if first is None or second is None:
        return False
    named = words(second.wrong)
    if (named and named == words(first.wrong)) or _takes_back(second, first.right):
        return True
    if first.field is None or first.field != second.field:
        return False
    wrong = normalise(second.wrong)
    return before is None or not wrong or not any(holds(one, wrong) for one in texts(before))


def brought_back(past: Records, rights: Sequence[int], told: str | None) -> bool:
    """Whether what is right in the end is what was told at first: in the same words, or with others
    around them ("after all") if the sentence that was `told` stands in the Event again."""
    first, last = _of(past, rights[0]), _of(past, rights[-1])
    if first is None or last is None:
        return False
    wrong, newest = normalise(first.wrong), past.get(max(past))
    if wrong == normalise(last.right):
        return True
    if not (wrong and told and newest and holds(last.right, wrong)):
        return False
    now = (normalise(one) for text in texts(newest) for one in sentences(text))
    return normalise(told) in now


def in_fact(past: Records, rights: Sequence[int]) -> str:
    """What is so, by Revisions that spoke of one error in turn: the last one's words, after each
    sentence of those before it that none since has called wrong.

    Of a sentence that was called wrong in part the rest is so still: it is told in the words that
    the Event has for it now. If nobody knows which sentence was called wrong, none is told.
    """
    newest = past.get(max(past))
    said: list[str] = []
    held: list[str] = []
    last = ""
    for one in (_of(past, each) for each in rights):
        if one is not None:
            known = any(_takes_back(one, sentence) for sentence in said)
            held = [
                now
                for sentence in held
                for now in (
                    [sentence]
                    if known and not _takes_back(one, sentence)
                    else _rest(sentence, one, newest)
                )
            ]
            last = one.right
            said += sentences(last)
            held += sentences(last)
    before = [*dict.fromkeys(one for one in held if one not in sentences(last))]
    if before and words(last) <= words(" ".join(before)):
        return " ".join([*map(_stopped, before[:-1]), before[-1]])
    return " ".join([*map(_stopped, before), last])


def _rest(sentence: str, wrong: CorrectionRecord, newest: EventRecord | None) -> list[str]:
    """The sentence that says now what is not `wrong` in this one, if that is most of it."""
    whole = words(sentence)
    rest = whole - words(wrong.wrong) - words(wrong.right)
    if newest is None or len(rest) <= MOST * len(whole):
        return []
    told = (one for text in texts(newest) for one in sentences(text))
    return next(([one] for one in told if rest <= words(one)), [])


def _takes_back(correction: CorrectionRecord, right: str) -> bool:
    """Whether `right` has the words that are wrong, or most of those that it replaces; or a number
    that it replaces, if both count the dead or have most of the words around it."""
    wrong, said = normalise(correction.wrong), normalise(right)
    if wrong and said and (holds(said, wrong) or holds(wrong, said)):
        return True
    named = words(correction.wrong)
    replaced, shared = named - words(correction.right), named & words(right)
    gone = replaced & shared
    counted = numbers(gone)
    if gone - counted and len(gone) >= MOST * len(replaced):
        return True
    around, here = named - numbers(named), shared - numbers(shared)
    same_toll = 0 < deaths(correction.wrong) == deaths(right)
    return bool(counted) and (same_toll or len(here) > MOST * len(around))


def _stopped(text: str) -> str:
    return text if not text[-1:].isalnum() else f"{text}."


def _of(past: Records, revision: int) -> CorrectionRecord | None:
    record = past.get(revision)
    return record.correction if record is not None else None


TEXTS = ("headline", "standfirst", "takeaway", "body")


def texts(record: EventRecord, *fields: str) -> Iterator[str]:
    """Its headline, paragraphs, ...; of `fields` if there are any."""
    for field in fields or TEXTS:
        value = getattr(record, field)
        yield from [value] if isinstance(value, str) else value or ()
