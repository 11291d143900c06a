"""What axe-core finds wrong with a page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.npm import install

FOLDER = Path(__file__).parent / "js"
SCRIPT = FOLDER / "node_modules" / "axe-core" / "axe.min.js"

FAULTS = """async (part) => {
  const { violations } = await axe.run(part, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, any, all, none }) => {
      const reasons = [...any, ...all, ...none].map(({ message }) => message);
      return `${id} (${help}) at ${target.join(" ")}: ${reasons.join("; ")}`;
    }));
}"""


def faults(page: Page, part: str = "html") -> list[str]:
    """Every violation of axe-core's rules on the page as it is now: the rule, where, and why.

    Args:
        page: The page.
        part: The selector of the part that is looked at.
    """
    install(FOLDER, "The tests of accessibility need")
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=SCRIPT)
    return page.evaluate(FAULTS, part)
