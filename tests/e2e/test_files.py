"""`/files`: files that are uploaded and hashed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.actions import expect_run_status, open_page


def test_uploaded_files_are_hashed(page: Page, tmp_path: Path):
    contents = {"high.txt": b"high tide", "low.bin": bytes(3_000_000)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    open_page(page, "/files")
    page.locator("input[type=file]").set_input_files([tmp_path / name for name in contents])
    expect_run_status(page, "Completed")

    for name, content in contents.items():
        expect(page.locator("#run-output")).to_contain_text(name)
        expect(page.locator("#run-output")).to_contain_text(hashlib.sha256(content).hexdigest())
    expect(page.locator("[data-sonner-toast]")).to_contain_text("2 files hashed")
