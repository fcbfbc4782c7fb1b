"""Lucide's icons in files of some dozens and of some hundreds.

Lucide has a module for each icon, of which a bundler makes a file each: a page with all of them
would ask for each. Here every icon is in a small file and in a large one. A page with a few gets
small ones, so that little comes with them that it does not show; one with many gets large ones, of
which there are few. `$/graft/icons.js` exports

- `loadIcon(name)`: Promise of what the icon's module exports; rejects when there is none,
- `knownIcon(name)`: the same at once, if its file is there already.

`$/graft/icon-aliases.js` has the other names by which `DynamicIcon` knows icons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.frontend.libraries import LUCIDE_ICONS, libraries

SMALL = 16
"""Icons in a small file: 5 kB, compressed 1.4."""

LARGE = 16
"""Small files whose icons are in one large file, too: 80 kB, compressed 20."""

ENOUGH = 5
"""So many small files at once are worse than the large one with all of theirs. See
benchmarks/measures/icons.py.
"""

_PACKAGE = "node_modules/lucide-react/dist/esm"
_NODE = re.compile(
    r"^const __iconNode = (\[.*?\]);\s*"
    r"^const \w+ = createLucideIcon\(\s*\"([\w-]+)\",\s*__iconNode\s*\);$",
    re.DOTALL | re.MULTILINE,
)
_SAME = re.compile(r"^export \{.*\bdefault\b.*\} from '\./([\w-]+)\.mjs';$", re.MULTILINE)
_NAMED = re.compile(
    r"""^\s*"([\w-]+)": \(\) => import\('\./icons/([\w-]+)\.mjs'\),?$""", re.MULTILINE
)

_LOADING = """
const tables = []; // of small files: those that are there
const fetches = []; // of small files: Promise of a table
let wanted = null; // small files that were asked for in this turn
let turn = null;

// The small file that an icon is in: the last one whose first icon does not come after it.
const fileOf = (name) => {
  let [low, high] = [0, firsts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (firsts[middle] <= name) low = middle;
    else high = middle;
  }
  return low;
};

const fetchAll = (files) => {
  const groups = Map.groupBy(files, (file) => Math.floor(file / TOGETHER));
  for (const [group, members] of groups) {
    const whole = members.length >= ENOUGH ? large[group]() : null;
    for (const file of members) fetches[file] = keep(file, whole ?? small[file]());
  }
};

const keep = async (file, fetching) => {
  try {
    return (tables[file] = (await fetching).default);
  } catch (error) {
    delete fetches[file]; // so that it can be tried again
    throw error;
  }
};

const fetchFile = async (file) => {
  if (!fetches[file]) {
    if (!wanted) {
      wanted = new Set();
      turn = Promise.resolve().then(() => {
        fetchAll([...wanted]);
        wanted = null;
      });
    }
    wanted.add(file);
    await turn;
  }
  return fetches[file];
};

export const knownIcon = (name) => {
  const table = tables[fileOf(name)];
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
};

export const loadIcon = async (name) => {
  await fetchFile(fileOf(name));
  const icon = knownIcon(name);
  if (!icon) throw new Error(`There is no icon "${name}"`);
  return icon;
};
"""


def generate_icons(web: Path) -> Mapping[str, str]:
    """File name -> JavaScript source, for the folder `$/graft`.

    Args:
        web: the build folder, with Lucide installed.

    Raises:
        RuntimeError: Lucide's modules do not look as expected, or an icon is missing.
    """
    folder = web / _PACKAGE
    wanted = [
        library.specifier.removeprefix(LUCIDE_ICONS).removesuffix(".mjs")
        for library in libraries()
        if library.specifier.startswith(LUCIDE_ICONS)
    ]
    named = dict(_NAMED.findall((folder / "dynamicIconImports.mjs").read_text("utf-8")))
    if not named:
        raise RuntimeError("this version of Lucide lists its icons in another way")
    names = sorted({*wanted, *named.values()})
    small = _split(names, SMALL)
    large = _split(names, SMALL * LARGE)
    return {
        "icons.js": _index(small, len(large)),
        "icon-aliases.js": _aliases(named),
        **{_file("icons", number): _part(folder, part) for number, part in enumerate(small)},
        **{_file("many-icons", n): _part(folder, part) for n, part in enumerate(large)},
    }


def _split(names: Sequence[str], size: int) -> list[Sequence[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]


def _index(small: Sequence[Sequence[str]], large: int) -> str:
    firsts = json.dumps([part[0] for part in small])
    return "\n".join(
        (
            f"const firsts = {firsts}; // icon of each small file",
            f"const small = {_loaders('icons', len(small))};",
            f"const large = {_loaders('many-icons', large)};",
            f"const TOGETHER = {LARGE};",
            f"const ENOUGH = {ENOUGH};",
            _LOADING,
        )
    )


def _loaders(kind: str, count: int) -> str:
    lines = (f'  () => import("./{_file(kind, number)}"),\n' for number in range(count))
    return f"[\n{''.join(lines)}]"


def _aliases(named: Mapping[str, str]) -> str:
    others = {name: file for name, file in sorted(named.items()) if name != file}
    return f"export const aliases = {json.dumps(others, indent=0)};\n"


def _part(folder: Path, names: Iterable[str]) -> str:
    entries = (f"  {json.dumps(name)}: {_icon(folder, name)},\n" for name in names)
    body = "".join(entries)
    return f'import {{ icon }} from "./parts/icon_parts.js";\nexport default {{\n{body}}};\n'


def _icon(folder: Path, name: str) -> str:
    text = (folder / "icons" / f"{name}.mjs").read_text("utf-8")
    same = _SAME.search(text)
    if same is not None:
        return _icon(folder, same[1])
    node = _NODE.search(text)
    if node is None:
        raise RuntimeError(f"the icon {name} of this version of Lucide is written in another way")
    return f"icon({json.dumps(node[2])}, {node[1]})"


def _file(kind: str, number: int) -> str:
    return f"{kind}-{number:03}.js"
