"""The small counter app in Solara."""

import solara

count = solara.reactive(0)


def increment() -> None:
    """Count."""
    count.value += 1


@solara.component
def Page() -> None:
    """The page."""
    with solara.Column():
        solara.HTML(tag="h1", unsafe_innerHTML="First heading")
        solara.Text(f"{count.value}")
        solara.Text(f"Twice: {count.value * 2}")
        solara.Button("Count", on_click=increment)
