"""The JavaScript that hands the bundled libraries to apps loaded at run time.

`$/graft/libraries.js` exports

- `eager`: {specifier: namespace} of what is in the first load anyway,
- `lazy`: {specifier: () => Promise<namespace>}, one chunk each,
- `load(specifier)`: Promise of the namespace, wherever it is; rejects, naming it, when it is
  unknown.

`$/graft/families.js` knows only the many small modules (icons, locales, styles), which keeps it
small enough for the launcher. It exports

- `families`: {prefix: () => Promise<table>}, a table being {specifier: () => Promise<namespace>},
- `loadMember(specifier)`: Promise of the namespace; rejects when no family has it. Icons come from
  files with many of them (`icons.py`).
"""

import json
from collections.abc import Iterable, Mapping
from itertools import groupby

from app.frontend.libraries import EAGER, FAMILIES, LUCIDE_ICONS, OURS, PARTS, libraries

REGISTRY = "libraries.js"

_LOAD = """
/** The namespace of a library; fetched when it is wanted for the first time. */
export async function load(specifier) {
  if (specifier in eager) return eager[specifier];
  return specifier in lazy ? lazy[specifier]() : loadMember(specifier);
}
"""

_LOAD_MEMBER = f"""
const ICONS = {json.dumps(LUCIDE_ICONS)};

/** The namespace of one module of a family; fetched with the table that lists it. */
export async function loadMember(specifier) {{
  if (specifier.startsWith(ICONS)) return loadIcon(specifier.slice(ICONS.length, -".mjs".length));
  for (const prefix in families) {{
    if (!specifier.startsWith(prefix)) continue;
    const table = await families[prefix]();
    if (specifier in table) return table[specifier]();
  }}
  throw new Error(`"${{specifier}}" is not part of this front end`);
}}
"""


def generate_registry() -> Mapping[str, str]:
    """File name -> JavaScript source, for the folder `$/graft`."""
    specifiers = [library.specifier for library in libraries()]
    members = [name for name in specifiers if name.startswith(tuple(FAMILIES))]
    icons = [name for name in specifiers if name.startswith(LUCIDE_ICONS)]
    single = [name for name in specifiers if name not in {*members, *icons, *EAGER}]
    tables = {prefix: list(names) for prefix, names in groupby(sorted(members), key=_table_prefix)}
    return {
        REGISTRY: _registry(single),
        "families.js": _families(tables),
        **{_table_file(prefix): _table(names) for prefix, names in tables.items()},
        **{_part_file(name): _part(name, exports) for name, exports in PARTS.items()},
    }


def _registry(single: Iterable[str]) -> str:
    imports = (
        f"import * as eager{i} from {json.dumps(_module(name))};" for i, name in enumerate(EAGER)
    )
    eager = _object((name, f"eager{i}") for i, name in enumerate(EAGER))
    return "\n".join(
        (
            *imports,
            'import { loadMember } from "./families.js";',
            f"export const eager = {eager};",
            f"export const lazy = {_loaders(single)};",
            _LOAD,
        )
    )


def _families(tables: Iterable[str]) -> str:
    loaders = (
        (prefix, f"() => import('./{_table_file(prefix)}').then((module) => module.default)")
        for prefix in tables
    )
    icons = 'import { loadIcon } from "./icons.js";'
    return f"{icons}\nexport const families = {_object(loaders)};\n{_LOAD_MEMBER}"


def _table_prefix(specifier: str) -> str:
    return next(prefix for prefix in FAMILIES if specifier.startswith(prefix))


def _table_file(prefix: str) -> str:
    return f"{FAMILIES[prefix]}.js"


def _table(names: Iterable[str]) -> str:
    return f"export default {_loaders(names)};\n"


def _part_file(specifier: str) -> str:
    return f"part-{specifier.replace('/', '-')}.js"


def _part(specifier: str, exports: Iterable[str]) -> str:
    return f"export {{ {', '.join(exports)} }} from {json.dumps(specifier)};\n"


def _loaders(specifiers: Iterable[str]) -> str:
    return _object((name, f"() => import({json.dumps(_module(name))})") for name in specifiers)


def _module(specifier: str) -> str:
    if specifier in OURS:
        return f"./{OURS[specifier]}"
    return f"./{_part_file(specifier)}" if specifier in PARTS else specifier


def _object(entries: Iterable[tuple[str, str]]) -> str:
    return "{\n" + "".join(f"  {json.dumps(name)}: {code},\n" for name, code in entries) + "}"
