"""What a page can be made of, in a hot-loaded app."""

from playwright.sync_api import expect

from tests.browser.support.pages import at, click, shows, until

APP = "/apps/acme-views"


def test_foreach_over_models_dicts_and_constants(visit):
    page = visit(f"{APP}/foreach")
    expect(page.locator(".fruit")).to_have_text(["0: apple", "1: pear"])
    expect(page.locator(".tag")).to_have_text(["red", "round"])
    expect(page.locator(".many")).to_have_count(1)
    expect(page.locator(".price")).to_have_text(["apple=3", "pear=4"])
    expect(page.locator(".letter")).to_have_text(["a", "b"])
    expect(page.locator(".number")).to_have_text(["0", "1", "2"])
    click(page, "add")
    expect(page.locator(".fruit")).to_have_text(["0: apple", "1: pear", "2: plum"])
    expect(page.locator(".price")).to_have_text(["apple=3", "pear=4", "plum=5"])


def test_cond_and_match(visit):
    page = visit(f"{APP}/cond")
    shows(page, size="small", word="no", form="round", corners=0)
    click(page, "toggle", "square")
    shows(page, size="big", word="yes", form="four corners", corners=4)
    click(page, "star")
    shows(page, form="unknown", corners="?")


def test_memo_with_props_children_and_events(visit):
    page = visit(f"{APP}/memo")
    expect(page.locator(".memo")).to_have_text(["apple: 3", "pear: 4"])
    expect(page.locator(".frame-title")).to_have_text(["a frame", "untitled"])
    shows(page, kind="circle", loud="CIRCLE")
    page.locator(".memo").nth(1).click()
    shows(page, kind="pear", loud="PEAR")
    click(page, "add")
    expect(page.locator(".memo")).to_have_text(["apple: 3", "pear: 4", "plum: 5"])


def test_vars_of_dataclass_and_model(visit):
    page = visit(f"{APP}/typed")
    shows(page, size="3x4", shape="6x8", first="apple")
    click(page, "grow")
    shows(page, size="13x4", shape="26x8")


def test_styles_classes_and_the_apps_own_stylesheet(visit):
    page = visit(f"{APP}/style")
    expect(at(page, "sheet")).to_have_css("color", "rgb(1, 2, 3)")
    expect(at(page, "import")).to_have_css("color", "rgb(4, 5, 6)")
    expect(at(page, "inline")).to_have_css("color", "rgb(7, 8, 9)")
    expect(at(page, "state")).to_have_css("color", "rgb(10, 20, 30)")
    expect(at(page, "app-style")).to_have_css("color", "rgb(11, 12, 13)")
    expect(at(page, "class")).to_have_css("color", "rgb(1, 2, 3)")
    expect(at(page, "wide")).to_have_css("width", "30px")
    until(page, "document.querySelector('#core-image').naturalWidth > 0")
    until(page, "document.querySelector('#own-image').naturalWidth > 0")
    assert "dot.svg" in at(page, "sheet").evaluate("e => getComputedStyle(e).backgroundImage")
    click(page, "toggle", "color")
    expect(at(page, "class")).to_have_css("color", "rgb(4, 5, 6)")
    expect(at(page, "state")).to_have_css("color", "rgb(40, 50, 60)")
    at(page, "state").hover()
    expect(at(page, "state")).to_have_css("color", "rgb(9, 9, 9)")
    expect(at(page, "element")).to_have_attribute("data-kind", "own")
    click(page, "native")
    expect(at(page, "class")).to_have_css("color", "rgb(1, 2, 3)")


def test_the_stylesheet_of_an_app_goes_when_the_page_leaves_the_app(visit):
    page = visit(f"{APP}/style")
    expect(at(page, "sheet")).to_have_css("color", "rgb(1, 2, 3)")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<i id=probe class=from-sheet>')")
    expect(at(page, "probe")).to_have_css("color", "rgb(1, 2, 3)")
    page.get_by_role("link", name="All apps").click()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    until(page, "getComputedStyle(document.querySelector('#probe')).color !== 'rgb(1, 2, 3)'")


def test_color_mode(visit):
    page = visit(f"{APP}/mode")
    shows(page, mode="is light", name="system")
    click(page, "toggle")
    shows(page, mode="is dark", name="dark")
    expect(page.locator("html")).to_have_class("dark")
    click(page, "button")
    shows(page, mode="is light")
    click(page, "switch")
    shows(page, mode="is dark")


def test_markdown_with_code_and_math_and_code_blocks(visit):
    page = visit(f"{APP}/text")
    static, dynamic = at(page, "static"), at(page, "dynamic")
    expect(static.get_by_role("heading", name="Heading")).to_be_visible()
    expect(static.get_by_role("listitem")).to_have_text(["one", "two"])
    expect(static.get_by_role("link", name="a link")).to_have_attribute("href", "/dev")
    expect(static.get_by_role("cell")).to_have_text(["1", "2"])
    expect(static.locator("pre code").first).to_contain_text("def f():")
    expect(static.locator(".katex").first).to_be_visible()
    expect(dynamic.get_by_role("heading", name="Title")).to_be_visible()
    expect(dynamic.locator("em")).to_have_text("emphasis")
    click(page, "other")
    expect(dynamic.get_by_role("heading", name="Another")).to_be_visible()
    expect(dynamic.locator("pre code")).to_contain_text("print('hi')")
    expect(dynamic.locator(".katex")).to_be_visible()
    expect(at(page, "sql").locator("code").first).to_contain_text("SELECT")
    expect(at(page, "block").locator("code").first).to_contain_text("## Another")
    expect(at(page, "shiki").locator("code").first).to_contain_text("let a = 1;")
    expect(at(page, "bold")).to_have_text("bold")


def test_icons_by_name_and_from_state(visit):
    page = visit(f"{APP}/icons")
    expect(at(page, "static").locator("svg")).to_have_count(3)
    expect(at(page, "static").locator("svg.lucide-calculator")).to_be_visible()
    expect(at(page, "static").locator("svg.lucide-heart")).to_have_attribute("width", "40")
    expect(at(page, "dynamic").locator("svg line")).to_have_count(2)  # the calculator's
    expect(at(page, "either").locator("svg.lucide-moon")).to_be_visible()
    expect(at(page, "many").locator("svg")).to_have_count(2)
    click(page, "other", "toggle")
    expect(at(page, "dynamic").locator("svg line")).to_have_count(0)
    expect(at(page, "dynamic").locator("svg path")).to_have_count(1)
    expect(at(page, "either").locator("svg.lucide-sun")).to_be_visible()


def test_every_icon_in_a_few_requests(visitor):
    asked = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    page = visitor.open("/apps/acme-icons")
    at(page, "number").wait_for(timeout=120_000)  # when all their modules are there
    number = int(at(page, "number").inner_text())
    assert number > 1500
    expect(page.locator("svg.one-of-all")).to_have_count(number)
    assert page.locator("svg.one-of-all:not(:has(*))").count() == 0  # each has something in it
    assert len(asked) < 80
    # By names that are known only now: from what is there, and so is an older name.
    before = len(asked)
    page.locator("#names").fill("house home book-type")
    expect(page.locator("svg.of-a-name")).to_have_count(3)
    expect(page.locator("svg.of-a-name:has(path)")).to_have_count(3)
    assert [url for url in asked[before:] if "/assets/icons-" in url] == []
