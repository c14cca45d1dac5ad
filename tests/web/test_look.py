"""The pages in a real browser: accessible, nothing loaded from elsewhere, fit for a phone."""

import shutil
from collections.abc import Iterator

import pytest
import worlds
from axe_playwright_python.sync_playwright import Axe
from inboxes import make_inbox
from playwright.sync_api import Browser, sync_playwright
from worlds import World

from digest.services.reader import following
from digest.services.reader.following import Target
from digest.standins.server import LocalServer
from digest.web.app import create

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]

RULED = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "iframes": False,  # the mails in them are looked at where they are made
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


def paths(world: World) -> dict[str, str]:
    """Every kind of page, with the richest content that the world has."""
    worlds.add_event(
        world.app,
        severity=5,
        breaking=True,
        takeaway="It closes the strait.",
        scenarios=[{"kind": "risk", "text": "Prices rise.", "horizon": "short"}],
        perspectives=[
            {"actor": "Iran", "text": "Iran denies it.", "as_of": "2026-03-04T08:00:00Z"},
            {"actor": "Iran", "text": "Iran said nothing.", "as_of": "2026-03-01T08:00:00Z"},
        ],
        links=[{"direction": "cause", "title": "The talks", "event": "talks-1"}],
        correction={"wrong": "Both are shut.", "right": "One is shut."},
    )
    drill = {"id": "drill", "headline": "A port shuts", "takeaway": "Nobody sails."}
    worlds.add_event(world.app, **drill)
    _, retracted = worlds.add_event(world.app, **drill, retraction={"reason": "It was a drill."})
    db, now = world.app.db, world.now
    following.drop(db, world.maria, Target(worlds.interest_id(world.app, "gulf")), now)
    event = world.event[1]
    return {
        "home": "/",
        "event": f"/e/{event}",
        "retracted": f"/e/{retracted}",
        "unsubscribe": world.path("unsubscribe"),
        "pause": world.path("pause"),
        "preferences": world.path("preferences"),
        "less": world.path(f"tune?do=less&event={event}"),
        "all choices": world.path(f"tune?event={event}"),
        "why": world.path(f"tune?do=why&event={event}"),
        "missing": "/nowhere",
        "inbox": "/inbox",
        "inbox, mail": "/inbox?message=email-1",
        "inbox, Slack": "/inbox?message=slack-1",
        "inbox, Telegram": "/inbox?message=telegram-2",
    }


@pytest.mark.parametrize(
    ("locale", "scheme", "width"),
    [
        ("en", "light", 360),
        ("en", "dark", 360),
        ("en", "light", 700),
        ("en", "dark", 700),
        ("ar", "light", 360),
        ("ar", "dark", 700),
    ],
)
def test_every_page_is_accessible_and_fits(
    browser: Browser, world: World, locale: str, scheme: str, width: int
) -> None:
    with world.app.db.begin() as session:
        session.get_one(worlds.Subscriber, world.maria).locale = locale
    found = paths(world)
    web = create(world.app, lambda: world.now, inbox=make_inbox(world))
    with LocalServer(web) as server:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale=locale,
        )
        page = context.new_page()
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        for name, path in found.items():
            page.goto(server.url + path)
            page.evaluate(
                "document.querySelectorAll('article details').forEach(d => d.open = true)"
            )
            result = Axe().run(page, options=RULED)
            assert result.violations_count == 0, f"{name}: {result.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert [url for url in seen if not url.startswith(server.url)] == []
        context.close()


def test_a_reader_without_javascript_unsubscribes_and_comes_back(
    browser: Browser, world: World
) -> None:
    with LocalServer(create(world.app, lambda: world.now)) as server:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(server.url + world.path("unsubscribe"))
        page.get_by_role("button", name="Unsubscribe").click()
        assert page.get_by_role("heading", level=1).inner_text() == "You are unsubscribed"
        page.get_by_role("button", name="Undo").click()
        assert page.get_by_role("heading", level=1).inner_text() == "You are subscribed again"
        page.goto(server.url + world.path("preferences"))
        iran = page.get_by_role("group", name="Iran")
        iran.get_by_label("How much of it").select_option("muted")
        page.get_by_role("button", name="Save").click()
        assert "Saved." in page.get_by_role("status").inner_text()
        assert iran.get_by_label("How much of it").input_value() == "muted"
        page.get_by_role("button", name="Undo").click()
        assert iran.get_by_label("How much of it").input_value() == "usual"
        assert context.cookies() == []
        context.close()
