"""The JavaScript of compiled pages and memo components, in pieces.

Reflex's templates render both; what is added is what the host needs to go on with what is on screen
when the next version comes: keys, families, refs that are no hooks.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any

from reflex.compiler import compiler, utils
from reflex_base.compiler import templates
from reflex_base.components.memo import (
    DEFAULT_MEMO_WRAPPER,
    MemoComponentDefinition,
    MemoDefinition,
    MemoFunctionDefinition,
)
from reflex_base.plugins import PageContext
from reflex_base.utils import memo_paths
from reflex_base.vars.sequence import LiteralStringVar
from reflex_components_core.core.cond import Cond
from reflex_components_core.core.match import Match

from app.bridge.compiling.keys import with_keys
from app.bridge.compiling.spots import Inside

LOCAL_LIBRARY = re.compile(r"^\$/(app_components|utils/components)/")

_AUTO_MEMO_DIGEST = re.compile(r"_[0-9a-f]{32}$")
_HOOK_CALL = re.compile(r"\b(use[A-Z]\w*)\(")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_REF_HOOK = re.compile(r'\s*const (ref_\w+) = useRef\(null\); refs\["\1"\] = \1;?\s*')


@dataclasses.dataclass(frozen=True)
class Import:
    """Names taken from one JavaScript library.

    Attributes:
        library: the specifier without version, e.g. "@radix-ui/themes".
        default: local name of the default export, or "".
        names: "exported" or "exported as local", or "* as local"; sorted.
    """

    library: str
    default: str
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Piece:
    """JavaScript of one page or one memo component.

    Attributes:
        name: the identifier it is known by in the module.
        imports: what its code takes from libraries.
        preamble: statements that come before it (custom code, components loaded on demand).
        code: an expression statement `const <name> = …;` for a component; the rendered element for
            a page.
        hooks: React hooks of a page, "" for components.
        family: what a later version must have in common with it for React to go on with its state;
            "" when nothing can take it over but the same code.
        named: whether no other component of the version is of this family.
    """

    name: str
    imports: tuple[Import, ...]
    preamble: tuple[str, ...]
    code: str
    hooks: str = ""
    family: str = ""
    named: bool = False


@dataclasses.dataclass(frozen=True)
class CompiledPage:
    """One page of an app and the memo components it uses.

    Attributes:
        template: the page's url template.
        page: the page's own JavaScript.
        components: that of the memo components.
        inside: returns what the piece with a name was made of; to find mistakes.
    """

    template: str
    page: Piece
    components: tuple[Piece, ...]
    inside: Callable[[str], Inside] = dataclasses.field(compare=False, repr=False)


class Pieces:
    """Makes pieces, and keeps those of the memo components that Reflex makes by itself.

    Their names have a digest of all that they are made of, so a piece that is known by its name is
    the one that would be made.

    Args:
        known: pieces of an earlier compilation, by name.
    """

    def __init__(self, known: MutableMapping[str, Piece]) -> None:
        self._known = known
        self._used: dict[str, Piece] = {}

    def of_page(
        self,
        template: str,
        page: PageContext,
        memos: Sequence[MemoDefinition],
        automatic: Sequence[MemoComponentDefinition],
    ) -> CompiledPage:
        """Return the pieces of a page that Reflex compiled.

        Args:
            template: the page's url template.
            page: what Reflex made of it.
            memos: the `rx.memo` definitions of the app.
            automatic: the memo components that Reflex made of parts of the page.
        """
        own = [memo for memo in memos if isinstance(memo, MemoComponentDefinition)]
        local = frozenset(map(_symbol, (*own, *automatic)))
        # What shows one of the children that it is given.
        choosing = frozenset(_symbol(d) for d in automatic if isinstance(d.component, Cond | Match))
        rendered = with_keys(page.root_component.render(), local, choosing)
        return CompiledPage(
            template=template,
            page=_page(page, rendered),
            components=(
                *(_memo(definition, local) for definition in memos),
                *(self._of(definition, local) for definition in automatic),
            ),
            inside=partial(_inside, page, (*memos, *automatic)),
        )

    def _of(self, definition: MemoComponentDefinition, local: Collection[str]) -> Piece:
        name = definition.export_name
        if name not in self._used:
            self._used[name] = self._known.get(name) or _component(definition, local)
        return self._used[name]

    def keep_used(self) -> None:
        """Let the known pieces be those that were asked for."""
        self._known.clear()
        self._known.update(self._used)


def _inside(page: PageContext, definitions: Iterable[MemoDefinition], name: str) -> Inside:
    """Return what the page, or the memo component with this name, was made of."""
    definition = next((d for d in definitions if _name_of(d) == name), None)
    if definition is None:
        return Inside(hooks=tuple(page.hooks), rendered=page.root_component.render())
    automatic = isinstance(definition, MemoComponentDefinition) and definition.auto_memo_wrapper
    author = None if automatic else definition.fn
    if not isinstance(definition, MemoComponentDefinition):
        return Inside(author=author)
    render, _ = utils.compile_experimental_component_memo(definition)
    return Inside(hooks=tuple(render["hooks"]), rendered=render["render"], author=author)


def _page(page: PageContext, rendered: Any) -> Piece:
    imports = {
        library: list(fields)
        for library, fields in (page.frontend_imports or page.merged_imports(collapse=True)).items()
    }
    compiler._apply_common_imports(imports)
    preamble = (*sorted(page.dynamic_imports), *page.custom_code_dict())
    code = templates._RenderUtils.render(rendered)
    hooks = templates._render_hooks(with_plain_refs(page.hooks))
    return Piece(
        name="Page",
        imports=used_imports(imports, (*preamble, code, hooks)),
        preamble=preamble,
        code=code,
        hooks=hooks,
        family=_digest(hook for hook in page.hooks if not _REF_HOOK.fullmatch(hook)),
    )


def _memo(definition: MemoDefinition, local: Collection[str]) -> Piece:
    if isinstance(definition, MemoComponentDefinition):
        return _component(definition, local)
    if not isinstance(definition, MemoFunctionDefinition):
        raise TypeError(f"unknown kind of memo: {definition!r}")
    render, imports = utils.compile_experimental_function_memo(definition)
    code = f"const {render['name']} = {render['function']};"
    return Piece(
        name=render["name"],
        imports=used_imports(utils.merge_imports({}, imports), (code,)),
        preamble=(),
        code=code,
    )


def _component(definition: MemoComponentDefinition, local: Collection[str]) -> Piece:
    render, imports = utils.compile_experimental_component_memo(definition)
    merged = utils.merge_imports(compiler._MEMO_BASE_IMPORTS, imports)
    compiler._apply_common_imports(merged)
    preamble = (*sorted(render["dynamic_imports"]), *render["custom_code"])
    family, named = _family(definition, (*map(_signature, render["hooks"]), *preamble))
    changes: dict[str, Any] = {
        "render": with_keys(render["render"], local),
        "hooks": with_plain_refs(render["hooks"]),
    }
    if family:
        changes |= {"wrapper": None, "pure_wrapper": False}  # the host's own is around it
    code = templates._render_memo_component({**render, **changes})
    return Piece(
        name=render["name"],
        imports=used_imports(merged, (*preamble, code)),
        preamble=preamble,
        code=code.replace("export const ", "const ", 1).strip(),
        family=family,
        named=named,
    )


def _symbol(definition: MemoComponentDefinition) -> str:
    """Return the name by which code refers to a component."""
    return memo_paths.library_and_symbol(definition.source_module, definition.export_name)[1]


def _name_of(definition: MemoDefinition) -> str:
    """Return the name of the piece that a memo becomes."""
    if isinstance(definition, MemoComponentDefinition):
        return _symbol(definition)
    return _memo(definition, ()).name


def _family(definition: MemoComponentDefinition, fixed: Iterable[str]) -> tuple[str, bool]:
    """Return the family of a component and whether it is named, see `Piece`.

    Args:
        definition: the component.
        fixed: what must not change for React to go on with its state.

    The name of a component that Reflex made ends with a digest of its code, which is left out; its
    element's id, or name in a form, tells it apart from others of its kind. A component with a
    wrapper of the author's own is more than a function, and has no family.
    """
    if definition.wrapper is None or not definition.wrapper.equals(DEFAULT_MEMO_WRAPPER):
        return "", False
    if definition.auto_memo_wrapper:
        own = _own_name(definition.component)
        name = f"{_AUTO_MEMO_DIGEST.sub('', definition.export_name)} {own}".rstrip()
    else:
        name = own = _symbol(definition)
    return f"{name} {_digest(fixed)}", bool(own)


def _own_name(component: Any) -> str:
    """Return a component's id or, without one, its name in a form; "" when it has neither."""
    for value in (getattr(component, "id", None), getattr(component, "name", None)):
        if isinstance(value, str | LiteralStringVar):
            return str(value)
    return ""


def _signature(hook: str) -> str:
    """Return what must stay of a hook for React to go on with its state.

    The host renews callbacks together with the code. Effects, and an author's own hooks, it does
    not: the component is mounted anew when they change.
    """
    if _REF_HOOK.fullmatch(hook):
        return ""
    return "useCallback" if _HOOK_CALL.findall(hook) == ["useCallback"] else hook


def with_plain_refs(hooks: Mapping[str, Any]) -> dict[str, Any]:
    """Return hooks without those that are it in form only: a ref needs an object that stays the
    same, and Reflex's table of refs keeps one.
    """
    return dict.fromkeys(
        _REF_HOOK.sub(r'const \1 = (refs["\1"] ??= {current: null});', hook) for hook in hooks
    )


def _digest(statements: Iterable[str]) -> str:
    text = "\n".join(filter(None, statements))
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def used_imports(imports: Any, texts: Iterable[str]) -> tuple[Import, ...]:
    """Return the imports that come from libraries, not from memo components of the app itself, and
    of them the names that are used.

    Reflex imports into a memo component what anything below it needs. Here a component's code must
    not change, and with it the component, because something was put into it. A library that is
    imported for its effect, such as a style sheet, has no names.
    """
    used = frozenset(name for text in texts for name in _IDENTIFIER.findall(text)) | {""}
    found = []
    for module in sorted(utils.compile_imports(imports), key=lambda m: m["lib"]):
        default = module["default"] if module["default"] in used else ""
        names = tuple(sorted(name for name in module["rest"] if _local_name(name) in used))
        is_for_effect = not (module["default"] or module["rest"])
        is_local = LOCAL_LIBRARY.match(module["lib"])
        if not is_local and (default or names or is_for_effect):
            found.append(Import(module["lib"], default, names))
    return tuple(found)


def _local_name(imported: str) -> str:
    """Return what "exported as local" is called in the code."""
    return imported.rpartition(" as ")[2]
