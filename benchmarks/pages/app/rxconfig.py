import os

import reflex as rx

config = rx.Config(
    app_name="benchmark",
    app_module_import=f"benchmarks.pages.app.{os.environ['BENCHMARK_APP']}",
    show_built_with_reflex=False,
    telemetry_enabled=False,
    plugins=[rx.plugins.RadixThemesPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
