from dataclasses import dataclass

from app.runtime.module import library_users, write_module


@dataclass(frozen=True)
class Import:
    library: str
    default: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    name: str
    code: str = ""
    imports: tuple[Import, ...] = ()
    preamble: tuple[str, ...] = ()
    hooks: str = ""


@dataclass(frozen=True)
class Page:
    page: Piece
    template: str = "/"
    components: tuple[Piece, ...] = ()


REF = 'const ref_{0} = useRef(null); refs["ref_{0}"] = ref_{0};'


def hooks_of(*hooks: str) -> str:
    """The digest by which the host knows whether React's hooks of a page are the same."""
    code = write_module([Page(Piece("Page", "null", hooks="\n".join(hooks)))]).code
    return code.split('{hooks: "')[1].split('"')[0]


def test_the_same_pages_give_the_same_digest():
    pages = [Page(Piece("Page", "jsx(A)"), components=(Piece("A", "const A = 1;"),))]
    assert write_module(pages).digest == write_module(pages).digest


def test_a_ref_is_no_hook_so_that_elements_with_ids_may_come_and_go():
    assert hooks_of(REF.format("a"), REF.format("b")) == hooks_of(REF.format("c")) == hooks_of()
    code = write_module([Page(Piece("Page", "null", hooks=REF.format("a")))]).code
    assert 'const ref_a = (refs["ref_a"] ??= {current: null});' in code
    assert "useRef(null)" not in code


def test_a_page_with_another_hook_is_another_page():
    hook = "useEffect(() => {}, []);"
    assert hooks_of(hook) != hooks_of()
    assert hooks_of(hook, REF.format("a")) == hooks_of(hook)


def test_a_component_changes_with_what_it_refers_to():
    def digest(inner: str) -> str:
        parts = (Piece("Inner", inner), Piece("Outer", "const Outer = () => jsx(Inner);"))
        code = write_module([Page(Piece("Page", "jsx(Outer)"), components=parts)]).code
        return code.split('const Outer = graft.once("')[1].split('"')[0]

    assert digest("const Inner = 1;") == digest("const Inner = 1;")
    assert digest("const Inner = 1;") != digest("const Inner = 2;")


def test_libraries_are_named_once_and_sorted():
    imports = (Import("b", names=("x",)), Import("a", default="A"))
    pieces = (Piece("C", imports=imports), Piece("D", imports=imports))
    module = write_module([Page(Piece("Page", imports=imports), components=pieces)])
    assert module.libraries == ("a", "b")
    assert 'const {x} = L["b"];' in module.code
    assert 'const A = L["a"].default;' in module.code


def test_a_component_on_demand_is_loaded_by_the_host():
    preamble = ('const Chart = ClientSide(() => import("big"));',)
    module = write_module([Page(Piece("Page", preamble=preamble))])
    assert module.on_demand == ("big",)
    assert 'graft.load("big")' in module.code
    assert "import(" not in module.code


def test_users_of_a_library_are_named_for_messages():
    component = Piece("Clock_abc123", imports=(Import("time", default="Clock"),))
    users = library_users([Page(Piece("Page"), components=(component,))])
    assert users["time"] == ("Clock in Clock",)
