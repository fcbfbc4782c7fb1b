from __future__ import annotations

from dataclasses import dataclass, field

import reflex as rx

from app.sdk import DynamicApp


@dataclass
class Node:
    name: str
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)


class TreeState(rx.State):
    root: Node = Node("seed")
    half: str = "whole"
    count: int = 0

    @rx.event
    def more(self):
        self.count += 1

    @rx.event
    def grow(self):
        self.count += 1
        self.root.name = "root"
        self.root.children.append(Node("leaf", self.root))

    @rx.event
    def cut(self):
        self.half = "a\ud83d"


def index() -> rx.Component:
    return rx.el.main(
        rx.heading("Tree", id="title"),
        rx.text(TreeState.root.name, id="name"),
        rx.text(TreeState.count, id="count"),
        rx.text(TreeState.half.length(), id="length"),
        rx.button("more", on_click=TreeState.more, id="more"),
        rx.button("grow", on_click=TreeState.grow, id="grow"),
        rx.button("cut", on_click=TreeState.cut, id="cut"),
    )


class AppEntry(DynamicApp):
    name = "Tree"
    pages = {"/": index}
