import re

import reflex as rx
from reflex_base.compiler import templates

from app.bridge.compiling.keys import with_keys


def keys(component):
    text = templates._RenderUtils.render(with_keys(component.render()))
    return re.findall(r'key:"([^"]*)"', text)


def test_an_element_with_an_id_has_the_same_key_wherever_it_is():
    alone = keys(rx.box(rx.input(id="name")))
    later = keys(rx.box(rx.text("new"), rx.box(), rx.input(id="name")))
    assert alone[0] in later


def test_elements_are_counted_by_component():
    assert keys(rx.box(rx.badge("a"), rx.text("b"), rx.badge("c"))) == [
        "~RadixThemesBadge 1",
        "~RadixThemesText 1",
        "~RadixThemesBadge 2",
    ]


def test_elements_of_html_are_counted_too():
    assert keys(rx.el.div(rx.el.p("a"), rx.el.p("b"))) == ["~p 1", "~p 2"]


def test_a_field_of_a_form_is_told_apart_by_its_name():
    before = keys(rx.form(rx.input(name="city")))
    after = keys(rx.form(rx.input(name="street"), rx.input(name="city")))
    assert set(before) < set(after)


def test_siblings_never_share_a_key():
    found = keys(rx.box(rx.text("a", id="x"), rx.text("b", id="x"), rx.text("c"), rx.text("d")))
    assert len(set(found)) == len(found) == 4


def test_a_key_of_the_authors_own_stays():
    assert keys(rx.box(rx.text("a", key="mine"))) == ["mine"]


def test_items_of_a_foreach_keep_the_keys_that_reflex_gave_them_and_what_is_in_them_has_keys():
    items = rx.Var("items").to(list[str])
    rows = rx.foreach(items, lambda item: rx.box(rx.text(item), rx.input()))
    assert keys(rx.box(rows)) == [
        "~iterable 1",
        "~RadixThemesText 1",
        "~RadixThemesTextField.Root 1",
    ]


def test_what_a_cond_shows_has_one_key_wherever_the_cond_is():
    def shown():
        return rx.cond(rx.Var("a"), rx.text("b"), rx.badge("c"))

    def of_the_cond(*before):
        component = rx.box(*before, shown())
        rendered = component.render()
        inner = rx.cond(rx.Var("a"), rx.text("b"), rx.badge("c")).children[0].render()
        rendered["children"][-1] = inner
        text = templates._RenderUtils.render(with_keys(rendered))
        return re.findall(r'key:"(~cond_state[^"]*)"', text)

    assert of_the_cond() == of_the_cond(rx.text("before")) == ["~cond_state 1"] * 2


def test_a_component_of_the_apps_own_has_the_key_that_the_host_gives_it():
    rendered = rx.box(rx.text("a"), rx.text("b")).render()
    text = templates._RenderUtils.render(with_keys(rendered, {"RadixThemesText"}))
    assert re.findall(r"key:([^}]*)}", text) == [
        'RadixThemesText.place+"1"',
        'RadixThemesText.place+"2"',
    ]


def test_ids_with_quotes_do_not_break_the_page():
    component = rx.box(rx.text("a", id='say "hi"'))
    text = templates._RenderUtils.render(with_keys(component.render()))
    assert r'key:"~id:say \"hi\" 1"' in text


def test_what_is_rendered_is_not_changed_in_place():
    rendered = rx.box(rx.text("a")).render()
    before = str(rendered)
    with_keys(rendered)
    assert str(rendered) == before


def test_branches_have_no_keys_so_that_one_becomes_the_other():
    rendered = rx.box(rx.fragment(rx.badge("a")), rx.fragment(rx.badge("b"))).render()
    rendered["name"] = "Cond_1"
    text = templates._RenderUtils.render(with_keys(rendered, choosing={"Cond_1"}))
    assert re.findall(r'key:"([^"]*)"', text) == ["~RadixThemesBadge 1", "~RadixThemesBadge 1"]
