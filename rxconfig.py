"""Reflex's configuration. What is not set here is decided by `app.server`, when it starts."""

import reflex as rx

config = rx.Config(
    app_name="graft",
    app_module_import="app.web",
    # Sessions hold classes of client apps, which Reflex cannot pickle by name.
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    # Nobody else's page may talk to the server; app.server.middleware.headers checks every
    # origin. An empty list leaves Reflex's sockets to it and takes Reflex's
    # permission for others out of responses.
    cors_allowed_origins=[],
    transport="websocket",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    # JavaScript packages of a team's own, as "name@version". Client apps may then import them.
    frontend_packages=[],
    frontend_lazy_bundled_libraries=True,
    frontend_compression_formats=["gzip"],
    plugins=[
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(accent_color="grass", gray_color="sage", radius="medium")
        )
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
