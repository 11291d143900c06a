"""The app."""

from __future__ import annotations

import reflex as rx

from benchmarks.pages.app import ours, plain
from benchmarks.pages.app.probe import probe

app = rx.App(api_transformer=probe())
ours.add_pages(app)
plain.add_pages(app)
