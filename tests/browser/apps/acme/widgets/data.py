"""Charts and tables."""

import plotly.graph_objects as go
import reflex as rx


class DataState(rx.State):
    points: list[dict[str, int | str]] = [
        {"name": "a", "value": 3, "other": 1},
        {"name": "b", "value": 5, "other": 4},
    ]
    rows: list[list[str | int]] = [["ann", 1], ["bob", 2]]
    columns: list[str] = ["name", "age"]
    edited: str = ""
    clicked: str = ""
    cells: list[list[str | int]] = [["x", 1], ["y", 2]]

    @rx.event
    def add(self):
        self.points.append({"name": "c", "value": 9, "other": 2})
        self.rows.append(["cyd", 3])

    @rx.event
    def edit(self, position: tuple[int, int], cell: dict):
        self.edited = f"{position[0]},{position[1]}={cell['data']}"
        column, row = position
        self.cells[row][column] = cell["data"]

    @rx.event
    def click_cell(self, position: tuple[int, int]):
        self.clicked = f"{position[0]},{position[1]}"

    @rx.var
    def figure(self) -> go.Figure:
        return go.Figure(
            data=[go.Bar(x=[p["name"] for p in self.points], y=[p["value"] for p in self.points])],
            layout={"title": {"text": f"{len(self.points)} bars"}},
        )


def charts_page() -> rx.Component:
    return rx.vstack(
        rx.recharts.bar_chart(
            rx.recharts.bar(data_key="value", fill="rgb(1, 2, 3)", is_animation_active=False),
            rx.recharts.x_axis(data_key="name"),
            rx.recharts.y_axis(),
            rx.recharts.graphing_tooltip(),
            rx.recharts.legend(),
            data=DataState.points,
            width=400,
            height=200,
            id="bars",
        ),
        rx.box(
            rx.recharts.line_chart(
                rx.recharts.line(data_key="other", is_animation_active=False),
                rx.recharts.cartesian_grid(stroke_dasharray="3 3"),
                data=DataState.points,
                width="100%",
                height=200,
            ),
            id="lines",
            width="400px",
        ),
        rx.box(
            rx.recharts.pie_chart(
                rx.recharts.pie(
                    rx.foreach(
                        DataState.points,
                        lambda point, index: rx.recharts.cell(fill=rx.color("blue", 3)),
                    ),
                    data=DataState.points,
                    data_key="value",
                    name_key="name",
                    is_animation_active=False,
                ),
                width=300,
                height=200,
            ),
            id="pie",
        ),
        rx.box(rx.plotly(data=DataState.figure), id="plotly", width="400px"),
        rx.button("add", id="add", on_click=DataState.add),
    )


def tables_page() -> rx.Component:
    return rx.vstack(
        rx.box(
            rx.data_table(
                data=DataState.rows,
                columns=DataState.columns,
                search=True,
                sort=True,
                pagination=True,
            ),
            id="table",
        ),
        rx.box(rx.data_table(data=[["static", 1]], columns=["text", "number"]), id="static-table"),
        rx.table.root(
            rx.table.header(rx.table.row(rx.table.column_header_cell("Name"))),
            rx.table.body(
                rx.foreach(DataState.rows, lambda row: rx.table.row(rx.table.cell(row[0])))
            ),
            id="plain",
        ),
        rx.button("add", id="add", on_click=DataState.add),
    )


def editor_page() -> rx.Component:
    return rx.vstack(
        rx.box(
            rx.data_editor(
                columns=[{"title": "Name", "type": "str"}, {"title": "Number", "type": "int"}],
                data=DataState.cells,
                on_cell_edited=DataState.edit,
                on_cell_clicked=DataState.click_cell,
                width="400px",
                height="200px",
            ),
            id="editor",
        ),
        rx.text(DataState.edited, id="edited"),
        rx.text(DataState.clicked, id="clicked"),
    )
