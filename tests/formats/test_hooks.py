"""What mail services post: whatever stands in a field, reading it raises nothing."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web.posted import (
    mailgun_failed,
    postmark_bounce,
    sendgrid_event,
    ses_bounce,
    ses_complaint,
)

from digest.errors import InputError
from digest.formats.hooks import READERS, HookEvent, document, events

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS: dict[str, list[Any]] = {
    "ses": [
        ses_bounce("b+1.x@y.example", "maria@example.com"),
        ses_complaint([{"name": "Message-ID", "value": "<1.a@b.example>"}], "maria@example.com"),
    ],
    "mailgun": [{"event-data": mailgun_failed("<1.a@b.example>", "maria@example.com")}],
    "postmark": [postmark_bounce("maria@example.com")],
    "sendgrid": [[sendgrid_event("<1.a@b.example>", "maria@example.com")]],
}
CASES = [(service, one) for service, several in DOCUMENTS.items() for one in several]


def spoilt(value: Any, place: int, other: Any) -> Any:
    """`value` with what stands at one of its places replaced."""
    count = 0

    def walk(one: Any) -> Any:
        nonlocal count
        count += 1
        if count - 1 == place:
            return other
        if isinstance(one, dict):
            return {key: walk(inner) for key, inner in one.items()}
        return [walk(inner) for inner in one] if isinstance(one, list) else one

    return walk(value)


@pytest.mark.parametrize(("service", "posted"), CASES)
def test_each_form_holds_one_event(service: str, posted: Any) -> None:
    (event,) = events(service, document(service, json.dumps(posted)))
    assert event.address == "maria@example.com"
    assert event.id


@pytest.mark.parametrize(("service", "posted"), CASES)
@given(place=st.integers(0, 30), other=ANYTHING)
def test_a_field_that_holds_something_else_raises_nothing(
    service: str, posted: Any, place: int, other: Any
) -> None:
    try:
        read = document(service, json.dumps(spoilt(posted, place, other)))
    except InputError:
        return
    assert all(isinstance(one, HookEvent) for one in events(service, read))


@pytest.mark.parametrize("service", READERS)
@given(raw=st.binary(max_size=60))
def test_what_is_no_json_is_refused(service: str, raw: bytes) -> None:
    with suppress(InputError):
        events(service, document(service, raw))
