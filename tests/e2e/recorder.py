"""Records what the page has shown, however short a time it showed it."""

from __future__ import annotations

from playwright.sync_api import Page

RECORDER = r"""
window.recorded = {frames: [], toasts: []};
const textOf = (selector) => document.querySelector(selector)?.innerText ?? null;
const partOf = (selector, pattern) => textOf(selector)?.match(pattern)?.[1] ?? null;
const shown = {
  "run-status": () => textOf("#run [aria-label='Run status'], #run-status"),
  "run-id": () => partOf("#run, #run-id", /(run_\w+)/),
  "run-percent": () => partOf("#run", /(\d+) %/),
  "run-output": () => textOf("#run-output"),
  "stream-text": () =>
    [...document.querySelectorAll("#text .realtime-markdown")]
      .map((block) => block.innerText)
      .join("\n"),
  "tries": () => textOf("#tries"),
  "count-completed": () => partOf("#batch-progress", /Completed\s+([\d,]+)/),
};
new MutationObserver((changes) => {
  const frame = Object.fromEntries(Object.entries(shown).map(([name, read]) => [name, read()]));
  const frames = window.recorded.frames;
  if (JSON.stringify(frame) !== JSON.stringify(frames.at(-1))) frames.push(frame);
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element)) continue;
    const toasts = [node, ...node.querySelectorAll("*")];
    for (const toast of toasts.filter((element) => element.matches("[data-sonner-toast]"))) {
      window.recorded.toasts.push(toast.innerText);
    }
  }
}).observe(document, {subtree: true, childList: true, characterData: true});
"""

Frame = dict[str, str | None]


def frames(page: Page) -> list[Frame]:
    """Each state the page has been in since it was loaded: the texts of what has an id."""
    return page.evaluate("window.recorded.frames")


def toasts(page: Page) -> list[str]:
    """Every toast that has appeared since the page was loaded."""
    return page.evaluate("window.recorded.toasts")


def texts(page: Page, element: str) -> list[str]:
    """The texts that an element has shown one after the other, without repetitions."""
    shown = [frame[element] for frame in frames(page)]
    return [
        text for text, before in zip(shown, [None, *shown], strict=False) if text and text != before
    ]
