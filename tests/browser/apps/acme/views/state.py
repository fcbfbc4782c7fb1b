from dataclasses import dataclass

import reflex as rx
from pydantic import BaseModel


class Fruit(BaseModel):
    name: str
    tags: list[str] = []


@dataclass
class Size:
    width: int
    height: int


class ViewsState(rx.State):
    fruits: list[Fruit] = [Fruit(name="apple", tags=["red", "round"]), Fruit(name="pear")]
    prices: dict[str, int] = {"apple": 3, "pear": 4}
    size: Size = Size(3, 4)
    big: bool = False
    kind: str = "circle"
    icon: str = "calculator"
    color: str = "rgb(10, 20, 30)"
    text: str = "# Title\n\nSome *emphasis* and `code`."

    @rx.event
    def add(self):
        self.fruits.append(Fruit(name="plum", tags=["blue"]))
        self.prices["plum"] = 5

    @rx.event
    def toggle(self):
        self.big = not self.big

    @rx.event
    def show(self, kind: str):
        self.kind = kind

    @rx.event
    def grow(self):
        self.size.width += 10

    @rx.event
    def other_icon(self):
        self.icon = "heart"

    @rx.event
    def other_color(self):
        self.color = "rgb(40, 50, 60)"

    @rx.event
    def other_text(self):
        self.text = "## Another\n\n```python\nprint('hi')\n```\n\nand $a^2 + b^2$"

    @rx.var
    def shape(self) -> Size:
        return Size(self.size.width * 2, self.size.height * 2)
