"""Drawing: texts of others as safe HTML. Slack's mrkdwn, Telegram's HTML, links."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import nh3
from markupsafe import Markup, escape

_CONTROL = re.compile(r"<([^<>]*)>")
_HELD = re.compile("\ue000(\\d+)\ue001")  # private use: a link, put back at the end
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "s"),
    (re.compile(r"`([^`\n]+)`"), "code"),
)
_QUOTE = re.compile(r"^&gt; ?(.*)$", re.MULTILINE)

_TELEGRAM_TAGS = {
    "a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "span", "strike",
    "strong", "u",
}  # fmt: skip


def web_url(url: str | None) -> str:
    """`url` when it leads to a web page; else "", so that nothing else becomes a link."""
    if not url or len(url) > 2_000 or any(c <= " " for c in url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname else ""


def host_of(url: str) -> str:
    """Whose page it is: "news.example" of the web address "https://www.news.example/a?b"."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def mrkdwn(text: str) -> Markup:
    """Slack's mrkdwn as Slack shows it: links, bold, italic, strike, code, quotes."""
    links: list[Markup] = []

    def hold(match: re.Match[str]) -> str:
        links.append(_control(match[1]))
        return f"\ue000{len(links) - 1}\ue001"

    held = _CONTROL.sub(hold, text.replace("\ue000", "").replace("\ue001", ""))
    html = str(escape(_unescape(held)))
    for pattern, tag in _STYLES:
        html = pattern.sub(rf"<{tag}>\1</{tag}>", html)
    html = _QUOTE.sub(r"<q>\1</q>", html)
    return Markup(_HELD.sub(lambda match: str(links[int(match[1])]), html))


def _control(inside: str) -> Markup:
    """What stands in angle brackets: a link, or a mention, which is drawn as its text."""
    target, _, label = inside.partition("|")
    url = web_url(_unescape(target))
    text = _unescape(label or target)
    if url:
        return Markup('<a href="{}">{}</a>').format(url, text)
    if target.startswith(("@", "#", "!")):
        return Markup('<span class="mention">{}</span>').format(text)
    return escape(f"<{_unescape(inside)}>")


def _unescape(text: str) -> str:
    return re.sub("&(?:lt|gt|amp);", lambda match: _ENTITIES[match[0]], text)


def slack_text(value: Mapping[str, Any]) -> Markup:
    """A text object of Block Kit."""
    text = str(value.get("text", ""))
    return mrkdwn(text) if value.get("type") == "mrkdwn" else escape(text)


def telegram_html(html: str) -> Markup:
    """Telegram's HTML with its own tags only, as its apps show it."""
    return Markup(
        nh3.clean(
            html.encode("utf-8", "ignore").decode(),
            tags=_TELEGRAM_TAGS,
            attributes={"a": {"href"}, "span": {"class"}},
            url_schemes={"http", "https", "mailto", "tg"},
        )
    )


_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")


def in_scheme(html: str, scheme: str) -> str:
    """A mail as it looks in light or dark, whatever the screen it is shown on prefers."""
    return _SCHEME.sub(
        lambda match: "(min-width: 0)" if match[1] == scheme else "(max-width: 0)", html
    )
