import reflex as rx

config = rx.Config(
    app_name="example_app",
    app_module_import="example_app.main",
    show_built_with_reflex=False,
    telemetry_enabled=False,
    plugins=[
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(
                accent_color="iris", gray_color="slate", radius="large", panel_background="solid"
            )
        )
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
