"""Records as Revisions keep them. What an earlier release wrote, a later one may not accept."""

import logging
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from digest.models.record import EventRecord

log = logging.getLogger(__name__)


def read(event_id: int, revision: int, kept: dict[str, Any]) -> EventRecord | None:
    """The record; None, which is said once, if it is no longer valid."""
    try:
        return EventRecord.model_validate(kept)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        _complain(event_id, revision, ".".join(map(str, first["loc"])), first["msg"])
        return None


@lru_cache(1000)
def _complain(event_id: int, revision: int, field: str, why: str) -> None:
    log.error(
        "revision %d of event %d cannot be read and is passed over: %s: %s",
        revision,
        event_id,
        field,
        why,
    )
