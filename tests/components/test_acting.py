"""A run that a page cancels and replays, and what the page says about its connection."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

# While they are broken, sockets that are open close, and new ones fail as where nobody listens.
BREAKABLE_SOCKETS = """
const sockets = [];
let isBroken = false;
class FailingSocket {
  constructor() { setTimeout(() => this.onerror?.(new Event("error"))); }
  close() {}
}
window.WebSocket = new Proxy(WebSocket, {
  construct(target, args) {
    if (isBroken) return new FailingSocket();
    sockets.push(new target(...args));
    return sockets.at(-1);
  },
});
window.breakSockets = () => { isBroken = true; sockets.forEach((socket) => socket.close()); };
window.mendSockets = () => { isBroken = false; };
"""
STALE = r"stale for (\d+) s"


@pytest.fixture
def acting(page: Page) -> Page:
    page.goto("/acting")
    return page


@pytest.fixture
def connection(page: Page) -> Locator:
    return page.locator("#connection")


def card_shows(page: Page, word: str) -> None:
    expect(page.locator("#card").get_by_role("status", name="Run status")).to_have_text(
        word, timeout=15_000
    )


def run_id(page: Page) -> str:
    return page.locator("#card").get_by_text(re.compile("^run_")).inner_text()


def test_buttons_are_disabled_where_they_do_not_apply(acting: Page) -> None:
    cancel = acting.get_by_role("button", name="Cancel")
    replay = acting.get_by_role("button", name="Replay")
    expect(cancel).to_be_disabled()
    expect(replay).to_be_disabled()
    acting.get_by_role("button", name="Start", exact=True).click()
    expect(cancel).to_be_enabled()
    expect(replay).to_be_disabled()


def test_a_run_is_cancelled_once_that_is_confirmed_and_can_be_replayed(acting: Page) -> None:
    acting.get_by_role("button", name="Start", exact=True).click()
    card_shows(acting, "Executing")
    first = run_id(acting)
    acting.get_by_role("button", name="Cancel").click()
    dialog = acting.get_by_role("alertdialog", name="Cancel this run?")
    dialog.get_by_role("button", name="Let it run").click()
    expect(dialog).not_to_be_visible()
    card_shows(acting, "Executing")
    acting.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Cancel the run").click()
    card_shows(acting, "Cancelled")
    acting.get_by_role("button", name="Replay").click()
    card_shows(acting, "Executing")
    assert run_id(acting) != first


def test_a_card_tells_the_page_when_its_run_has_finished(acting: Page) -> None:
    acting.get_by_role("button", name="Start a short one").click()
    card_shows(acting, "Completed")
    expect(acting.locator("#ended")).to_have_text(run_id(acting))


def test_a_page_without_network_says_so_and_for_how_long(acting: Page, connection: Locator) -> None:
    acting.get_by_role("button", name="Start", exact=True).click()
    expect(connection.get_by_role("status")).to_have_text("Live")
    acting.context.set_offline(True)
    expect(connection.get_by_role("status")).to_have_text("Disconnected")
    expect(connection).to_contain_text(re.compile(STALE))
    [seconds] = re.findall(STALE, connection.inner_text())
    expect(connection).to_contain_text(re.compile(rf"stale for (?!{seconds} )\d+ s"))
    acting.context.set_offline(False)
    expect(connection.get_by_role("status")).to_have_text("Live")
    expect(connection).not_to_contain_text("stale")


def test_a_page_whose_socket_is_down_says_so(page: Page, connection: Locator) -> None:
    page.add_init_script(BREAKABLE_SOCKETS)
    page.goto("/acting")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(connection.get_by_role("status")).to_have_text("Live")
    page.evaluate("() => window.breakSockets()")
    expect(connection.get_by_role("status")).to_have_text("Disconnected")
    page.evaluate("() => window.mendSockets()")
    expect(connection.get_by_role("status")).to_have_text("Live", timeout=15_000)


def test_a_blip_is_not_mentioned(page: Page, connection: Locator) -> None:
    page.goto("/acting")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(connection.get_by_role("status")).to_have_text("Live")
    page.evaluate(
        """() => {
          const status = document.querySelector("#connection [role=status]");
          window.seen = [];
          new MutationObserver(() => window.seen.push(status.textContent))
            .observe(status, { subtree: true, childList: true, characterData: true });
        }"""
    )
    for is_offline in (True, False):
        page.context.set_offline(is_offline)
        page.wait_for_timeout(200)
    page.wait_for_timeout(1000)
    assert page.evaluate("() => window.seen") == []
