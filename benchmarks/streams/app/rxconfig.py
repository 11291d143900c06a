import reflex as rx

config = rx.Config(
    app_name="streams_app",
    app_module_import="streams_app.main",
    show_built_with_reflex=False,
    telemetry_enabled=False,
    plugins=[rx.plugins.RadixThemesPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
