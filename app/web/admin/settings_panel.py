"""The tab with an app's settings: a form made from the model that the app declares."""

import reflex as rx

from app.web.admin.browser import FormWatch
from app.web.admin.settings_rows import BLANK, REMOVE, VALUE, OptionRow, SettingRow
from app.web.admin.settings_state import SettingsState
from app.web.admin.shell import MUTED, icon_of, muted, section
from app.web.layout import empty

_SELECT = {
    "padding": "var(--space-2)",
    "border_radius": "var(--radius-2)",
    "border": "1px solid var(--gray-7)",
    "background": "var(--color-surface)",
    "color": "var(--gray-12)",
    "font_size": "var(--font-size-2)",
    "max_width": "100%",
}
_WRONG = {"box_shadow": "inset 0 0 0 1px var(--red-9)"}
_STYLE = {
    # What is focused is not below the line with the button.
    "& input, & textarea, & select": {"scroll_margin_bottom": "5rem"},
    "& .rt-TextFieldRoot:has([aria-invalid=true])": _WRONG,
    "& .rt-TextAreaRoot:has([aria-invalid=true])": _WRONG,
    "& select[aria-invalid=true]": {"border_color": "var(--red-9)"},
}
# Typed secrets of several lines are covered like those of one.
_COVERED = {"-webkit-text-security": "disc", "text-security": "disc"}


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
                        rx.foreach(SettingsState.versions, _option),
                        value=SettingsState.number,
                        on_change=SettingsState.choose_version,
                        id="settings-version",
                        **_SELECT,
                    ),
                    rx.text("asks for", size="2"),
                    align="center",
                    spacing="2",
                ),
            ),
            muted("The values are the app's: all its versions get them."),
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
                muted("This version declares no settings; these are left from others."),
                muted("What is empty is not set: the default applies. * must be set."),
            ),
            _meanwhile(),
            _wrong(),
            rx.foreach(SettingsState.rows, _row),
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
            rx.cond(SettingsState.insists, "Save mine over it", "Save"),
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
            rx.text("Somebody changed these settings meanwhile.", weight="medium"),
            rx.el.ul(
                rx.foreach(SettingsState.meanwhile, rx.el.li),
                margin="0",
                padding_left="var(--space-4)",
                overflow_wrap="anywhere",
            ),
            rx.text(
                rx.cond(
                    SettingsState.insists,
                    "Nothing was saved yet. Save again to set what you changed; what you did not"
                    " touch stays as they set it.",
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
            rx.text("Nothing was saved. These need another look: ", SettingsState.wrong.join(", ")),
            color_scheme="red",
            role="alert",
            size="1",
            display="block",
            overflow_wrap="anywhere",
            id="wrong-settings",
        ),
    )


def _row(row: rx.Var[SettingRow]) -> rx.Component:
    return rx.flex(
        _label(row),
        rx.match(
            row["input"],
            ("line", _line(row)),
            ("date", _line(row, type="date", max_width="12rem")),
            ("lines", _lines(row)),
            ("choice", _choice(row)),
            ("secret", _line(row, type="password")),
            ("secret lines", _lines(row, style=_COVERED)),
            rx.code(row["text"], size="2", overflow_wrap="anywhere"),
        ),
        rx.cond(row["blank_text"] != "", _checkbox(row, BLANK, row["blank_label"], row["blank"])),
        rx.cond(row["removable"], _checkbox(row, REMOVE, "Remove it", False)),
        rx.text(
            row["error"],
            id=f"error-{row['name']}",
            size="2",
            color="var(--red-11)",
            overflow_wrap="anywhere",
        ),
        rx.text(
            row["about"],
            " ",
            row["hint"],
            id=f"about-{row['name']}",
            size="1",
            color=MUTED,
            overflow_wrap="anywhere",
        ),
        rx.cond(row["by"] != "", muted(row["by"], size="1")),
        direction="column",
        spacing="1",
        custom_attrs={"data-setting": row["name"]},
    )


def _label(row: rx.Var[SettingRow]) -> rx.Component:
    return rx.flex(
        rx.el.label(
            rx.text(
                row["label"],
                rx.cond(row["required"], " *", ""),
                weight="medium",
                size="2",
                as_="span",
            ),
            html_for=f"setting-{row['name']}",
        ),
        rx.cond(
            row["label"] != row["name"],
            rx.code(row["name"], variant="ghost", color=MUTED, size="1"),
        ),
        rx.match(
            row["state"],
            ("set", rx.badge(icon_of("lock", 12), "set", color_scheme="green")),
            ("not set", rx.badge("not set", color_scheme="gray")),
            ("lost", rx.badge("its key is gone: set it again", color_scheme="red")),
            rx.fragment(),
        ),
        spacing="2",
        align="center",
        wrap="wrap",
    )


def _about(row: rx.Var[SettingRow]) -> dict[str, object]:
    """Return what every field has in common."""
    return {
        "id": f"setting-{row['name']}",
        "name": f"{VALUE}{row['name']}",
        "aria_required": row["required"].to(bool),
        "aria_invalid": row["error"].to(str) != "",
        "aria_describedby": row["described"].to(str),
    }


def _line(row: rx.Var[SettingRow], **props: object) -> rx.Component:
    return rx.input(
        default_value=row["text"].to(str),
        placeholder=row["placeholder"].to(str),
        auto_complete="new-password" if props.get("type") == "password" else "off",
        width="100%",
        custom_attrs={"inputMode": row["keyboard"], "spellCheck": False},
        **{**_about(row), **props},
    )


def _lines(row: rx.Var[SettingRow], **props: object) -> rx.Component:
    return rx.text_area(
        default_value=row["text"].to(str),
        placeholder=row["placeholder"].to(str),
        auto_complete=False,
        width="100%",
        rows="4",
        resize="vertical",
        custom_attrs={"spellCheck": False},
        **{**_about(row), **props},
    )


def _choice(row: rx.Var[SettingRow]) -> rx.Component:
    return rx.box(
        rx.el.select(
            rx.el.option(row["unchosen"], value=""),
            rx.foreach(row["options"].to(list[OptionRow]), _option),
            default_value=row["text"].to(str),
            **{**_about(row), **_SELECT},
        )
    )


def _option(option: rx.Var[OptionRow]) -> rx.Component:
    return rx.el.option(option["label"], value=option["text"].to(str))


def _checkbox(row: rx.Var[SettingRow], name: str, label: object, checked: object) -> rx.Component:
    return rx.el.label(
        rx.hstack(
            rx.el.input(
                type="checkbox",
                name=f"{name}{row['name']}",
                default_checked=checked,
                aria_label=f"{label} ({row['label']})",
            ),
            rx.text(label, size="2"),
            align="center",
            spacing="2",
        )
    )
