"""Links and redirects with the paths of the app's own pages, as in any Reflex app."""

import reflex as rx

from app.sdk import Page


class LeadingState(rx.State):
    where: str = "/led/var"
    kept: str = rx.Cookie("", name="led_kept", path="/led/")

    def keep(self):
        self.kept = "kept"

    def forget(self):
        return rx.remove_cookie("led_kept", {"path": "/led/"})

    def lead(self):
        return rx.redirect("/led/handler?from=a#end")

    def sign_in(self):
        return rx.redirect("/login")

    def lead_replacing(self):
        return rx.redirect("/led/replaced", replace=True)

    def lead_bare(self):
        return rx.redirect("led/bare")

    def lead_apart(self):
        return rx.redirect("/led/apart", is_external=True)

    def lead_later(self):
        yield LeadingState.lead


@rx.memo
def remembered(to: rx.Var[str]) -> rx.Component:
    return rx.link("memo", href=to, id="memo")


def leading_page() -> rx.Component:
    return rx.vstack(
        rx.link("literal", href="/led/literal?from=b#end", id="literal"),
        rx.link("var", href=LeadingState.where, id="var"),
        rx.el.a("element", href="/led/element", id="element"),
        rx.link(rx.el.span("child"), as_child=True, href="/led/child", id="child"),
        rx.link("tab", href="/led/tab", is_external=True, id="tab"),
        rx.link("home", href="/", id="home"),
        rx.link("missing", href="/nowhere", id="missing"),
        rx.link("account", href="/account", id="account"),
        rx.button("login", on_click=LeadingState.sign_in, id="login"),
        rx.link("core", href="/admin/apps", id="core"),
        rx.box(rx.markdown("[markdown](/led/markdown)"), id="markdown"),
        remembered(to="/led/memo"),
        rx.button("handler", on_click=LeadingState.lead, id="handler"),
        rx.button("later", on_click=LeadingState.lead_later, id="later"),
        rx.button("replacing", on_click=LeadingState.lead_replacing, id="replacing"),
        rx.button("bare", on_click=LeadingState.lead_bare, id="bare"),
        rx.button("apart", on_click=LeadingState.lead_apart, id="apart"),
        rx.button("page", on_click=rx.redirect("/led/page"), id="page"),
        rx.button("page-var", on_click=rx.redirect(LeadingState.where), id="page-var"),
        rx.button(
            "script", on_click=rx.call_script("1", callback=rx.redirect("/led/script")), id="script"
        ),
        rx.button("sent", on_click=rx.redirect("/sent-on"), id="sent"),
    )


def led_page() -> rx.Component:
    return rx.vstack(
        rx.text(rx.State.how, id="how"),
        rx.text(LeadingState.kept, id="kept"),
        rx.link("back", href="/leading", id="back"),
        rx.button("keep", on_click=LeadingState.keep, id="keep"),
        rx.button("forget", on_click=LeadingState.forget, id="forget"),
        rx.button(
            "forget-here",
            on_click=rx.remove_cookie("led_kept", {"path": "/led/"}),
            id="forget-here",
        ),
    )


LEADING = {
    "/leading": leading_page,
    "/led/[how]": led_page,
    "/login": led_page,
    "/sent-on": Page(led_page, on_load=rx.redirect("/led/sent", replace=True)),
}
