"""When two records are the same: hashes of all of it, of what readers hear of, and of the fact."""

import hashlib
import json
import re
import unicodedata
from datetime import timedelta
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from digest.models.record import CorrectionRecord, EventRecord

KEPT = 4096  # texts: those of the Events of a day are compared for every reader
SAME_FACT = timedelta(hours=72)  # so long the same report from somebody else is not told again
_NOT_WORD = re.compile(r"[\W_]+")
_TRACKING = re.compile(r"^(utm_|at_|fbclid|gclid|mc_|cmpid|ito$|ref$|rss$)", re.IGNORECASE)


@lru_cache(KEPT)
def normalise(text: str | None) -> str:
    """`text` without case, forms of width, punctuation and runs of blanks."""
    folded = unicodedata.normalize("NFKC", text or "").casefold()
    if folded.isascii():
        return _NOT_WORD.sub(" ", folded).strip()
    # \W would take the vowel signs of many scripts for punctuation.
    return " ".join("".join(one if _is_of_word(one) else " " for one in folded).split())


def _is_of_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def record_hash(record: EventRecord) -> str:
    """Equal for records that are the same in every field."""
    return _digest(record.model_dump(mode="json"))


def content_hash(record: EventRecord) -> str:
    """Equal while nothing changed that a reader must hear of.

    Over headline, standfirst, takeaway, body, status, certainty, breaking, interests, scenarios
    and retraction; blind to case, blanks and punctuation, so that a mended typo of that
    kind tells nobody anything. Not over the severity: one that rises is news by itself, one that
    falls is not (`changes.unchanged`). Nor over the correction: that is for those who are owed it.
    """
    return _digest(
        [
            normalise(record.headline),
            normalise(record.standfirst),
            normalise(record.takeaway),
            [normalise(paragraph) for paragraph in record.body],
            record.status,
            record.certainty,
            record.breaking,
            sorted(normalise(interest.name) for interest in record.interests),
            sorted(
                [one.kind, normalise(one.text), one.horizon or "", one.confidence or ""]
                for one in record.assertions
            ),
            normalise(record.retraction.reason) if record.retraction else None,
        ]
    )


def correction_key(correction: CorrectionRecord) -> tuple[str, str, str | None]:
    """Equal for corrections of the same error, whatever reason they give."""
    return normalise(correction.wrong), normalise(correction.right), correction.field


def fact_key(record: EventRecord) -> str:
    """Equal for the same report from several senders.

    Headline and text decide, not the address: one page may be the source of several Events.
    """
    first = normalise(record.body[0]) if record.body else normalise(record.standfirst)
    return _digest([normalise(record.headline), first])[:32]


def canonical_url(url: str | None) -> str | None:
    """`url` without fragment and tracking parameters, host in lower case."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.casefold()
    except ValueError:
        return None
    query = [pair for pair in parse_qsl(parts.query, True) if not _TRACKING.match(pair[0])]
    path = parts.path.rstrip("/") or "/"
    return urlunsplit((parts.scheme.casefold(), host, path, urlencode(query), ""))


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
