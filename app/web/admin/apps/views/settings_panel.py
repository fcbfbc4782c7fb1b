"""The tab with an app's settings: a form made from the model that the app declares."""

import reflex as rx

from app.web.admin.apps.states.settings_state import SettingsState
from app.web.admin.apps.views.settings_fields import SELECT, option, setting
from app.web.admin.browser import FormWatch
from app.web.admin.shell import icon_of, muted, section
from app.web.layout import empty

_WRONG = {"box_shadow": "inset 0 0 0 1px var(--red-9)"}
_STYLE = {
    # What is focused is not below the line with the button.
    "& input, & textarea, & select": {"scroll_margin_bottom": "5rem"},
    "& .rt-TextFieldRoot:has([aria-invalid=true])": _WRONG,
    "& .rt-TextAreaRoot:has([aria-invalid=true])": _WRONG,
    "& select[aria-invalid=true]": {"border_color": "var(--red-9)"},
}


def settings_panel() -> rx.Component:
    """Return the tab."""
    return rx.cond(
        SettingsState.trouble != "",
        rx.callout(SettingsState.trouble, icon="triangle-alert", color_scheme="red", role="alert"),
        rx.cond(
            SettingsState.number == "",
            rx.skeleton(height="12rem", aria_label="Loading", role="status"),
            rx.flex(_version(), _content(), direction="column", spacing="5"),
        ),
    )


def _version() -> rx.Component:
    return rx.cond(
        SettingsState.versions.length() > 1,
        rx.flex(
            rx.el.label(
                rx.hstack(
                    rx.text("What version", size="2"),
                    rx.el.select(
                        rx.foreach(SettingsState.versions, option),
                        value=SettingsState.number,
                        on_change=SettingsState.choose_version,
                        id="settings-version",
                        **SELECT,
                    ),
                    rx.text("asks for", size="2"),
                    align="center",
                    spacing="2",
                ),
            ),
            muted("All versions of the app share these values."),
            column_gap="var(--space-4)",
            row_gap="var(--space-2)",
            align="center",
            wrap="wrap",
        ),
    )


def _content() -> rx.Component:
    return rx.cond(
        SettingsState.rows.length() > 0,
        section("Settings", _form()),
        empty(
            "sliders-horizontal",
            "Nothing to set",
            "This version declares no settings. An app that wants some names a Pydantic model: ",
            rx.code("AppEntry.settings"),
            ".",
        ),
    )


def _form() -> rx.Component:
    return rx.form(
        rx.flex(
            rx.cond(
                ~SettingsState.has_settings,
                muted("This version declares no settings; these are from other versions."),
                muted("An empty field gets its default. Fields marked * are required."),
            ),
            _meanwhile(),
            _wrong(),
            rx.foreach(SettingsState.rows, setting),
            _saving(),
            direction="column",
            spacing="5",
        ),
        on_submit=SettingsState.save,
        # Anew whenever the values are read anew, so that the fields begin with them.
        key=SettingsState.form.to(str),
        # What is wrong is said by the server, in words and at the field.
        custom_attrs={"noValidate": True, "autoComplete": "off"},
        id="settings-form",
        max_width="44rem",
        style=_STYLE,
    )


def _saving() -> rx.Component:
    return rx.flex(
        rx.button(
            icon_of("save"),
            rx.cond(SettingsState.insists, "Overwrite with mine", "Save"),
            type="submit",
            id="save-settings",
        ),
        FormWatch.create(refusals=SettingsState.refusals),
        column_gap="var(--space-4)",
        row_gap="var(--space-2)",
        align="center",
        wrap="wrap",
        # In sight, however long the form is.
        position="sticky",
        bottom="0",
        padding_y="var(--space-3)",
        background="var(--gray-1)",
        border_top="1px solid var(--gray-4)",
    )


def _meanwhile() -> rx.Component:
    return rx.cond(
        SettingsState.meanwhile.length() > 0,
        rx.callout.root(
            rx.text("Somebody changed these settings in the meantime.", weight="medium"),
            rx.el.ul(
                rx.foreach(SettingsState.meanwhile, rx.el.li),
                margin="0",
                padding_left="var(--space-4)",
                overflow_wrap="anywhere",
            ),
            rx.text(
                rx.cond(
                    SettingsState.insists,
                    "Nothing was saved yet. Save again to apply your changes; what you did not"
                    " touch stays as they left it.",
                    "What you typed is still here.",
                )
            ),
            rx.button(
                "Discard mine and show theirs",
                type="button",
                size="1",
                variant="soft",
                on_click=SettingsState.begin_again,
            ),
            color_scheme="amber",
            role="alert",
            size="1",
            display="block",
            id="changed-meanwhile",
        ),
    )


def _wrong() -> rx.Component:
    return rx.cond(
        SettingsState.wrong.length() > 0,
        rx.callout.root(
            rx.text(
                "Nothing was saved. Please check: ",
                SettingsState.wrong.join(", "),
                size="2",
            ),
            color_scheme="red",
            role="alert",
            size="1",
            display="block",
            overflow_wrap="anywhere",
            id="wrong-settings",
        ),
    )
