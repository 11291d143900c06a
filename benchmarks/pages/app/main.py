"""The app."""

from __future__ import annotations

import reflex as rx

from benchmarks.pages.app import ours, plain, probe

app = rx.App(api_transformer=probe.install())
ours.add_pages(app)
plain.add_pages(app)
