"""A real browser for tests, and axe to look at what it shows."""

import shutil
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]

VIEWS = [*product(("light", "dark"), (360, 700))]
"""(scheme of colours, width in pixels) that everything has to be fit for."""

SEEN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""axe's rules about what is seen. All others read the document, which is the same in every view."""


@pytest.fixture(scope="module")  # asyncio's own loops can't run beside it
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


def views(page: Page, wanted: list[tuple[str, int]], **options: Any) -> Iterator[tuple[str, int]]:
    """What `page` shows in one view after the other, without an accessibility violation in any.

    `options` are axe's own. Loading a page, and axe into it, takes longer than to look at it; to
    hold it to all rules takes twice as long as to what is SEEN, and is done in the first view.
    """
    page.evaluate(Axe().axe_script)
    asked = {"resultTypes": ["violations"]} | options
    for scheme, width in wanted:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        found = AxeResults(page.evaluate("options => axe.run(options)", asked))
        where = f"{page.url}, {scheme}, {width} px"
        assert found.violations_count == 0, f"{where}: {found.generate_report()}"
        asked["runOnly"] = SEEN
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where
        yield scheme, width
