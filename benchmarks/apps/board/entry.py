"""An app of 300 lines: a task board with people, filters, a form, numbers and a second page."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

import reflex as rx

from app.sdk import DynamicApp, Page


class Status(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DOING = "doing"
    BLOCKED = "blocked"
    DONE = "done"


COLORS = {
    Status.OPEN: "gray",
    Status.DOING: "blue",
    Status.BLOCKED: "red",
    Status.DONE: "green",
}
PEOPLE = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Margaret", "Niklaus", "Frances"]
TITLES = ["Measure", "Draw", "Check", "Order", "Build", "Paint", "Clean", "Hand over"]
PLACES = ["roof", "cellar", "stairs", "kitchen", "office", "hall"]
TODAY = date(2026, 1, 5)


@dataclass
class Task:
    """One thing to do."""

    id: int
    title: str
    person: str
    status: str
    due: str
    hours: int
    tags: list[str] = field(default_factory=list)


def example_tasks(number: int) -> list[Task]:
    """Return tasks that look like those of a real project."""
    statuses = list(Status)
    return [
        Task(
            id=index,
            title=f"{TITLES[index % len(TITLES)]} the {PLACES[index % len(PLACES)]}",
            person=PEOPLE[index * 3 % len(PEOPLE)],
            status=statuses[index * 7 % len(statuses)],
            due=(TODAY + timedelta(days=index % 30)).isoformat(),
            hours=1 + index * 5 % 16,
            tags=[PLACES[index % len(PLACES)], TITLES[index % len(TITLES)].lower()],
        )
        for index in range(number)
    ]


class BoardState(rx.State):
    """The tasks and what is shown of them."""

    tasks: list[Task] = example_tasks(24)
    query: str = ""
    person: str = "everybody"
    only_open: bool = False
    count: int = 0
    next_id: int = 24

    @rx.var
    def shown(self) -> list[Task]:
        """The tasks that match query, person and switch."""
        words = self.query.casefold().split()
        return [
            task
            for task in self.tasks
            if all(word in f"{task.title} {task.person}".casefold() for word in words)
            and self.person in ("everybody", task.person)
            and not (self.only_open and task.status == Status.DONE)
        ]

    @rx.var
    def hours_left(self) -> int:
        """Hours of all tasks that are not done."""
        return sum(task.hours for task in self.tasks if task.status != Status.DONE)

    @rx.var
    def by_status(self) -> list[dict[str, str | int]]:
        """Number of tasks by status, for the chart."""
        counted = Counter(task.status for task in self.tasks)
        return [{"status": status.value, "tasks": counted[status]} for status in Status]

    @rx.var
    def late(self) -> int:
        """Number of tasks that should have been done a week ago."""
        limit = (TODAY + timedelta(days=7)).isoformat()
        return sum(task.due < limit and task.status != Status.DONE for task in self.tasks)

    @rx.var
    def progress(self) -> int:
        """Percent of tasks that are done."""
        done = sum(task.status == Status.DONE for task in self.tasks)
        return round(100 * done / max(1, len(self.tasks)))

    @rx.event
    def increment(self):
        """Count."""
        self.count += 1

    @rx.event
    def search(self, query: str):
        """Show tasks that match."""
        self.query = query

    @rx.event
    def choose_person(self, person: str):
        """Show tasks of one person."""
        self.person = person

    @rx.event
    def toggle_open(self, checked: bool):
        """Hide or show tasks that are done."""
        self.only_open = checked

    @rx.event
    def advance(self, task_id: int):
        """Take a task one step further."""
        order = list(Status)
        for task in self.tasks:
            if task.id == task_id:
                task.status = order[(order.index(Status(task.status)) + 1) % len(order)]

    @rx.event
    def remove(self, task_id: int):
        """Delete a task."""
        self.tasks = [task for task in self.tasks if task.id != task_id]
        return rx.toast.success("Task deleted")

    @rx.event
    def reset_filters(self):
        """Show everything again."""
        self.query = ""
        self.person = "everybody"
        self.only_open = False


class FormState(rx.State):
    """The form for a new task."""

    title: str = ""
    problem: str = ""

    @rx.var
    def can_save(self) -> bool:
        """Whether the form is complete."""
        return len(self.title.strip()) > 2

    @rx.event
    def set_title(self, title: str):
        """Take over what is typed."""
        self.title = title
        self.problem = ""

    @rx.event
    async def save(self, form: dict):
        """Add the task to the board."""
        if not self.can_save:
            self.problem = "A title has at least three letters."
            return None
        board = await self.get_state(BoardState)
        board.tasks.append(
            Task(
                id=board.next_id,
                title=self.title.strip(),
                person=form.get("person") or PEOPLE[0],
                status=Status.OPEN,
                due=form.get("due") or TODAY.isoformat(),
                hours=int(form.get("hours") or 1),
            )
        )
        board.next_id += 1
        self.title = ""
        return rx.toast.success("Task added")


def header() -> rx.Component:
    """Heading, numbers and progress."""
    return rx.hstack(
        rx.heading("First heading", id="heading"),
        rx.spacer(),
        rx.text(BoardState.count, id="count"),
        rx.button("Count", on_click=BoardState.increment, id="plus", variant="soft"),
        rx.badge(BoardState.hours_left, " hours left", color_scheme="amber"),
        rx.cond(BoardState.late > 0, rx.badge(BoardState.late, " late", color_scheme="red")),
        rx.text(BoardState.shown.length(), " of ", BoardState.tasks.length(), size="2"),
        rx.progress(value=BoardState.progress, width="12rem"),
        align="center",
        width="100%",
    )


def filters() -> rx.Component:
    """Search, person and switch."""
    return rx.hstack(
        rx.input(placeholder="Search", on_change=BoardState.search.debounce(100)),
        rx.select(
            ["everybody", *PEOPLE], value=BoardState.person, on_change=BoardState.choose_person
        ),
        rx.hstack(
            rx.switch(checked=BoardState.only_open, on_change=BoardState.toggle_open),
            rx.text("not done"),
            align="center",
        ),
        rx.button("Reset", on_click=BoardState.reset_filters, variant="ghost"),
        align="center",
    )


def status_badge(task: rx.Var[Task]) -> rx.Component:
    """The status in its color."""
    return rx.match(
        task.status,
        *[(status.value, rx.badge(status.value, color_scheme=COLORS[status])) for status in Status],
        rx.badge(task.status),
    )


def task_row(task: rx.Var[Task]) -> rx.Component:
    """One task in the table."""
    return rx.table.row(
        rx.table.cell(
            rx.vstack(
                rx.text(task.title, weight="medium"),
                rx.hstack(rx.foreach(task.tags, lambda tag: rx.badge(tag, variant="outline"))),
                spacing="1",
            )
        ),
        rx.table.cell(task.person),
        rx.table.cell(status_badge(task)),
        rx.table.cell(task.due),
        rx.table.cell(rx.cond(task.hours > 8, rx.text(task.hours, color="red"), task.hours)),
        rx.table.cell(
            rx.hstack(
                rx.icon_button("arrow-right", on_click=BoardState.advance(task.id), size="1"),
                rx.icon_button("trash-2", on_click=BoardState.remove(task.id), size="1"),
            )
        ),
    )


def task_table() -> rx.Component:
    """All tasks that are shown."""
    columns = ["Task", "Person", "Status", "Due", "Hours", ""]
    return rx.table.root(
        rx.table.header(rx.table.row(*[rx.table.column_header_cell(name) for name in columns])),
        rx.table.body(rx.foreach(BoardState.shown, task_row)),
        width="100%",
    )


def task_form() -> rx.Component:
    """The form for a new task."""
    return rx.form(
        rx.hstack(
            rx.input(value=FormState.title, on_change=FormState.set_title, placeholder="Title"),
            rx.select(PEOPLE, name="person", placeholder="Person"),
            rx.input(name="due", type="date"),
            rx.input(name="hours", type="number", placeholder="Hours"),
            rx.button("Add", type="submit", disabled=~FormState.can_save),
        ),
        rx.cond(FormState.problem != "", rx.callout(FormState.problem, color_scheme="red")),
        on_submit=FormState.save,
        reset_on_submit=True,
    )


def index() -> rx.Component:
    """The board."""
    return rx.vstack(header(), filters(), task_table(), task_form(), padding="4", width="100%")


def numbers() -> rx.Component:
    """The second page: tasks by status."""
    row = lambda entry: rx.hstack(rx.text(entry["status"]), rx.text(entry["tasks"]))  # noqa: E731
    return rx.vstack(rx.heading("Numbers"), rx.foreach(BoardState.by_status, row), padding="4")


class AppEntry(DynamicApp):
    """The task board."""

    name = "Board"
    version = "1.0.0"
    description = "Who does what until when."
    icon = "kanban"
    pages = {"/": index, "/numbers": Page(numbers, title="Numbers")}
