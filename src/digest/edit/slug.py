"""Slugs: short names for addresses, the same on every machine."""

import hashlib
import re
import unicodedata

LONGEST = 60
_OTHER = re.compile(r"[^a-z0-9]+")


def slugify(text: str) -> str:
    """Lower case ASCII words joined by hyphens, at most 60 characters; "" if nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = _OTHER.sub("-", plain.replace("'", "")).strip("-")
    if len(slug) > LONGEST:
        slug = slug[:LONGEST].rsplit("-", 1)[0] or slug[:LONGEST]
    return slug


def event_slug(headline: str, external_id: str) -> str:
    """A slug no other Event has: the headline's words and six characters of the id's hash."""
    mark = hashlib.sha256(external_id.encode()).hexdigest()[:6]
    return f"{slugify(headline)}-{mark}".lstrip("-")


def story_slug(title: str) -> str:
    """The slug of a Story: of its title, or of the title's hash when no ASCII is left of it."""
    return slugify(title) or "story-" + hashlib.sha256(title.encode()).hexdigest()[:8]
