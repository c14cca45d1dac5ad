"""Addresses in messages: one form for all Channels."""

import pytest
from builders import make_links

from digest.render.links import event_url, tuned


def test_a_link_names_the_event_and_perhaps_story_and_hours() -> None:
    assert tuned("less", "pipelines") == "?do=less&event=pipelines"
    assert (
        tuned("mute", "pipelines", "gulf", hours=24)
        == "?do=mute&event=pipelines&story=gulf&hours=24"
    )


def test_nothing_in_a_slug_ends_the_address_early() -> None:
    assert tuned("why", "a&do=mute#x\ud800") == "?do=why&event=a%26do%3Dmute%23x%3F"
    assert (
        event_url(make_links(), "a/../b?c d") == "https://digest.example.org/e/a%2F..%2Fb%3Fc%20d"
    )


def test_a_template_that_asks_for_what_no_page_does_is_wrong() -> None:
    with pytest.raises(ValueError, match="'lass' is not one of less, mute"):
        tuned("lass", "pipelines")
