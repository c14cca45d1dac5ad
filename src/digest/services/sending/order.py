"""Order: messages about one Event go to one Destination in the order of its Revisions.

An alert that waits while a newer one is planned for its Destination is superseded
(`store/superseded.py`). What can't be goes first: what is being sent already, a roundup, which
tells of other Events as well, and what puts something right, which is owed. A digest goes before
the correction of what it tells, and before no other alert.
"""

from collections.abc import Iterable

from digest.models.content import EditionContent
from digest.models.words import RIGHTING, DeliveryState, EditionKind
from digest.store.threads import Post


def comes_later(content: EditionContent, before: Iterable[Post]) -> bool:
    """Whether the alert `content` has to wait until one of the messages `before` it is out."""
    return any(_goes_first(one, puts_right(content)) for one in before)


def nothing_to_right(content: EditionContent, before: Iterable[Post]) -> bool:
    """Whether it puts right what never went out to this Destination: it waited, and was ended."""
    about = puts_right(content) and len(content.items) == 1
    return about and not any(one.gone_out for one in before)


def puts_right(content: EditionContent) -> bool:
    """Whether its reader is told that something was wrong; a mend of that tells nobody anything."""
    return content.code in RIGHTING and not content.mended


def _goes_first(one: Post, righting: bool) -> bool:
    if one.kind == EditionKind.DIGEST and not righting:
        return False
    if one.state == DeliveryState.SENDING:
        return True
    return one.waits and not one.replaceable
