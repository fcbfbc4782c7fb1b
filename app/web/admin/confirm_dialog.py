"""The dialog that asks for the password."""

import reflex as rx

from app.web.admin.confirm_state import ConfirmState


def confirm_dialog() -> rx.Component:
    """Ask for the password; it is over every admin page, and over their other dialogs."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.form(
                rx.flex(
                    rx.dialog.title("Confirm that it is you", margin_bottom="0"),
                    rx.dialog.description(
                        "Changes need your password, at most once every five minutes on this "
                        "page. What you asked for then continues."
                    ),
                    rx.cond(
                        ConfirmState.trouble != "",
                        rx.callout(
                            ConfirmState.trouble,
                            icon="circle-alert",
                            color_scheme="red",
                            size="1",
                            role="alert",
                        ),
                    ),
                    rx.el.label(
                        rx.text("Password", size="2", weight="medium"),
                        rx.input(
                            name="password",
                            type="password",
                            auto_complete="current-password",
                            required=True,
                            auto_focus=True,
                            id="confirm-password",
                            key=ConfirmState.tries.to_string(),
                            margin_top="var(--space-1)",
                            width="100%",
                        ),
                    ),
                    rx.flex(
                        rx.button(
                            "Cancel",
                            type="button",
                            variant="soft",
                            color_scheme="gray",
                            on_click=ConfirmState.close,
                        ),
                        rx.button("Confirm", type="submit", id="confirm-me"),
                        spacing="3",
                        justify="end",
                        wrap="wrap",
                    ),
                    direction="column",
                    spacing="4",
                ),
                on_submit=ConfirmState.confirm,
            ),
            max_width="26rem",
            id="confirm-dialog",
        ),
        open=ConfirmState.is_open,
        on_open_change=ConfirmState.set_open,
    )
