import re

import reflex as rx
from reflex_base.compiler import templates

from app.bridge.keys import with_keys


def keys(component):
    text = templates._RenderUtils.render(with_keys(component.render()))
    return re.findall(r'key:"([^"]*)"', text)


def test_an_element_with_an_id_has_the_same_key_wherever_it_is():
    alone = keys(rx.box(rx.input(id="name")))
    later = keys(rx.box(rx.text("new"), rx.box(), rx.input(id="name")))
    assert alone[0] in later


def test_elements_are_counted_by_component():
    assert keys(rx.box(rx.badge("a"), rx.text("b"), rx.badge("c"))) == [
        "RadixThemesBadge 1",
        "RadixThemesText 1",
        "RadixThemesBadge 2",
    ]


def test_siblings_never_share_a_key():
    found = keys(rx.box(rx.text("a", id="x"), rx.text("b", id="x"), rx.text("c"), rx.text("d")))
    assert len(set(found)) == len(found) == 4


def test_a_key_of_the_authors_own_stays():
    assert keys(rx.box(rx.text("a", key="mine"))) == ["mine"]


def test_items_of_a_foreach_keep_the_keys_that_reflex_gave_them():
    items = rx.Var("items").to(list[str])
    assert keys(rx.box(rx.foreach(items, lambda item: rx.text(item)))) == []


def test_ids_with_quotes_do_not_break_the_page():
    component = rx.box(rx.text("a", id='say "hi"'))
    text = templates._RenderUtils.render(with_keys(component.render()))
    assert 'key:"id:say hi 1"' in text


def test_what_is_rendered_is_not_changed_in_place():
    rendered = rx.box(rx.text("a")).render()
    before = str(rendered)
    with_keys(rendered)
    assert str(rendered) == before


def test_branches_have_no_keys_so_that_one_becomes_the_other():
    rendered = rx.box(rx.fragment(rx.badge("a")), rx.fragment(rx.badge("b"))).render()
    rendered["name"] = "Cond_1"
    text = templates._RenderUtils.render(with_keys(rendered, {"Cond_1"}))
    assert re.findall(r'key:"([^"]*)"', text) == ["RadixThemesBadge 1", "RadixThemesBadge 1"]
