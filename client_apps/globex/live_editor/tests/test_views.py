from __future__ import annotations

from client_apps.globex.live_editor import desk as desks
from client_apps.globex.live_editor.desk import Desk
from client_apps.globex.live_editor.people import COLORS, color_of, initials
from client_apps.globex.live_editor.report import add_item, new_report, with_value
from client_apps.globex.live_editor.views import people, sheet

CONTENT = add_item(new_report("Crane"), "bbbb")


def test_initials_are_of_the_first_and_last_name() -> None:
    assert [initials(name) for name in ("Ada King Lovelace", "grace", " ")] == ["AL", "G", "?"]


def test_a_person_has_the_same_color_everywhere_and_people_differ() -> None:
    colors = {color_of(f"user-{number}") for number in range(200)}
    assert colors == set(COLORS)
    assert color_of("ada") == color_of("ada")


def test_a_field_shows_another_person_in_it_but_not_oneself() -> None:
    here = people(
        [("s1", "ada", "Ada", "site"), ("s2", "grace", "Grace", "summary")], "s1", CONTENT
    )
    drawn = sheet(Desk(CONTENT, CONTENT, 1), here, opened=1)
    assert (drawn.site.editor, drawn.summary.editor) == ("", "Grace")
    assert here[1].where == "Summary"


def test_a_field_is_drawn_anew_for_anothers_change_and_for_another_report() -> None:
    desk = Desk(CONTENT, CONTENT, 1)
    changed = desks.receive(desk, with_value(CONTENT, "site", "Dock 4"), 2, "Ada")
    keys = [sheet(desk, [], 1), sheet(changed, [], 1), sheet(desk, [], 2)]
    assert len({drawn.site.key for drawn in keys}) == 3
    assert keys[0].title.key == keys[1].title.key


def test_a_question_has_both_values_and_the_author() -> None:
    desk = desks.focus(Desk(CONTENT, CONTENT, 1), "site")
    desk = desks.receive(desk, with_value(CONTENT, "site", "Dock 4"), 2, "Ada")
    assert sheet(desk, [], 1).site.pending == "Ada changed this to: Dock 4"
    merged = desks.propose(desk, with_value(desk.shown, "site", "Dock 5"))
    field = sheet(desks.settle(desk, merged, 3, "site"), [], 1).site
    assert (field.value, field.clash_mine) == ("Dock 5", "Dock 5")
    assert (field.clash_theirs, field.clash_author) == ("Dock 4", "Ada")


def test_sections_know_their_place() -> None:
    content = add_item(CONTENT, "cccc")
    sections = sheet(Desk(content, content, 1), [], 1).sections
    assert [(s.number, s.first, s.last) for s in sections] == [(1, True, False), (2, False, True)]
    assert sections[0].name == "Section 1"
