"""Writing the ES module of an app version from its compiled pages.

The module's default export is a function of the host's `graft` object and returns the app's pages:

    export default (graft) => ({"/": {hooks: "<digest>", render: () => …}, …})

- Libraries come from `graft.libraries`, which the host fills before it calls the function; the
  module imports nothing itself, so it needs neither a bundler nor `eval`.
- A memo component is registered under the digest of its code and of everything local that it refers
  to. A component that did not change between two versions is the same function in both; one that
  did may take over from one of its family (app/browser/modules/components.js). Either way React
  keeps what is on screen: DOM, focus, local state.
- A page is a plain `render` function with the digest of its hooks. The host calls it inside a
  component of its own and remounts only when the hooks differ.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

_DYNAMIC_IMPORT = re.compile(r"""\bimport\(\s*(['"])([^'"]+)\1\s*\)""")
_ON_DEMAND = re.compile(r"^const (\w+) = (ClientSide\(.*\));?$", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


class ImportLike(Protocol):
    """Names taken from one library; see `app.bridge.compiling.pieces.Import`."""

    @property
    def library(self) -> str: ...
    @property
    def default(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...


class PieceLike(Protocol):
    """Code of a page or memo component; see `app.bridge.compiling.pieces.Piece`."""

    @property
    def name(self) -> str: ...
    @property
    def imports(self) -> Sequence[ImportLike]: ...
    @property
    def preamble(self) -> tuple[str, ...]: ...
    @property
    def code(self) -> str: ...
    @property
    def hooks(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def named(self) -> bool: ...


class PageLike(Protocol):
    """One compiled page; see `app.bridge.compiling.pieces.CompiledPage`."""

    @property
    def template(self) -> str: ...
    @property
    def page(self) -> PieceLike: ...
    @property
    def components(self) -> Sequence[PieceLike]: ...


@dataclass(frozen=True)
class AppModule:
    """An app version's ES module.

    Attributes:
        code: the module's text.
        digest: SHA-256 of the text, hexadecimal; its address.
        libraries: specifiers that must be loaded before the module is called.
        on_demand: specifiers that it loads by itself, when a component is shown.
        scripts: texts of the scripts that its pages load, by name.
    """

    code: str
    digest: str
    libraries: tuple[str, ...]
    on_demand: tuple[str, ...]
    scripts: Mapping[str, str] = field(default_factory=dict, hash=False)


def module_base(app_id: str) -> str:
    """Return the address of the modules and scripts of an app, with a slash at the end."""
    return f"/_graft/modules/{app_id}/"


def write_module(
    pages: Sequence[PageLike], scripts: Mapping[str, str] = MappingProxyType({})
) -> AppModule:
    """Return the ES module of an app with these pages, and with the scripts that they load."""
    components = {piece.name: piece for page in pages for piece in page.components}
    digests = _component_digests(components)
    lines = ["export default (graft) => {", "const L = graft.libraries;"]
    lines.append(f"const C = graft.components({_declaration(components.values(), digests)});")
    lines += [component_code(number, piece) for number, piece in enumerate(components.values())]
    lines.append("return {")
    lines += [f"{json.dumps(page.template)}: {page_code(page.page)}," for page in pages]
    lines += ["};", "};", ""]
    code = _encodable("\n".join(lines))
    pieces = [*components.values(), *(page.page for page in pages)]
    return AppModule(
        code=code,
        digest=_sha256(code),
        libraries=tuple(sorted({i.library for piece in pieces for i in piece.imports})),
        on_demand=tuple(sorted(_on_demand(pieces))),
        scripts=dict(scripts),
    )


def write_part(piece: PieceLike) -> AppModule:
    """Return the ES module of a component that a var holds. It is fetched by itself, and says which
    libraries it needs:

        export const libraries = ["<specifier>", …]; export default (graft) => <component>
    """
    libraries = sorted({used.library for used in piece.imports})
    setup = "\n".join([*_names(piece.imports), *_preamble(piece.preamble)])
    code = (
        f"export const libraries = {json.dumps(libraries)};\n"
        f"export default (graft) => {{\nconst L = graft.libraries;\n{setup}\n"
        f"return () => {{\n{piece.hooks}\nreturn (\n{piece.code}\n)\n}};\n}};\n"
    )
    code = _encodable(code)
    return AppModule(code, _sha256(code), tuple(libraries), tuple(sorted(_on_demand((piece,)))))


def library_users(pages: Iterable[PageLike]) -> Mapping[str, tuple[str, ...]]:
    """Return, for every library, the names taken from it and by what (for error messages)."""
    users: dict[str, list[str]] = {}
    for page in pages:
        for piece in (page.page, *page.components):
            where = f"page {page.template!r}" if piece is page.page else piece.name.split("_", 1)[0]
            for used in piece.imports:
                what = ", ".join(filter(None, (used.default, *used.names))) or "the library"
                users.setdefault(used.library, []).append(f"{what} in {where}")
            for library in _on_demand((piece,)):
                users.setdefault(library, []).append(f"a component loaded on demand in {where}")
    return {library: tuple(dict.fromkeys(found)) for library, found in users.items()}


def _declaration(components: Iterable[PieceLike], digests: Mapping[str, str]) -> str:
    """Return what the host must know of all components before it makes the first: which of them are
    new, and which of the version before are gone.
    """
    return json.dumps([[digests[c.name], c.family, c.named] for c in components])


def component_code(number: int, piece: PieceLike) -> str:
    """Return the statement that makes a component, the one with this number in the module."""
    react = "R" if piece.family else 'L["react"]'
    body = "\n".join([*_names(piece.imports, react), *_preamble(piece.preamble), piece.code])
    return f"const {piece.name} = C({number}, (R) => {{\n{body}\nreturn {piece.name};\n}});"


def page_code(piece: PieceLike) -> str:
    """Return the expression that stands for a page."""
    setup = "\n".join([*_names(piece.imports), *_preamble(piece.preamble)])
    return (
        f"{{hooks: {json.dumps(piece.family)}, render: (() => {{\n{setup}\n"
        f"return () => {{\n{piece.hooks}\nreturn (\n{piece.code}\n)\n}};\n}})()}}"
    )


def _names(imports: Iterable[ImportLike], react: str = 'L["react"]') -> list[str]:
    """Return the declarations that stand for a module's import statements.

    Args:
        imports: what is imported.
        react: where to take React from.
    """
    lines = []
    for used in imports:
        namespace = react if used.library == "react" else f"L[{json.dumps(used.library)}]"
        if used.default:
            lines.append(f"const {used.default} = {namespace}.default;")
        named = [name for name in used.names if name]
        lines += [f"const {n.removeprefix('* as ')} = {namespace};" for n in named if n[0] == "*"]
        plain = [name.replace(" as ", ": ") for name in named if name[0] != "*"]
        if plain:
            lines.append(f"const {{{', '.join(plain)}}} = {namespace};")
    return lines


def _preamble(statements: Iterable[str]) -> list[str]:
    """Return statements with imports on demand sent to the host and kept the same over swaps."""
    return [_statement(statement) for statement in statements]


def _statement(statement: str) -> str:
    code = _DYNAMIC_IMPORT.sub(lambda m: f"graft.load({json.dumps(m[2])})", statement.strip())
    if match := _ON_DEMAND.match(code):
        name, expression = match.groups()
        digest = json.dumps(_sha256(code))
        return f"const {name} = graft.once({digest}, () => {expression});"
    return code


def _on_demand(pieces: Iterable[PieceLike]) -> set[str]:
    return {
        match[2]
        for piece in pieces
        for statement in piece.preamble
        for match in _DYNAMIC_IMPORT.finditer(statement)
    }


def _component_digests(components: Mapping[str, PieceLike]) -> dict[str, str]:
    """Return a digest for each component that covers its code and all that it refers to."""
    texts = {
        name: "\n".join([*_names(p.imports), *p.preamble, p.code]) for name, p in components.items()
    }
    references = {
        name: frozenset(_IDENTIFIER.findall(text)) & components.keys() - {name}
        for name, text in texts.items()
    }
    return {name: _closure_digest(name, texts, references) for name in components}


def _closure_digest(
    name: str, texts: Mapping[str, str], references: Mapping[str, frozenset[str]]
) -> str:
    reached, waiting = {name}, [name]
    while waiting:
        for other in references[waiting.pop()] - reached:
            reached.add(other)
            waiting.append(other)
    return _sha256("\0".join([name, *(texts[other] for other in sorted(reached))]))


def _encodable(code: str) -> str:
    """Return code without halves of surrogate pairs, such as those in names of files that are not
    UTF-8: in strings, where they may stand, each is written as an escape.
    """
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", code)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
