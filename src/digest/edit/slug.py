"""Slugs: short names for addresses, the same on every machine."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator

LONGEST = 60
MARKS = (10, 20, 64)  # characters of the hash that tells Events of one headline apart
_OTHER = re.compile(r"[^a-z0-9]+")


def slugify(text: str) -> str:
    """Lower case ASCII words joined by hyphens, at most 60 characters; "" if nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = _OTHER.sub("-", plain.replace("'", "")).strip("-")
    if len(slug) > LONGEST:
        slug = slug[:LONGEST].rsplit("-", 1)[0] or slug[:LONGEST]
    return slug


def event_slugs(headline: str, external_id: str) -> Iterator[str]:
    """Slugs for a new Event, the one to prefer first: the headline's words and a mark of the id.

    A sender writes "Flood Warning" a hundred thousand times, so now and then two ids have the same
    short mark. The last one is the whole hash.
    """
    whole = hashlib.sha256(external_id.encode()).hexdigest()
    for length in MARKS:
        yield f"{slugify(headline)}-{whole[:length]}".lstrip("-")


def story_slug(title: str) -> str:
    """The slug of a Story: of its title, or of the title's hash when no ASCII is left of it."""
    return slugify(title) or "story-" + hashlib.sha256(title.encode()).hexdigest()[:8]
