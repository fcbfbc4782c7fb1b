"""The upload of a package: choosing it, its steps, what is wrong with it, what can be done next."""

import reflex as rx

from app.bridge.compiling.upload_field import label_file_field
from app.web.admin.apps.states.findings import Finding, FindingGroup
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.preview_state import PreviewState
from app.web.admin.apps.states.upload_state import STEPS, UPLOAD_ID, UploadState
from app.web.admin.shell import MUTED, icon_of, muted
from app.web.layout import rule_id, traceback

_LABELS = dict(zip(STEPS, ("Receive", "Check", "Dry run"), strict=True))


def upload_panel() -> rx.Component:
    """Return the place where packages are dropped."""
    return rx.flex(
        _zone(),
        rx.cond(UploadState.phase == "running", _running()),
        rx.match(
            UploadState.phase,
            ("refused", _refused()),
            ("accepted", _accepted()),
            rx.fragment(),
        ),
        direction="column",
        spacing="3",
    )


def _zone() -> rx.Component:
    """Return where packages are dropped.

    While one is on its way the zone is out of sight, but there: it keeps the browser from leaving
    the page to show a file that is dropped beside it.
    """
    zone = rx.upload.root(
        rx.flex(
            rx.icon("package-plus", size=28, color="var(--accent-11)", aria_hidden="true"),
            rx.flex(
                rx.text("Drop a package here, or", weight="medium", as_="span"),
                # Its click goes on to the zone, which asks for a file.
                rx.button("choose a file", variant="soft", id=f"{UPLOAD_ID}-file"),
                align="center",
                spacing="2",
                wrap="wrap",
                justify="center",
            ),
            muted(
                "A .tar.gz made with ",
                rx.code("python -m app package <client>/<app>"),
                size="1",
                align="center",
            ),
            direction="column",
            align="center",
            spacing="2",
        ),
        id=UPLOAD_ID,
        accept={"application/gzip": [".gz", ".tgz"], "application/x-gzip": [".gz", ".tgz"]},
        multiple=False,
        max_files=1,
        on_drop=UploadState.receive(
            rx.upload_files_chunk(upload_id=UPLOAD_ID, on_upload_progress=UploadState.sent)
        ),
        no_keyboard=True,
        aria_label="Upload a package",
        display=rx.cond(UploadState.phase == "running", "none", "block"),
        width="100%",
        border="2px dashed var(--accent-a8)",
        border_radius="var(--radius-4)",
        background="var(--accent-a2)",
        padding="var(--space-5) var(--space-4)",
        cursor="pointer",
        _hover={"background": "var(--accent-a3)"},
        drag_active_style={"background": "var(--accent-a4)"},
    )
    return label_file_field(zone, "Package to upload, a .tar.gz")


def _running() -> rx.Component:
    return rx.card(
        rx.flex(
            rx.flex(
                rx.text(UploadState.file_name, weight="medium", overflow_wrap="anywhere"),
                # What has arrived is checked to the end, which takes a moment only.
                rx.cond(
                    UploadState.step == 0,
                    rx.button(
                        "Cancel",
                        size="1",
                        variant="soft",
                        color_scheme="gray",
                        on_click=rx.cancel_upload(UPLOAD_ID),
                    ),
                ),
                justify="between",
                align="center",
                spacing="3",
            ),
            rx.progress(
                value=rx.cond(UploadState.step > 0, 100, UploadState.percent),
                aria_label="Upload of the package",
            ),
            rx.flex(
                *[_step(number, _LABELS[step]) for number, step in enumerate(STEPS)],
                spacing="4",
                wrap="wrap",
                role="status",
            ),
            direction="column",
            spacing="3",
        )
    )


def _step(number: int, label: str) -> rx.Component:
    is_done, is_now = UploadState.step > number, UploadState.step == number
    return rx.hstack(
        rx.cond(
            is_done,
            rx.icon("circle-check", size=16, color="var(--green-11)", aria_hidden="true"),
            rx.cond(
                is_now, rx.spinner(size="1"), rx.icon("circle", size=16, color="var(--gray-8)")
            ),
        ),
        rx.text(
            label,
            rx.cond(is_done, " (done)", rx.cond(is_now, " …", "")),
            size="2",
            color=rx.cond(is_now, "var(--gray-12)", MUTED),
        ),
        spacing="2",
        align="center",
    )


def _refused() -> rx.Component:
    return rx.card(
        rx.flex(
            _outcome("circle-x", "red"),
            rx.text(UploadState.problem, " Nothing was kept.", size="2"),
            rx.foreach(UploadState.findings, _group),
            direction="column",
            spacing="3",
        ),
        id="refused",
        role="alert",
    )


def _group(group: rx.Var[FindingGroup]) -> rx.Component:
    return rx.box(
        rx.code(group["file"], weight="bold", size="2"),
        rx.foreach(group["findings"].to(list[Finding]), lambda found: _finding(found, "red")),
    )


def _finding(found: rx.Var[Finding], color: str) -> rx.Component:
    return rx.callout.root(
        rx.text(
            rx.cond(found["place"] != "", rx.code(found["place"], weight="bold"), ""),
            " ",
            found["message"],
            rule_id(found["rule"]),
            size="2",
        ),
        rx.text(found["remedy"], size="2", color=MUTED),
        traceback(found["detail"]),
        color_scheme=color,
        size="1",
        margin_top="var(--space-2)",
        overflow_wrap="anywhere",
        display="block",
    )


def _accepted() -> rx.Component:
    return rx.card(
        rx.flex(
            _outcome("circle-check", "green"),
            rx.cond(
                UploadState.waits != "",
                rx.callout(
                    f"It asks for {UploadState.waits}, which the app has not been granted. Grant "
                    "it on the app's page; then this version can be promoted.",
                    icon="hand",
                    color_scheme="amber",
                    size="1",
                ),
            ),
            rx.foreach(UploadState.warnings, lambda found: _finding(found, "amber")),
            rx.flex(
                rx.cond(
                    UploadState.is_served,
                    muted("This is the version that people get."),
                    rx.flex(
                        rx.button(
                            icon_of("eye"),
                            "Preview",
                            variant="soft",
                            on_click=PreviewState.ask(UploadState.app_id, UploadState.number),
                        ),
                        rx.cond(
                            UploadState.may_promote,
                            rx.button(
                                icon_of("rocket"),
                                "Promote",
                                on_click=OperationState.ask(
                                    "promote",
                                    UploadState.app_id,
                                    UploadState.number,
                                    UploadState.revision,
                                ),
                            ),
                        ),
                        spacing="3",
                    ),
                ),
                rx.link("All about this app", href=f"/admin/apps/{UploadState.app_id}"),
                spacing="4",
                align="center",
                wrap="wrap",
            ),
            direction="column",
            spacing="3",
        ),
        id="accepted",
        role="status",
    )


def _outcome(icon: str, color: str) -> rx.Component:
    return rx.flex(
        rx.hstack(
            rx.icon(icon, color=f"var(--{color}-11)", size=20, aria_hidden="true"),
            rx.heading(UploadState.outcome, as_="h3", size="3"),
            align="center",
            spacing="2",
        ),
        _dismiss(),
        justify="between",
        spacing="3",
    )


def _dismiss() -> rx.Component:
    return rx.icon_button(
        icon_of("x"),
        aria_label="Dismiss",
        variant="ghost",
        color_scheme="gray",
        on_click=UploadState.dismiss,
    )
