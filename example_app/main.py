"""The app: its pages, and the embedded server that runs its tasks."""

import reflex as rx

from example_app import tasks
from example_app.gallery.entries import ENTRIES
from example_app.gallery.stills import Samples
from example_app.pages import (
    analysis,
    assistant,
    batch,
    dashboard,
    detail,
    errors,
    files,
    gallery,
    search,
)
from example_app.server import server

__all__ = ["app", "tasks"]

ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
    "<rect width='16' height='16' rx='4' fill='%235b5bd6'/>"
    "<path d='M3 8h2.5L7 4l2.5 8L11 8h2' fill='none' stroke='white' stroke-width='1.5'/></svg>"
)

app = rx.App(head_components=[rx.el.link(rel="icon", href=ICON)])
app.add_page(analysis.page, route="/", title="One run · reflex-realtime")
app.add_page(assistant.page, route="/assistant", title="Assistant · reflex-realtime")
app.add_page(batch.page, route="/batch", title="Batch · reflex-realtime")
app.add_page(files.page, route="/files", title="Upload · reflex-realtime")
app.add_page(search.page, route="/search", title="Cancel · reflex-realtime")
app.add_page(
    dashboard.page,
    route="/dashboard",
    title="Dashboard · reflex-realtime",
    on_load=dashboard.Dashboard.watch,
)
app.add_page(
    detail.page,
    route="/runs/[run_id]",
    title="Run · reflex-realtime",
    on_load=detail.Detail.subscribe_from_route("run_id"),
)
app.add_page(errors.page, route="/errors", title="Errors · reflex-realtime")
app.add_page(gallery.overview(ENTRIES), route="/gallery", title="Gallery · reflex-realtime")
for entry in ENTRIES:
    app.add_page(
        gallery.component_page(entry),
        route=entry.route,
        title=f"{entry.name} · reflex-realtime",
        on_load=Samples.take,
    )
server.mount(app)
