"""Bounces judged: what a report means, when an address has bounced enough, how many complain.

Codes of RFC 3463 and RFC 3464. Only 5.1.x and 5.2.1 say that an address is dead. 5.7.x and its like
say that we, or this mail, were refused: that is never laid at the address's door.

| kind | of what | weight | what follows |
|---|---|---|---|
| hard | no such mailbox, or it was closed | | suppressed at once |
| complaint | its reader called it spam | | suppressed at once |
| soft | full, not reached, given up after days | 1 a day | suppressed at a score of 5 |
| policy | refused for sender, size or content | 0 | shown to the admin |
| unknown | nobody can tell but a person | 0 | shown to the admin |

A soft bounce counts once a day and half as much after 30 days: a daily digest is suppressed on the
sixth day in a row, a weekly one in its ninth week. A later mail that did arrive ends what was.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from digest.models.words import BounceKind

HALF_LIFE = timedelta(days=30)
THRESHOLD = 5.0
REMEMBERED = timedelta(days=180)  # an older soft bounce weighs nothing
SETTLED = timedelta(days=6)  # servers try for five days: no bounce by then, and it has arrived

RATE_WINDOW = timedelta(days=7)
FEWEST_MAILS = 1_000  # fewer count as so many: 1 complaint about 10 mails stops nothing
WARN_FROM = 0.001
STOP_FROM = 0.003

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")


class _Row(NamedTuple):
    status: str  # pattern of the RFC 3463 status; "" without one
    words: str  # pattern in the server's words, lower case
    kind: BounceKind


_ANY = ".*"
_RATE = r"too (quickly|fast|many)|\brate\b"
_POLICY = (
    r"spam|blocked|block ?list|black ?list|reputation|policy|dmarc|dkim|\bspf\b|unsolicited|"
    r"not authori[sz]ed|denied|junk|banned|virus"
)
_FULL = r"quota|full|over ?limit|storage|too large to receive"
_NOBODY = (
    r"(user|recipient|mailbox|address|account)\b.{0,40}\b(unknown|not found|not exist|invalid|"
    r"no longer|disabled|inactive|closed)|(unknown|no such|invalid|unrouteable|nonexistent) "
    r"(local )?(user|recipient|mailbox|address|person|here)|no (such )?(mailbox|user|account)"
)

# The first row that fits decides.
_TABLE = (
    _Row(r"[45]\.2\.2", _ANY, BounceKind.SOFT),
    _Row(r"5\.1\.[78]|5\.3\.4|5\.2\.3|5\.[567]\..*", _ANY, BounceKind.POLICY),
    _Row(r"5\.2\.1", _RATE, BounceKind.SOFT),
    _Row(r"5\.1\.[1-9]\d?|5\.2\.1", _ANY, BounceKind.HARD),
    _Row(r"4\..*", _ANY, BounceKind.SOFT),
    _Row(r"(5\.[01]\.0)?", _POLICY, BounceKind.POLICY),
    _Row(r"(5\.[012]\.0)?", _FULL, BounceKind.SOFT),
    _Row(r"(5\.[012]\.0)?", _NOBODY, BounceKind.HARD),
    _Row(r"5\..*", _ANY, BounceKind.SOFT),
    _Row(_ANY, _ANY, BounceKind.UNKNOWN),
)


def status_of(status: str, words: str = "") -> str:
    """The RFC 3463 status that says most: Exim states 5.0.0 and the true one in the server's words,
    others none at all; a bare 550 becomes "5.0.0". "" without any."""
    stated = _ENHANCED.match(status.strip())
    said = _ENHANCED.search(words)
    if said is not None and (stated is None or stated[0].endswith(".0.0")):
        return said[0]
    if stated is not None:
        return stated[0]
    code = _CODE.search(f"{words} ")
    return f"{code[1][0]}.0.0" if code else ""


def kind_of(status: str, words: str = "") -> BounceKind:
    """What a failed mail with this status, as `status_of` gives it, and these words of a server
    means for its address."""
    lower = words.lower()[:2_000]
    for row in _TABLE:
        if re.fullmatch(row.status, status) and (row.words == _ANY or re.search(row.words, lower)):
            return row.kind
    raise AssertionError("the last row fits all")


class Fate(StrEnum):
    """The actions of RFC 3464: what became of a mail for one recipient."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Verdict(NamedTuple):
    kind: BounceKind
    status: str
    words: str


class Told(NamedTuple):
    """What a report says of one recipient."""

    address: str
    action: str
    status: str
    words: str


_MILDEST = (BounceKind.UNKNOWN, BounceKind.POLICY, BounceKind.SOFT, BounceKind.HARD)


def verdict(told: Sequence[Told], address: str | None) -> Verdict | None:
    """What a report on one mail to `address` comes to; None: nothing that counts, as it is only
    late, or has arrived.

    One mail of ours has one recipient. If the report names it, that counts. Else the mail was
    handed on there: it failed if it reached nobody, and then as mildly as for any of them.
    """
    own = [one for one in told if address and one.address.casefold() == address.casefold()]
    concerned = own or told
    failed = [one for one in concerned if one.action == Fate.FAILED]
    if not failed or len(failed) < len(concerned):
        return None
    found = [
        Verdict(kind_of(status_of(one.status, one.words), one.words),
                status_of(one.status, one.words), one.words)
        for one in failed
    ]  # fmt: skip
    return min(found, key=lambda one: _MILDEST.index(one.kind))


def agreed(stated: BounceKind, own: BounceKind, status: str) -> BounceKind:
    """The kind of a bounce that a mail service calls `stated` and whose words say `own` to us.

    Policy is policy, whoever says so. Else the milder of the two counts, where both know it; a bare
    5.0.0 knows nothing.
    """
    if stated is BounceKind.COMPLAINT:
        return stated
    if BounceKind.POLICY in (stated, own):
        return BounceKind.POLICY
    if status in ("", "5.0.0") and stated is not BounceKind.UNKNOWN:
        return stated
    known = [one for one in (stated, own) if one is not BounceKind.UNKNOWN]
    return min(known, key=_MILDEST.index, default=BounceKind.UNKNOWN)


def score(soft: Iterable[datetime], arrived_at: datetime | None, now: datetime) -> float:
    """The weight of soft bounces at `now`. `arrived_at` is when the last mail was sent that has
    surely arrived: none from before it counts."""
    days: dict[date, datetime] = {}
    for at in soft:
        if now - REMEMBERED < at <= now and (arrived_at is None or at > arrived_at):
            days[at.astimezone(UTC).date()] = at
    return float(sum(0.5 ** ((now - at) / HALF_LIFE) for at in days.values()))


@dataclass(frozen=True, slots=True)
class Complaints:
    """Complaints among the mails of the last seven days."""

    complaints: int
    mails: int

    @property
    def rate(self) -> float:
        return self.complaints / max(self.mails, FEWEST_MAILS)

    @property
    def warns(self) -> bool:
        return self.rate >= WARN_FROM

    @property
    def stops(self) -> bool:
        return self.rate >= STOP_FROM
