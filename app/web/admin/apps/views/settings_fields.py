"""The fields in the form of an app's settings."""

import reflex as rx

from app.browser.parts.local_time import LocalTime
from app.web.admin.apps.states.settings_rows import BLANK, REMOVE, VALUE, OptionRow, SettingRow
from app.web.admin.shell import MUTED, icon_of, muted

SELECT = {
    "padding": "var(--space-2)",
    "border_radius": "var(--radius-2)",
    "border": "1px solid var(--gray-7)",
    "background": "var(--color-surface)",
    "color": "var(--gray-12)",
    "font_size": "var(--font-size-2)",
    "max_width": "100%",
}
# Typed secrets of several lines are covered like those of one.
_COVERED = {"-webkit-text-security": "disc", "text-security": "disc"}


def setting(row: rx.Var[SettingRow]) -> rx.Component:
    """Return one setting: its field, and what there is to say about it."""
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
            id=_id("error", row),
            size="2",
            color="var(--red-11)",
            overflow_wrap="anywhere",
        ),
        rx.text(
            row["about"],
            " ",
            row["hint"],
            id=_id("about", row),
            size="1",
            color=MUTED,
            overflow_wrap="anywhere",
        ),
        rx.cond(row["by"] != "", muted(row["by"], LocalTime.create(at=row["at"]), size="1")),
        direction="column",
        spacing="1",
        custom_attrs={"data-setting": row["name"]},
    )


def _id(part: str, row: rx.Var[SettingRow]) -> rx.Var[str]:
    # A var: to a text with a var in it, Reflex adds a ref named after a number that no two builds
    # have in common.
    return rx.Var.create(f"{part}-") + row["name"].to(str)


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
            html_for=_id("setting", row),
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
        "id": _id("setting", row),
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
            rx.foreach(row["options"].to(list[OptionRow]), option),
            default_value=row["text"].to(str),
            **{**_about(row), **SELECT},
        )
    )


def option(row: rx.Var[OptionRow]) -> rx.Component:
    """Return one of several options to choose from."""
    return rx.el.option(row["label"], value=row["text"].to(str))


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
