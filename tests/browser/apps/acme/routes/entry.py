import reflex as rx

from app.sdk import DynamicApp, Page


class RouteState(rx.State):
    loaded: list[str] = []
    count: int = 0

    @rx.event
    def load_project(self):
        self.loaded.append(f"project {self.project_id}")

    @rx.event
    def load_task(self):
        query = self.router.url.query_parameters
        self.loaded.append(f"task {self.project_id}/{self.task_id}?{query.get('tab', '')}")

    @rx.event
    def load_files(self):
        self.loaded.append("files " + "+".join(self.splat))

    @rx.event
    def up(self):
        self.count += 1

    @rx.event
    def turn_away(self):
        return rx.redirect("/apps/acme-routes/projects/redirected")

    @rx.var
    def heading(self) -> str:
        return f"Project {self.project_id}"

    @rx.var
    def tab(self) -> str:
        return self.router.url.query_parameters.get("tab", "none")


def frame(title, *children: rx.Component) -> rx.Component:
    base = "/apps/acme-routes"
    return rx.vstack(
        rx.heading(title, id="title"),
        *children,
        rx.text(RouteState.loaded.join(", "), id="loaded"),
        rx.text(RouteState.count, id="count"),
        rx.text(RouteState.tab, id="tab"),
        rx.text(rx.State.router.url.path, id="path"),
        rx.button("up", id="up", on_click=RouteState.up),
        rx.link("home", href=base, id="home"),
        rx.link("one", href=f"{base}/projects/one", id="one"),
        rx.link("two", href=f"{base}/projects/two", id="two"),
        rx.link("task", href=f"{base}/projects/one/tasks/7?tab=notes", id="task"),
        rx.link("other tab", href=f"{base}/projects/one/tasks/7?tab=history", id="history"),
        rx.link("files", href=f"{base}/files/a/b%20c/d", id="files"),
        rx.link("person", href=f"{base}/people/ann", id="person"),
        rx.link("missing", href=f"{base}/no/such/page", id="missing"),
        rx.link("away", href=f"{base}/away", id="away"),
        rx.link("anchor", href=f"{base}#bottom", id="anchor"),
        rx.link("other app", href="/apps/acme-views/foreach", id="other"),
        rx.link("site", href="/apps/acme-site", id="site"),
        rx.link("new", href=f"{base}/projects/new", id="new"),
    )


def index() -> rx.Component:
    return frame("Home")


def project() -> rx.Component:
    return frame(RouteState.heading, rx.text("id ", rx.State.project_id, id="project"))


def new_project() -> rx.Component:
    return frame("New project")


def person() -> rx.Component:
    return frame(rx.State.name.upper(), rx.text(rx.State.name, id="name"))


def task() -> rx.Component:
    return frame("Task", rx.text(rx.State.project_id, "/", rx.State.task_id, id="ids"))


def files() -> rx.Component:
    return frame("Files", rx.foreach(rx.State.splat, lambda part: rx.text(part, class_name="part")))


class AppEntry(DynamicApp):
    name = "Routes"
    pages = {
        "/": index,
        "/projects/new": Page(new_project, title="New"),
        "/projects/[project_id]": Page(project, title="Project", on_load=RouteState.load_project),
        "/projects/[project_id]/tasks/[task_id]": Page(
            task, title="Task", on_load=[RouteState.load_task, RouteState.up]
        ),
        "/people/[name]": person,
        "/files/[[...splat]]": Page(files, title="Files", on_load=RouteState.load_files),
        "/away": Page(index, on_load=RouteState.turn_away),
    }
