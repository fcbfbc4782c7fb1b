import reflex as rx

from app.sdk import DynamicApp

from .shapes import LABEL, Item, Mode, Point


class ShapesState(rx.State):
    mode: Mode = Mode.DAY
    point: Point = Point(0)
    item: Item = Item(name="first")
    items: list[Item] = []
    by_name: dict[str, Point] = {}
    verdict: str = ""
    judged: int = 0

    @rx.event
    def change(self):
        self.mode = Mode.NIGHT
        self.point = Point(3, 4)
        self.item = Item(name="changed", mode=Mode.NIGHT)
        self.items.append(Item(name="listed"))
        self.by_name["a"] = Point(7)

    @rx.event
    def judge(self):
        checks = {
            "enum": self.mode is Mode.NIGHT,
            "dataclass": isinstance(self.point, Point) and self.point.x == 3,
            "model": isinstance(self.item, Item) and self.item.mode is Mode.NIGHT,
            "list": all(isinstance(item, Item) for item in self.items) and len(self.items) == 1,
            "dict": isinstance(self.by_name["a"], Point),
        }
        wrong = [name for name, good in checks.items() if not good]
        self.judged += 1
        self.verdict = ", ".join(wrong) or "all of this version"

    @rx.var
    def summary(self) -> str:
        return f"{self.mode.value} {self.point.x},{self.point.y} {self.item.name}"


def index() -> rx.Component:
    return rx.vstack(
        rx.heading(LABEL, id="title"),
        rx.text(ShapesState.summary, id="summary"),
        rx.text(ShapesState.point.x, id="x"),
        rx.text(ShapesState.item.name, id="item"),
        rx.foreach(ShapesState.items, lambda item: rx.text(item.name, class_name="listed")),
        rx.button("change", id="change", on_click=ShapesState.change),
        rx.button("judge", id="judge", on_click=ShapesState.judge),
        rx.text(ShapesState.verdict, id="verdict"),
        rx.text(ShapesState.judged, id="judged"),
    )


class AppEntry(DynamicApp):
    name = "Shapes"
    pages = {"/": index}
