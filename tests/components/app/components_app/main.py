"""The app: every page that there is."""

from importlib import import_module
from pkgutil import iter_modules

import reflex as rx

from components_app import pages
from components_app.server import server

# Browsers ask for an icon, and complain where there is none.
icon = rx.el.link(rel="icon", href="data:,")

app = rx.App(html_lang="en", head_components=[icon])
for module in iter_modules(pages.__path__):
    page = import_module(f"components_app.pages.{module.name}")
    route = "/" + module.name.replace("_", "-")
    app.add_page(page.page, route=route, title=module.name, on_load=getattr(page, "on_load", None))
server.mount(app)
