"""The app: its pages, and the embedded server that runs its tasks."""

import reflex as rx

from example_app import tasks
from example_app.pages import analysis, batch, dashboard, errors, files, search, streams
from example_app.server import server

__all__ = ["app", "tasks"]

app = rx.App()
app.add_page(analysis.page, route="/", title="One run · reflex-realtime")
app.add_page(streams.page, route="/streams", title="Streams · reflex-realtime")
app.add_page(batch.page, route="/batch", title="Batch · reflex-realtime")
app.add_page(files.page, route="/files", title="Upload · reflex-realtime")
app.add_page(search.page, route="/search", title="Cancel · reflex-realtime")
app.add_page(
    dashboard.page,
    route="/dashboard",
    title="Dashboard · reflex-realtime",
    on_load=dashboard.Dashboard.watch,
)
app.add_page(errors.page, route="/errors", title="Errors · reflex-realtime")
server.mount(app)
