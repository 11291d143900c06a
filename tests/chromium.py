"""Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.reflex_app import CHROMIUM_ARGUMENTS, find_chromium


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium.

    Yields:
        The browser.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        yield browser
        browser.close()


@contextmanager
def faultless_page(browser: Browser, script: str = "", **options: Any) -> Iterator[Page]:
    """Open a page of a new visitor, and see to it that its console shows no error.

    Args:
        browser: The browser.
        script: What runs on each page before its own scripts.
        **options: Options of the visitor's context, such as `base_url` and `viewport`.

    Yields:
        The page.
    """
    context = browser.new_context(**options)
    context.add_init_script(script)
    page = context.new_page()
    problems: list[str] = []

    def keep_errors(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    context.on("console", keep_errors)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    yield page
    context.close()
    assert not problems, "\n".join(problems)
