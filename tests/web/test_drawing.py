"""Texts of others as safe HTML."""

import pytest

from digest.web.drawing import in_scheme, mrkdwn, telegram_html, web_url


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "*bold* and _italic_ and ~struck~",
            "<strong>bold</strong> and <em>italic</em> and <s>struck</s>",
        ),
        (
            "*<https://a.example/x|A *b* c>*",
            '<strong><a href="https://a.example/x">A *b* c</a></strong>',
        ),
        (
            "<https://a.example/?a=1&amp;b=2>",
            '<a href="https://a.example/?a=1&amp;b=2">https://a.example/?a=1&amp;b=2</a>',
        ),
        ("a &lt; b &amp;amp; c", "a &lt; b &amp;amp; c"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        (
            "<!channel> <@U1>",
            '<span class="mention">!channel</span> <span class="mention">@U1</span>',
        ),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("&gt; quoted", "<q>quoted</q>"),
        ("`*code*`", "<code><strong>code</strong></code>"),
        ("\ue0000\ue001", "0"),
    ],
)
def test_mrkdwn_is_drawn_as_slack_does(text: str, html: str) -> None:
    assert mrkdwn(text) == html


def test_telegram_keeps_its_own_tags_only() -> None:
    drawn = telegram_html('<b>a</b>\n<script>x</script><a href="javascript:x">l</a><h1>t</h1>')
    assert drawn == '<b>a</b>\n<a rel="noopener noreferrer">l</a>t'


@pytest.mark.parametrize(
    "url",
    [None, "", "javascript:x", "//a.example", "https://", "https://a b", "http://[", "x" * 9999],
)
def test_what_is_no_web_address_is_none(url: str | None) -> None:
    assert web_url(url) == ""


def test_a_mail_is_shown_in_the_scheme_that_was_asked_for() -> None:
    css = "@media (prefers-color-scheme: dark) {} @media (prefers-color-scheme:light) {}"
    assert in_scheme(css, "dark") == "@media (min-width: 0) {} @media (max-width: 0) {}"
