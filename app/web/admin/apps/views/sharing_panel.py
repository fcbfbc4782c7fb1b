"""Who sees an app, and choosing it."""

import reflex as rx

from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.sharing_state import (
    ChoiceRow,
    OrganisationRow,
    PersonRow,
    SharingState,
)
from app.web.admin.shell import icon_of, muted, search_field


def sharing_panel() -> rx.Component:
    """Return who sees the app, or the choice while it is made."""
    return rx.cond(
        (SharingState.app_id != "") & (SharingState.app_id == DetailState.app_id),
        _choice(),
        rx.flex(
            rx.text(DetailState.sharing, id="sharing"),
            rx.cond(
                DetailState.rights["configure"],
                rx.button(
                    icon_of("users"),
                    "Change",
                    variant="soft",
                    aria_label="Change who sees the app",
                    on_click=SharingState.begin(DetailState.app_id),
                ),
            ),
            align="center",
            column_gap="var(--space-4)",
            row_gap="var(--space-2)",
            wrap="wrap",
        ),
    )


def _choice() -> rx.Component:
    return rx.card(
        rx.flex(
            _changed_meanwhile(),
            rx.cond(SharingState.may_share, _everybody()),
            rx.cond(
                ~SharingState.everybody,
                rx.flex(
                    rx.foreach(SharingState.organisations, _organisation),
                    rx.cond(
                        SharingState.organisations.length() == 0,
                        muted("No organisation is chosen."),
                    ),
                    rx.cond(SharingState.may_share, _addable()),
                    direction="column",
                    spacing="4",
                ),
            ),
            rx.text(SharingState.consequence, role="status", id="consequence"),
            rx.flex(
                rx.button(
                    "Cancel", variant="soft", color_scheme="gray", on_click=SharingState.close
                ),
                rx.button("Save", on_click=OperationState.ask_sharing, id="save-sharing"),
                spacing="3",
            ),
            direction="column",
            spacing="4",
        ),
        role="group",
        aria_label="Choose who sees the app",
    )


def _changed_meanwhile() -> rx.Component:
    return rx.cond(
        SharingState.before != DetailState.sharing,
        rx.callout.root(
            rx.text("Somebody changed this meanwhile. Now it is: ", DetailState.sharing),
            rx.button(
                "Start again from there",
                size="1",
                variant="soft",
                on_click=SharingState.begin(DetailState.app_id),
            ),
            color_scheme="amber",
            role="alert",
            size="1",
            display="block",
        ),
    )


def _everybody() -> rx.Component:
    return rx.radio_group.root(
        rx.flex(
            rx.radio_group.item("All users of all organisations", value="everybody"),
            rx.radio_group.item("Only users of certain organisations", value="some"),
            direction="column",
            spacing="2",
        ),
        value=rx.cond(SharingState.everybody, "everybody", "some"),
        on_change=SharingState.set_everybody,
        aria_label="Who sees the app",
    )


def _organisation(row: rx.Var[OrganisationRow]) -> rx.Component:
    return rx.el.section(
        rx.flex(
            rx.heading(row["name"], as_="h3", size="3"),
            rx.cond(
                SharingState.may_share,
                rx.button(
                    icon_of("x"),
                    "Remove",
                    size="1",
                    variant="ghost",
                    color_scheme="gray",
                    aria_label=f"Take {row['name']} out",
                    on_click=SharingState.remove(row["id"]),
                ),
            ),
            align="center",
            spacing="4",
            wrap="wrap",
        ),
        rx.radio_group.root(
            rx.flex(
                rx.radio_group.item("All users", value="all"),
                rx.radio_group.item("Chosen users", value="some"),
                spacing="4",
                wrap="wrap",
            ),
            value=rx.cond(row["everyone"], "all", "some"),
            on_change=lambda choice: SharingState.set_users(row["id"], choice),
            aria_label=f"Which users of {row['name']}",
            margin_y="var(--space-2)",
        ),
        rx.cond(~row["everyone"].to(bool), _people(row)),
        border_left="2px solid var(--accent-6)",
        padding_left="var(--space-3)",
        aria_label=row["name"],
        custom_attrs={"data-organisation": row["id"]},
    )


def _people(row: rx.Var[OrganisationRow]) -> rx.Component:
    return rx.flex(
        rx.cond(
            row["chosen"].to(list[PersonRow]).length() > 0,
            rx.flex(
                rx.foreach(
                    row["chosen"].to(list[PersonRow]), lambda person: _chosen(row["id"], person)
                ),
                rx.cond(row["unshown"].to(int) > 0, muted(f"and {row['unshown']} more")),
                spacing="2",
                wrap="wrap",
                align="center",
                role="list",
                aria_label=f"Chosen users of {row['name']}",
            ),
            muted("Nobody is chosen."),
        ),
        search_field(
            f"Search users of {row['name']}",
            lambda words: SharingState.search_users(row["id"], words).debounce(150),
            placeholder="Name or address",
        ),
        rx.cond(
            row["searched"],
            rx.flex(
                rx.foreach(
                    row["found"].to(list[PersonRow]), lambda person: _found(row["id"], person)
                ),
                muted(
                    rx.cond(
                        row["found"].to(list[PersonRow]).length() == 0,
                        "Nobody is called that.",
                        rx.cond(
                            row["unfound"].to(int) > 0,
                            f"{row['unfound']} more. Type more to narrow them down.",
                            "",
                        ),
                    ),
                    role="status",
                ),
                direction="column",
                spacing="2",
            ),
        ),
        direction="column",
        spacing="3",
    )


def _chosen(organisation_id: rx.Var[str], person: rx.Var[PersonRow]) -> rx.Component:
    return rx.badge(
        rx.text(person["name"], title=person["email"].to(str), as_="span"),
        rx.icon_button(
            icon_of("x", 12),
            size="1",
            variant="ghost",
            aria_label=f"Do not choose {person['name']}, {person['email']}",
            on_click=SharingState.choose(organisation_id, person["id"], False),
        ),
        size="2",
        role="listitem",
    )


def _found(organisation_id: rx.Var[str], person: rx.Var[PersonRow]) -> rx.Component:
    return rx.text(
        rx.flex(
            rx.checkbox(
                checked=person["chosen"].to(bool),
                aria_label=f"{person['name']}, {person['email']}",
                on_change=lambda chosen: SharingState.choose(organisation_id, person["id"], chosen),
            ),
            rx.text(person["name"], as_="span"),
            muted(person["email"], as_="span", overflow_wrap="anywhere"),
            spacing="2",
            align="center",
        ),
        as_="label",
        size="2",
    )


def _addable() -> rx.Component:
    return rx.flex(
        search_field(
            "Search organisations to add",
            SharingState.search.debounce(150),
            placeholder="Add an organisation",
        ),
        rx.flex(
            rx.foreach(SharingState.addable, _add),
            spacing="2",
            wrap="wrap",
            role="group",
            aria_label="Organisations that can be added",
        ),
        direction="column",
        spacing="2",
    )


def _add(choice: rx.Var[ChoiceRow]) -> rx.Component:
    return rx.button(
        icon_of("plus", 14),
        choice["name"],
        size="1",
        variant="soft",
        aria_label=f"Add {choice['name']}",
        on_click=SharingState.add(choice["id"]),
    )
