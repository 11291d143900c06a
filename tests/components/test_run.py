"""One run as the components show it, in every state there is."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

STATES = {
    "none": "No run yet",
    "queued": "Queued",
    "executing": "Executing",
    "reporting": "Executing",
    "completed": "Completed",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "pending-version": "Pending version",
}

# How the text of a status is announced and where the parts of the card are.
LAYOUT = """() => ["#badge", "#progress", "#card"].map((part) => {
  const { width, height } = document.querySelector(part).getBoundingClientRect();
  return [part, width, height];
})"""


@pytest.fixture
def show(page: Page) -> Callable[[str], None]:
    """Puts the run into a state."""
    page.goto("/run")

    def show(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()
        if name in STATES:
            expect(page.locator("#badge")).to_have_text(STATES[name])

    return show


def test_a_status_is_announced_as_a_word(page: Page, show: Callable[[str], None]) -> None:
    for name, word in STATES.items():
        show(name)
        expect(page.locator("#card").get_by_role("status", name="Run status")).to_have_text(word)


def test_nothing_changes_its_size_while_a_run_goes_on(
    page: Page, show: Callable[[str], None]
) -> None:
    show("none")
    before = page.evaluate(LAYOUT)
    for name in ("pending-version", "queued", "executing", "reporting", "completed", "cancelled"):
        show(name)
        assert page.evaluate(LAYOUT) == before


def test_progress_is_told_to_those_who_do_not_see_it(
    page: Page, show: Callable[[str], None]
) -> None:
    bar = page.locator("#progress").get_by_role("progressbar", name="Progress")
    show("reporting")
    expect(bar).to_have_attribute("aria-valuenow", "42")
    expect(bar).to_have_attribute("aria-valuetext", "42 %, Reading page 3 of 7")
    show("completed")
    expect(bar).to_have_attribute("aria-valuetext", "100 %, Completed")


def test_progress_is_indeterminate_while_the_task_reports_none(
    page: Page, show: Callable[[str], None]
) -> None:
    show("executing")
    bar = page.locator("#progress").get_by_role("progressbar")
    expect(bar).to_have_attribute("data-state", "indeterminate")
    expect(bar).not_to_have_attribute("aria-valuenow", "0")
    expect(page.locator("#progress")).to_have_text("Executing")


def test_a_run_that_has_yet_to_come_is_said_to_be_connecting(
    page: Page, show: Callable[[str], None]
) -> None:
    show("connecting")
    card = page.locator("#card")
    expect(card.get_by_role("status", name="Run status")).to_have_text("Connecting")
    bar = card.get_by_role("progressbar")
    expect(bar).to_have_attribute("data-state", "indeterminate")
    expect(bar).to_have_attribute("aria-valuetext", "Connecting")


def test_the_time_left_ticks_down_while_the_task_says_the_same(
    page: Page, show: Callable[[str], None]
) -> None:
    show("reporting")
    for seconds in (29, 28):
        expect(page.locator("#progress")).to_contain_text(f"1 min {seconds} s left")
    show("completed")
    expect(page.locator("#progress")).not_to_contain_text("left")


def test_the_stack_of_an_error_unfolds_by_keyboard(page: Page, show: Callable[[str], None]) -> None:
    show("failed")
    alert = page.locator("#error").get_by_role("alert")
    expect(alert).to_contain_text("ValueError: There is no report on tides")
    stack = alert.get_by_text("step_29")
    expect(stack).not_to_be_visible()
    alert.get_by_text("Stack trace").focus()
    page.keyboard.press("Enter")
    expect(stack).to_be_visible()


def test_what_is_wrong_with_following_is_said_with_its_remedy(
    page: Page, show: Callable[[str], None]
) -> None:
    show("reporting")
    show("broken")
    for part in ("#error", "#card"):
        alert = page.locator(part).get_by_role("alert")
        expect(alert).to_have_text("The server does not answer. Is it running?")


def test_the_card_is_named_after_the_task(page: Page, show: Callable[[str], None]) -> None:
    show("executing")
    expect(page.get_by_role("group", name="create-report")).to_contain_text("run_cm5k9x0a1")


def test_the_card_tells_what_came_of_the_run(page: Page, show: Callable[[str], None]) -> None:
    card = page.locator("#card")
    show("completed")
    expect(card).to_contain_text('{url: "https://example.com/reports/tides.pdf", pages: 12')
    show("failed")
    expect(card).to_contain_text("ValueError: There is no report on tides")


def test_a_runs_id_can_be_copied(page: Page, show: Callable[[str], None]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    show("reporting")
    button = page.locator("#card").get_by_role("button", name="Copy the run's id")
    button.click()
    expect(button).to_have_text("Copied")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "run_cm5k9x0a10000v8l4h2q7d3ef"


def test_json_unfolds_by_keyboard_a_part_at_a_time(page: Page, show: Callable[[str], None]) -> None:
    show("completed")
    view = page.locator("#json")
    view.get_by_role("tab", name="Payload").focus()
    page.keyboard.press("ArrowRight")
    output = view.get_by_role("group", name="Output")
    expect(output.get_by_role("listitem")).to_have_count(4)
    output.get_by_text("rows:").focus()
    output.locator("summary", has_text="5000 items").press("Enter")
    rows = output.get_by_text("{ 3 fields }")
    expect(rows).to_have_count(100)
    output.get_by_role("button", name="Show 100 more of 5000").press("Enter")
    expect(rows).to_have_count(200)


def test_a_long_text_is_shown_whole_on_demand(page: Page, show: Callable[[str], None]) -> None:
    show("completed")
    view = page.locator("#json")
    view.get_by_role("tab", name="Output").click()
    text = view.locator(".text", has_text="high water")
    assert len(text.inner_text()) < 2100
    view.get_by_role("button", name="Show all 11,500 characters").click()
    assert len(json.loads(text.inner_text())) == 11_500


def test_json_that_is_not_there_is_said_to_be_missing(
    page: Page, show: Callable[[str], None]
) -> None:
    show("executing")
    view = page.locator("#json")
    for tab, message in (("Output", "No output."), ("Metadata", "No metadata.")):
        view.get_by_role("tab", name=tab).click()
        expect(view.get_by_role("tabpanel")).to_have_text(message)
    expect(page.locator("#payload").get_by_role("tab")).to_have_count(0)
