from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from client_apps.globex.live_editor import desk as desks
from client_apps.globex.live_editor.desk import Clash, Desk
from client_apps.globex.live_editor.report import (
    BadChange,
    Content,
    add_item,
    new_report,
    ordered,
    value_at,
    with_value,
)

TEXT = "items/bbbb/text"


def report() -> Content:
    return add_item(add_item(new_report("Tower crane"), "bbbb"), "cccc")


def open_desk(content: Content | None = None) -> Desk:
    content = content or report()
    return Desk(shown=content, latest=content, revision=1)


def type_in(desk: Desk, path: str, value: Any) -> Desk:
    """What the page's state does with a typed value, with a store that is never ahead."""
    merged = desks.propose(desk, with_value(desk.shown, path, value))
    return desks.settle(desk, merged, desk.revision + 1, typed=path)


def they_save(desk: Desk, path: str, value: Any, author: str = "Ada") -> Desk:
    content = with_value(desk.latest, path, value)
    return desks.receive(desk, content, desk.revision + 1, author)


def test_what_others_change_is_shown_at_once() -> None:
    desk = they_save(open_desk(), "summary", "Leaning")
    assert desks.displayed(desk, "summary") == "Leaning"
    assert desk.stamps == {"summary": 1}


def test_what_the_person_types_is_not_put_into_their_field_again() -> None:
    desk = type_in(desks.focus(open_desk(), "summary"), "summary", "Leaning")
    assert desk.latest["summary"] == "Leaning"
    assert desk.stamps == {}


def test_a_change_in_the_field_the_person_is_in_waits_until_they_leave() -> None:
    desk = they_save(desks.focus(open_desk(), "summary"), "summary", "Leaning")
    assert desks.displayed(desk, "summary") == ""
    assert desks.waiting(desk) == "summary"
    left = desks.focus(desk, "")
    assert desks.displayed(left, "summary") == "Leaning"
    assert (desks.waiting(left), left.stamps) == ("", {"summary": 1})


def test_typing_over_a_change_that_waits_is_a_clash_with_both_values() -> None:
    desk = they_save(desks.focus(open_desk(), "summary"), "summary", "Leaning")
    desk = type_in(desk, "summary", "Upright")
    assert desk.clashes == {"summary": Clash("Upright", "Leaning", "Ada")}
    assert desks.displayed(desk, "summary") == "Upright"
    assert desk.latest["summary"] == "Leaning"
    assert desk.stamps == {}


def test_typing_on_in_a_clash_changes_only_the_persons_side() -> None:
    desk = they_save(desks.focus(open_desk(), "summary"), "summary", "Leaning")
    desk = desks.retype(type_in(desk, "summary", "Up"), "summary", "Upright")
    assert desk.clashes["summary"].mine == "Upright"
    assert desks.retype(desk, "summary", "Leaning").clashes == {}


def test_keeping_mine_stores_it_and_taking_theirs_stores_nothing() -> None:
    desk = they_save(desks.focus(open_desk(), "summary"), "summary", "Leaning")
    desk = type_in(desk, "summary", "Upright")
    kept, content = desks.decide(desk, "summary", mine=True)
    assert (content["summary"], kept.clashes) == ("Upright", {})
    taken, content = desks.decide(desks.focus(desk, ""), "summary", mine=False)
    assert content == desk.latest
    assert desks.displayed(taken, "summary") == "Leaning"
    assert taken.stamps == {"summary": 1}


def test_a_clash_follows_what_the_others_save_and_ends_when_they_agree() -> None:
    desk = they_save(desks.focus(open_desk(), "summary"), "summary", "Leaning")
    desk = type_in(desk, "summary", "Upright")
    desk = they_save(desk, "summary", "Fallen", author="Grace")
    assert desk.clashes["summary"] == Clash("Upright", "Fallen", "Grace")
    assert they_save(desk, "summary", "Upright").clashes == {}


def test_a_section_removed_under_the_cursor_stays_until_the_person_leaves() -> None:
    desk = they_save(desks.focus(open_desk(), TEXT), "items/bbbb", None)
    assert desks.waiting(desk) == "items/bbbb"
    assert [key for key, _ in ordered(desk.shown)] == ["bbbb", "cccc"]
    assert [key for key, _ in ordered(desks.focus(desk, "").shown)] == ["cccc"]


def test_typing_in_a_removed_section_brings_it_back_disputed() -> None:
    desk = they_save(desks.focus(open_desk(), TEXT), "items/bbbb", None)
    desk = type_in(desk, TEXT, "Cracked")
    assert value_at(desk.latest, TEXT) == "Cracked"
    assert desk.clashes["items/bbbb"].author == "Ada"
    _, kept = desks.decide(desk, "items/bbbb", mine=True)
    _, gone = desks.decide(desk, "items/bbbb", mine=False)
    assert (value_at(kept, TEXT), value_at(gone, "items/bbbb")) == ("Cracked", None)


def test_an_unresolved_text_survives_the_removal_of_its_section() -> None:
    desk = they_save(desks.focus(open_desk(), TEXT), TEXT, "Fine")
    desk = desks.focus(type_in(desk, TEXT, "Cracked"), "")
    desk = they_save(desk, "items/bbbb", None)
    assert desks.displayed(desk, TEXT) == "Cracked"
    after, content = desks.decide(desk, TEXT, mine=True)
    assert (value_at(content, TEXT), after.clashes) == ("Cracked", {})


def test_removing_a_section_ends_its_clashes() -> None:
    desk = they_save(desks.focus(open_desk(), TEXT), TEXT, "Fine")
    desk = desks.focus(type_in(desk, TEXT, "Cracked"), "")
    desk = desks.abandon(desk, "bbbb")
    merged = desks.propose(desk, with_value(desk.shown, "items/bbbb", None))
    desk = desks.settle(desk, merged, desk.revision + 1, typed="")
    assert (desk.clashes, value_at(desk.shown, "items/bbbb")) == ({}, None)


def test_a_refused_save_is_merged_again_from_what_the_page_showed() -> None:
    desk = open_desk()
    mine = with_value(desk.shown, "summary", "Upright")
    ahead = with_value(with_value(desk.latest, "summary", "Leaning"), "site", "Dock 4")
    desk = desks.behind(desk, ahead, 2, "Grace")
    desk = desks.settle(desk, desks.propose(desk, mine), 3, typed="summary")
    assert desk.clashes == {"summary": Clash("Upright", "Leaning", "Grace")}
    assert desks.displayed(desk, "site") == "Dock 4"


def test_a_value_typed_while_another_was_on_its_way_is_a_clash_too() -> None:
    desk = they_save(open_desk(), "summary", "Leaning")
    base = desks.seen(desk, "summary", stamp=0)
    merged = desks.propose(desk, with_value(base, "summary", "Upright"), base)
    desk = desks.settle(desk, merged, 3, typed="summary")
    assert desk.clashes == {"summary": Clash("Upright", "Leaning", "Ada")}


def test_leaving_a_field_untouched_while_a_change_was_on_its_way_changes_nothing() -> None:
    desk = they_save(open_desk(), "summary", "Leaning")
    base = desks.seen(desk, "summary", stamp=0)
    merged = desks.propose(desk, with_value(base, "summary", ""), base)
    assert (merged.content, merged.conflicts) == (desk.latest, ())


def test_a_desk_survives_being_kept_as_text() -> None:
    desk = they_save(desks.focus(open_desk(), "summary"), "summary", "Leaning")
    desk = type_in(desk, "summary", "Upright")
    assert Desk.load(desk.dump()) == desk


PATHS = st.sampled_from(["summary", "site", TEXT, "items/cccc/heading"])
VALUES = st.sampled_from(["one", "two", "three"])
PEOPLE = st.sampled_from(["Ada", "Grace"])


class TwoPeople(RuleBasedStateMachine):
    """Two desks over one store: whatever happens, what a person typed is stored or asked about."""

    @initialize()
    def begin(self) -> None:
        self.content, self.revision = report(), 1
        self.desks = {name: open_desk() for name in ("Ada", "Grace")}
        self.typed: dict[str, dict[str, str]] = {"Ada": {}, "Grace": {}}

    @rule(who=PEOPLE, path=PATHS)
    def enter(self, who: str, path: str) -> None:
        """Go to another field; only questions keep what was typed in the one before on the page."""
        self.desks[who] = desks.focus(self.desks[who], path)
        open_questions = self.desks[who].clashes
        self.typed[who] = {
            key: val for key, val in self.typed[who].items() if key in open_questions
        }

    @rule(who=PEOPLE, value=VALUES)
    def type(self, who: str, value: str) -> None:
        path = self.desks[who].focused
        if not path or desks.displayed(self.desks[who], path) == value:
            return  # nothing was typed
        if path in self.desks[who].clashes:
            self.desks[who] = desks.retype(self.desks[who], path, value)
            if path not in self.desks[who].clashes:
                self.typed[who].pop(path, None)
                return  # typed what the other side has: there is nothing of their own to keep
        elif not self.store(who, lambda shown: with_value(shown, path, value), path):
            return
        self.typed[who][path] = value
        clash = self.desks[who].clashes.get(path)
        assert value == (clash.mine if clash else value_at(self.content, path)), "lost"

    @rule(who=PEOPLE)
    def remove(self, who: str) -> None:
        if value_at(self.desks[who].shown, "items/bbbb") is not None:
            self.desks[who] = desks.abandon(self.desks[who], "bbbb")
            self.store(who, lambda shown: with_value(shown, "items/bbbb", None), "")
            self.typed[who].pop(TEXT, None)

    @rule(who=PEOPLE)
    def hear(self, who: str) -> None:
        if self.revision > self.desks[who].revision:
            other = "Grace" if who == "Ada" else "Ada"
            self.desks[who] = desks.receive(self.desks[who], self.content, self.revision, other)

    @rule(who=PEOPLE, mine=st.booleans())
    def choose(self, who: str, mine: bool) -> None:
        for path in list(self.desks[who].clashes)[:1]:
            self.hear(who)
            if path in self.desks[who].clashes:
                self.desks[who], self.content = desks.decide(self.desks[who], path, mine)
                self.revision += 1
                self.desks[who] = desks.receive(self.desks[who], self.content, self.revision, who)
            for typed in list(self.typed[who]):
                if typed == path or typed.startswith(f"{path}/"):
                    del self.typed[who][typed]

    def store(self, who: str, change: Any, typed: str) -> bool:
        desk = self.desks[who]
        try:
            mine = change(desk.shown)
        except BadChange:
            return False
        if desk.revision < self.revision:
            other = "Grace" if who == "Ada" else "Ada"
            desk = desks.behind(desk, self.content, self.revision, other)
        merged = desks.propose(desk, mine)
        self.content, self.revision = merged.content, self.revision + 1
        self.desks[who] = desks.settle(desk, merged, self.revision, typed)
        return True

    @invariant()
    def typed_values_are_on_the_page(self) -> None:
        for who, typed in self.typed.items():
            desk = self.desks[who]
            path = desk.focused
            if path in typed and value_at(desk.shown, path) is not None:
                assert desks.displayed(desk, path) == typed[path]

    @invariant()
    def clashes_can_be_seen(self) -> None:
        for desk in self.desks.values():
            for path, clash in desk.clashes.items():
                if path != "items/bbbb" or clash.mine is not None:
                    assert value_at(desk.shown, path) is not None


TwoPeople.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestTwoPeople = TwoPeople.TestCase
