"""The JavaScript that hands the bundled libraries to apps loaded at run time.

`$/graft/libraries.js` exports

- `eager`: {specifier: namespace} of what is in the first load anyway,
- `lazy`: {specifier: () => Promise<namespace>}, one chunk each,
- `families`: {prefix: () => Promise<table>} for icons and the like, a table being {specifier: ()
  => Promise<namespace>},
- `load(specifier)`: Promise of the namespace, wherever it is; rejects with the specifier's name
  when it is unknown.
"""

import json
from collections.abc import Iterable, Mapping

from app.frontend.libraries import EAGER, FAMILIES, PARTS, libraries

REGISTRY = "libraries.js"

_LOAD = """
/** The namespace of a library; fetched when it is wanted for the first time. */
export async function load(specifier) {
  if (specifier in eager) return eager[specifier];
  if (specifier in lazy) return lazy[specifier]();
  for (const prefix in families) {
    if (!specifier.startsWith(prefix)) continue;
    const table = await families[prefix]();
    if (specifier in table) return table[specifier]();
  }
  throw new Error(`"${specifier}" is not part of this front end`);
}
"""


def generate_registry() -> Mapping[str, str]:
    """File name -> JavaScript source, for the folder `$/graft`."""
    specifiers = [library.specifier for library in libraries()]
    files = {
        f"{table}.js": "export default "
        + _loaders(name for name in specifiers if name.startswith(prefix))
        + ";\n"
        for prefix, table in FAMILIES.items()
    }
    for name, exports in PARTS.items():
        files[_part(name)] = f"export {{ {', '.join(exports)} }} from {json.dumps(name)};\n"
    single = [name for name in specifiers if not name.startswith(tuple(FAMILIES))]
    files[REGISTRY] = "\n".join(
        (
            *(f"import * as eager{i} from {json.dumps(name)};" for i, name in enumerate(EAGER)),
            f"export const eager = {_object((name, f'eager{i}') for i, name in enumerate(EAGER))};",
            f"export const lazy = {_loaders(name for name in single if name not in EAGER)};",
            f"export const families = {_object(map(_table, FAMILIES.items()))};",
            _LOAD,
        )
    )
    return files


def _table(family: tuple[str, str]) -> tuple[str, str]:
    prefix, table = family
    return prefix, f"() => import('./{table}.js').then((module) => module.default)"


def _part(specifier: str) -> str:
    return f"part-{specifier.replace('/', '-')}.js"


def _loaders(specifiers: Iterable[str]) -> str:
    modules = ((name, f"./{_part(name)}" if name in PARTS else name) for name in specifiers)
    return _object((name, f"() => import({json.dumps(module)})") for name, module in modules)


def _object(entries: Iterable[tuple[str, str]]) -> str:
    return "{\n" + "".join(f"  {json.dumps(name)}: {code},\n" for name, code in entries) + "}"
