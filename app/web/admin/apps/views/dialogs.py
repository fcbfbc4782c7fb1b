"""The dialogs of the admin pages: asking before an operation, and previews."""

from typing import Any

import reflex as rx

from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.preview_state import LONGEST_DAYS, PreviewState
from app.web.admin.shell import icon_of, muted


def operation_dialog() -> rx.Component:
    """Ask before something is done with an app; also when somebody else was faster."""
    changed = OperationState.meanwhile.length() > 0
    return question_dialog(
        OperationState,
        rx.cond(changed, _meanwhile()),
        button=rx.cond(changed, f"{OperationState.button} all the same", OperationState.button),
    )


def question_dialog(
    state: Any, *before: rx.Component, button: rx.Var[str] | None = None
) -> rx.Component:
    """Ask before something is done.

    Args:
        state: has `is_open`, `title`, `text`, `button` and `destructive`, and the events `confirm`,
            `close` and `set_open`.
        before: what stands above the text.
        button: what confirms it, in place of the state's.
    """
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(state.title),
            *before,
            rx.alert_dialog.description(state.text),
            rx.flex(
                rx.button("Cancel", variant="soft", color_scheme="gray", on_click=state.close),
                rx.button(
                    state.button if button is None else button,
                    color_scheme=rx.cond(state.destructive, "red", "grass"),
                    on_click=state.confirm,
                    id="confirm",
                ),
                spacing="3",
                justify="end",
                wrap="wrap",
                margin_top="var(--space-4)",
            ),
            max_width="32rem",
        ),
        open=state.is_open,
        on_open_change=state.set_open,
    )


def _meanwhile() -> rx.Component:
    return rx.callout.root(
        rx.text("The app has changed since you opened this page:", weight="medium"),
        rx.el.ul(
            rx.foreach(OperationState.meanwhile, lambda step: rx.el.li(step)),
            margin="0",
            padding_left="1.2rem",
            list_style="disc",
        ),
        rx.text("Nothing that you asked for has been done yet."),
        color_scheme="amber",
        role="alert",
        id="meanwhile",
        display="block",
        margin_bottom="var(--space-3)",
    )


def preview_dialog() -> rx.Component:
    """Start a preview, and show its link once."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(f"Preview version {PreviewState.number}"),
            rx.cond(PreviewState.link != "", _link(), _form()),
            max_width="32rem",
        ),
        open=PreviewState.is_open,
        on_open_change=PreviewState.set_open,
    )


def _form() -> rx.Component:
    return rx.form(
        rx.flex(
            rx.dialog.description(
                "Whoever has the link, and the users named here, get this version. Everybody else "
                "keeps the one that is served."
            ),
            _field(
                f"For how many days, at most {LONGEST_DAYS}",
                "days",
                default_value="7",
                type="number",
            ),
            _field(
                "Addresses of users who get it without the link (optional)",
                "users",
                placeholder="ada@example.org, ben@example.org",
            ),
            rx.flex(
                rx.dialog.close(
                    rx.button("Cancel", variant="soft", color_scheme="gray", type="button")
                ),
                rx.button("Start the preview", type="submit"),
                spacing="3",
                justify="end",
            ),
            direction="column",
            spacing="4",
        ),
        on_submit=PreviewState.start,
    )


def _field(label: str, name: str, **props: str) -> rx.Component:
    return rx.el.label(
        rx.text(label, size="2", weight="medium", margin_bottom="var(--space-1)"),
        rx.input(name=name, width="100%", **props),
    )


def _link() -> rx.Component:
    return rx.flex(
        rx.dialog.description("Copy the link before you close this: it is only shown now."),
        rx.input(
            value=PreviewState.link, read_only=True, aria_label="Link of the preview", id="link"
        ),
        muted("Whoever opens it must sign in, and must be somebody who may see the app."),
        rx.flex(
            rx.dialog.close(rx.button("Close", variant="soft", color_scheme="gray")),
            rx.button(icon_of("copy"), "Copy the link", on_click=PreviewState.copied),
            spacing="3",
            justify="end",
        ),
        direction="column",
        spacing="4",
    )
