"""Pages without inline scripts, and the policy they live under."""

from pathlib import Path

from app.frontend.csp import externalise, externalise_folder, policy


class Files:
    """Collects what would be written, as /1.js, /2.js, …"""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> str:
        self.texts.append(text)
        return f"/{len(self.texts)}.js"


def page(head: str, body: str) -> str:
    return f"<html><head>{head}</head><body>{body}</body></html>"


def test_a_script_of_the_head_keeps_its_place() -> None:
    files = Files()
    html = externalise(page("<script>theme()</script><link>", ""), files)
    assert html == page('<script src="/1.js"></script><link>', "")
    assert files.texts == ["theme()"]


def test_scripts_of_the_body_become_one_file_in_order_at_the_place_of_the_last() -> None:
    files = Files()
    html = externalise(page("", "<script>a()</script><p>x</p><script id=i>b()</script>"), files)
    assert html == page("", '<script></script><p>x</p><script id=i src="/1.js"></script>')
    assert files.texts == ["a()\n;\nb()"]


def test_a_module_is_run_after_parsing() -> None:
    files = Files()
    body = '<script>a()</script><script type="module" async="">import "/x.js"</script>'
    html = externalise(page("", body), files)
    assert html == page(
        "", '<script src="/1.js"></script><script type="module" src="/2.js"></script>'
    )
    assert files.texts == ["a()", 'import "/x.js"']


def test_scripts_with_a_file_and_data_stay_as_they_are() -> None:
    kept = '<script src="/a.js"></script><script type="application/json">{"a": 1}</script>'
    files = Files()
    assert externalise(page(kept, kept), files) == page(kept, kept)
    assert files.texts == []


def test_the_text_of_scripts_is_not_searched_for_scripts() -> None:
    files = Files()
    externalise(page("", "<script>x = '<script>'</script><script>y</script>"), files)
    assert files.texts == ["x = '<script>'\n;\ny"]


def test_pages_with_the_same_scripts_share_a_file(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "apps").mkdir()
    for name in ("index.html", "apps/index.html"):
        (tmp_path / name).write_text(page("<script>theme()</script>", ""))
    externalise_folder(tmp_path)
    [script] = (tmp_path / "assets").iterdir()
    assert script.read_text() == "theme()"
    for name in ("index.html", "apps/index.html"):
        assert f'src="/assets/{script.name}"' in (tmp_path / name).read_text()


def test_the_policy_names_no_other_origin_and_no_inline_script() -> None:
    directives = dict(part.split(" ", 1) for part in policy().split("; "))
    assert directives["default-src"] == "'self'"
    assert directives["script-src"] == "'self' 'unsafe-eval'"
    assert directives["connect-src"] == "'self'"
    assert directives["object-src"] == "'none'"
    assert directives["frame-ancestors"] == "'self'"
    assert "http" not in policy()
    assert "*" not in policy()
