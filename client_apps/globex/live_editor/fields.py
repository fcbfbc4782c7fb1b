"""The controls of the editor: a field with who is in it, what waits, and what has to be decided.

Text fields are not controlled. The browser owns what is in the field while a person types; it goes
to the server at each pause and when the field is left. A controlled field would be set back to
the server's last value whenever the page is drawn between a keystroke and its answer, and here
others make the page draw at any time. When somebody else's value belongs in the field, its `key`
changes and it is drawn anew.
"""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx

from .report import LONGEST, LONGEST_TEXT, STATUSES
from .state import EditorState
from .views import FieldView

PAUSE_MS = 300

typing = rx._x.client_state("live_editor_typing", default="")
"""In the browser alone: the field that was typed into last, and all that is in it. It is stored
when `EditorState.stored` is the same.
"""


def announcement() -> rx.Var[str]:
    """What was saved or changed by others. "Saved" is told only while nothing is on its way: not in
    the pause before what was typed is sent, nor while the server cannot be reached.
    """
    is_on_its_way = (typing.value != "") & (typing.value != EditorState.stored)
    told = EditorState.announcement
    return rx.cond((told == "Saved") & is_on_its_way, "", told)


def text_field(field: rx.Var[FieldView], name: str, hint: str = "") -> rx.Component:
    """One line of text."""
    control = rx.input(
        **_text_props(field),
        placeholder=hint,
        max_length=LONGEST[name],
        width="100%",
    )
    return framed(field, control)


def text_area(field: rx.Var[FieldView], hint: str = "", rows: str = "4") -> rx.Component:
    """Several lines of text."""
    control = rx.text_area(
        **_text_props(field),
        placeholder=hint,
        max_length=LONGEST_TEXT,
        rows=rows,
        resize="vertical",
        width="100%",
    )
    return framed(field, control)


def status_field(field: rx.Var[FieldView]) -> rx.Component:
    """The status, out of a list."""
    control = rx.select.root(
        rx.select.trigger(
            id=field.path,
            width="100%",
            on_focus=EditorState.enter(field.path),
            on_blur=EditorState.exit_choice(field.path),
        ),
        rx.select.content(
            rx.foreach(list(STATUSES), lambda name: rx.select.item(name, value=name))
        ),
        value=field.value,
        on_change=EditorState.choose(field.path),
    )
    return framed(field, control)


def done_field(field: rx.Var[FieldView]) -> rx.Component:
    """A box to tick."""
    control = rx.checkbox(
        id=field.path,
        checked=field.checked,
        on_change=EditorState.choose(field.path),
        size="3",
    )
    return framed(field, control)


def framed(field: rx.Var[FieldView], control: rx.Component) -> rx.Component:
    """A control with its label, the person who is in it, and what there is to tell about it."""
    return rx.flex(
        rx.flex(
            rx.el.label(
                field.label, html_for=field.path, font_size="var(--font-size-2)", font_weight="500"
            ),
            _editor(field),
            justify="between",
            align="center",
            spacing="2",
            min_height="1.5em",
        ),
        rx.box(
            control,
            border_radius="var(--radius-3)",
            outline=rx.cond(
                field.editor != "",
                f"2px solid var(--{field.color}-9)",
                "2px solid transparent",
            ),
            outline_offset="1px",
        ),
        rx.box(notes(field), aria_live="polite"),
        direction="column",
        spacing="1",
        width="100%",
        min_width="0",
    )


def notes(field: rx.Var[FieldView]) -> rx.Component:
    """What waits until the person leaves the field, and the question that they have to answer."""
    return rx.fragment(
        rx.cond(
            field.pending != "",
            rx.callout(field.pending, icon="clock", color_scheme="amber", size="1"),
        ),
        rx.cond(field.clash, _question(field)),
    )


def _editor(field: rx.Var[FieldView]) -> rx.Component:
    return rx.cond(
        field.editor != "",
        rx.badge(
            rx.icon("pencil", size=12, aria_hidden="true"),
            f"{field.editor} is here",
            color_scheme=field.color,
            variant="soft",
            high_contrast=True,
        ),
    )


def _question(field: rx.Var[FieldView]) -> rx.Component:
    """Both values, who wrote the other one, and the two answers."""
    return rx.box(
        rx.flex(
            rx.icon("git-compare", size=16, aria_hidden="true"),
            rx.text(
                f"{field.clash_author} changed {field.label} at the same time", weight="medium"
            ),
            spacing="2",
            align="center",
        ),
        rx.grid(
            _side("Yours", field.clash_mine, "Keep mine", field, mine=True),
            _side(f"By {field.clash_author}", field.clash_theirs, "Take theirs", field, mine=False),
            columns=rx.breakpoints(initial="1", sm="2"),
            spacing="3",
            margin_top="var(--space-2)",
        ),
        role="group",
        aria_label=f"Decide about {field.label}",
        padding="var(--space-3)",
        border="1px solid var(--amber-7)",
        border_radius="var(--radius-3)",
        background="var(--amber-2)",
        data_clash=field.path,
    )


def _side(
    heading: str | rx.Var[str],
    value: rx.Var[str],
    answer: str,
    field: rx.Var[FieldView],
    mine: bool,
) -> rx.Component:
    return rx.flex(
        rx.text(heading, size="1", color="var(--gray-11)"),
        rx.text(value, size="2", white_space="pre-wrap", overflow_wrap="anywhere"),
        rx.button(
            answer,
            on_click=EditorState.decide(field.path, mine),
            variant="solid" if mine else "soft",
            size="1",
            aria_label=f"{answer}: {field.label}",
        ),
        direction="column",
        spacing="2",
        align="start",
    )


def _text_props(field: rx.Var[FieldView]) -> dict[str, object]:
    return {
        "key": field.key,
        "id": field.path,
        "default_value": field.value,
        "on_focus": EditorState.enter(field.path),
        "on_change": lambda value: [
            typing.set_value(f"{field.path} {value}"),
            EditorState.typed(field.path, field.stamp, value).debounce(PAUSE_MS),
        ],
        "on_blur": EditorState.exit(field.path, field.stamp),
    }
