"""What one more reader costs: in calls, which are the same on every machine, however busy it is.

The aim is in CPU time: 1.0 ms a mail of 60 kB unsigned, 2.5 ms with RSA-2048. `./run bench mail`
measures that; there 4,000 calls take 1.0 ms. What makes a mail dear shows in both.
"""

import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from builders import make_digest, make_envelope, make_links

from digest.channels.email import EmailChannel
from digest.models.content import EditionContent

READERS = 12
SHARED, OWN, SIGNED = 950, 4_200, 4_200  # calls


def calls(channel: EmailChannel, contents: Sequence[EditionContent]) -> int:
    """Calls of functions for one reader, with fragments warm; each of `contents` is new."""
    fresh = [c.model_copy(update={"matched": 1_000 + n}) for n, c in enumerate(contents)]
    envelopes = [
        make_envelope(delivery_id=n, links=make_links(f"reader{n:06d}.aBcDeFgHiJkLm"))
        for n in range(READERS)
    ]
    for content in contents:
        channel.render(content, envelopes[0])
    count = 0

    def note(_: FrameType, what: str, __: Any) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    sys.setprofile(note)
    try:
        for n, envelope in enumerate(envelopes):
            channel.render(fresh[n % len(fresh)], envelope)
    finally:
        sys.setprofile(None)
    return count // READERS


def editions(count: int) -> list[EditionContent]:
    """Digests of the same 12 Items, each in an order of its own."""
    whole = make_digest(12, 0)
    turned = [whole.items[n:] + whole.items[:n] for n in range(count)]
    return [whole.model_copy(update={"items": items}) for items in turned]


def test_a_reader_of_a_shared_edition_costs_little(channel: EmailChannel) -> None:
    assert calls(channel, editions(1)) <= SHARED


def test_a_reader_with_an_edition_of_their_own(channel: EmailChannel) -> None:
    assert calls(channel, editions(READERS)) <= OWN


def test_a_signed_one(make_channel: Callable[..., EmailChannel], rsa_key: str) -> None:
    channel = make_channel(dkim_selector="one", dkim_key=rsa_key)
    assert calls(channel, editions(READERS)) <= SIGNED
