from __future__ import annotations

from itertools import permutations
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex.state import State

from app.source.url_templates import (
    RESERVED_PARAMETERS,
    TemplateError,
    compile_routes,
    parse_template,
)

static = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)

values = st.text(min_size=1, max_size=8).filter(lambda text: text.strip())


@st.composite
def templates(draw: st.DrawFn) -> str:
    """A well-formed template of static segments, parameters and maybe a catch-all."""
    free = draw(st.permutations(["a", "b", "project_id", "page2"]))
    segments = []
    for index in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["static", "parameter", "optional"]))
        if kind == "static":
            segments.append(draw(static))
        else:
            segments.append(f"[{free[index]}]" if kind == "parameter" else f"[[{free[index]}]]")
    if draw(st.booleans()):
        segments.append("[[...splat]]")
    return "/" + "/".join(segments)


def fill(template: str, draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    """A path of the template with all its parameters, and the parameters that it stands for."""
    parts, params = [], {}
    for segment in template.strip("/").split("/") if template != "/" else []:
        if segment == "[[...splat]]":
            rest = draw(st.lists(values, max_size=3))
            params["splat"] = rest
            parts.extend(quote(value, safe="") for value in rest)
        elif segment.startswith("["):
            value = draw(values)
            params[segment.strip("[]")] = value
            parts.append(quote(value, safe=""))
        else:
            parts.append(segment)
    return "/" + "/".join(parts), params


@given(st.data())
def test_a_template_matches_every_path_made_from_it_and_gives_the_values_back(
    data: st.DataObject,
) -> None:
    template = data.draw(templates())
    path, params = fill(template, data.draw)
    assert parse_template(template).match(path) == params
    assert parse_template(template).match(path.rstrip("/") + "/") == params


@given(templates(), templates())
def test_templates_of_equal_shape_match_the_same_paths(first: str, second: str) -> None:
    one, two = parse_template(first), parse_template(second)
    probe = "/" + "/".join("x" if s.kind else s.text for s in one.segments)
    if one.shape == two.shape:
        assert (one.match(probe) is None) == (two.match(probe) is None)
    elif not any(s.kind > 1 for s in (*one.segments, *two.segments)):
        # Without optional parts a path exists that only one of them matches.
        others = "/" + "/".join("x" if s.kind else s.text for s in two.segments)
        matched = [(t.match(probe), t.match(others)) for t in (one, two)]
        assert matched[0] != matched[1] or one.parameters != two.parameters


@given(st.lists(templates(), min_size=1, max_size=4, unique=True), st.data())
def test_the_order_of_declaration_does_not_change_what_a_path_resolves_to(
    declared: list[str], data: st.DataObject
) -> None:
    path, _ = fill(data.draw(st.sampled_from(declared)), data.draw)
    found = {
        resolved[0] if (resolved := compile_routes(order).resolve(path)) else None
        for order in permutations(declared)
    }
    assert len(found) == 1
    assert found != {None}


def test_static_wins_over_parameter_and_parameter_over_catch_all() -> None:
    routes = compile_routes(
        ["/[[...splat]]", "/projects/[project_id]", "/projects/new", "/", "/projects"]
    )
    assert routes.resolve("/") == ("/", {})
    assert routes.resolve("/projects/") == ("/projects", {})
    assert routes.resolve("/projects/new") == ("/projects/new", {})
    assert routes.resolve("/projects/7") == ("/projects/[project_id]", {"project_id": "7"})
    assert routes.resolve("/projects/7/plan") == (
        "/[[...splat]]",
        {"splat": ["projects", "7", "plan"]},
    )


def test_an_unknown_path_resolves_to_nothing() -> None:
    assert compile_routes(["/", "/projects/[project_id]"]).resolve("/projects/1/2") is None


def test_a_parameter_is_never_empty() -> None:
    assert parse_template("/projects/[project_id]").match("/projects/") is None


def test_an_encoded_slash_stays_inside_its_parameter() -> None:
    assert parse_template("/files/[name]").match("/files/a%2Fb") == {"name": "a/b"}


def test_a_missing_optional_parameter_is_absent() -> None:
    assert parse_template("/files/[[name]]").match("/files") == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", 'start with "/"'),
        ("projects", 'start with "/"'),
        ("/projects/", 'ends with "/"'),
        ("/a//b", "empty segment"),
        ("/a b", "malformed segment"),
        ("/..", "malformed segment"),
        ("/x[id]", "malformed segment"),
        ("/[id", "malformed segment"),
        ("/[]", "malformed segment"),
        ("/[1st]", "Python name"),
        ("/[class]", "Python name"),
        ("/[_id]", "Python name"),
        ("/[router]", "reserved"),
        ("/[id]/[id]", "twice"),
        ("/[...rest]", "catch-all"),
        ("/[[...rest]]", "catch-all"),
        ("/[[...splat]]/edit", "not its last segment"),
    ],
)
def test_a_malformed_template_is_refused_with_a_remedy(text: str, what: str) -> None:
    with pytest.raises(TemplateError, match=what) as caught:
        parse_template(text)
    assert caught.value.remedy


def test_no_parameter_can_hide_what_every_state_has() -> None:
    public = {name for name in dir(State) if not name.startswith("_")}
    # Parameters of apps that other tests have loaded are attributes of State, too.
    own = {name for name in public if type(vars(State).get(name)).__name__ != "RouteParameter"}
    assert own <= RESERVED_PARAMETERS


def test_a_template_has_a_length() -> None:
    assert parse_template("/" + "a" * 499)
    with pytest.raises(TemplateError, match="has 100,000,001 characters, more than 500") as refused:
        parse_template("/" + "a" * 100_000_000)
    assert len(str(refused.value)) < 200
