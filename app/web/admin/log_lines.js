// The lines of a log, the newest at the end, which stays in sight unless somebody looks further up.
import { createElement as h, memo, useLayoutEffect, useRef, useState } from "react";
import { Badge, Box, Button, Code, Text } from "@radix-ui/themes";

const COLORS = { debug: "gray", info: "blue", warning: "amber", error: "red", critical: "red" };
// What has a place of its own, or is the same in every line.
const APART = new Set(["at", "level", "event", "exception", "app", "logger", "node"]);
const AROUND = new Set(["version", "user", "organisation", "session"]);

export function LogLines({ app, shown }) {
  const box = useRef(null);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = () => box.current.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    if (atEnd) toEnd();
  }, [shown, atEnd]);
  const onScroll = ({ target }) =>
    setAtEnd(target.scrollHeight - target.scrollTop - target.clientHeight < 32);
  return h(
    Box,
    { position: "relative" },
    h(
      "div",
      { ref: box, role: "log", "aria-label": `Log of ${app}`, tabIndex: 0, onScroll, style: frame },
      shown.map((entry) => h(Line, { entry, key: entry.key })),
    ),
    !atEnd &&
      h(Button, { size: "1", onClick: toEnd, style: { position: "absolute", right: "1rem", bottom: "1rem" } }, "To the newest"),
  );
}

const frame = {
  height: "min(32rem, 70vh)",
  overflow: "auto",
  border: "1px solid var(--gray-5)",
  borderRadius: "var(--radius-3)",
  background: "var(--gray-2)",
  padding: "var(--space-2) var(--space-3)",
  fontSize: "var(--font-size-1)",
  overflowWrap: "anywhere",
};

const Line = memo(({ entry: { line } }) =>
  h(
    Box,
    { py: "1", style: { borderBottom: "1px solid var(--gray-4)" } },
    h(Code, { variant: "ghost", color: "gray", size: "1" }, time(line.at)),
    " ",
    h(Badge, { color: COLORS[line.level] ?? "gray", size: "1" }, line.level ?? "note"),
    " ",
    h(Text, { size: "2", weight: "medium" }, String(line.event ?? "")),
    fields(line).map(([name, value]) =>
      h(Text, { size: "1", color: "gray", key: name, title: value }, ` ${name}=${short(value)}`),
    ),
    line.exception &&
      h(
        "details",
        null,
        h("summary", { style: { cursor: "pointer" } }, "Traceback"),
        h("pre", { style: { margin: 0, overflowX: "auto" } }, line.exception),
      ),
  ),
);

// What the app said of itself first.
const fields = (line) => {
  const known = Object.entries(line).filter(([name]) => !APART.has(name));
  const [own, circumstances] = [false, true].map((wanted) => known.filter(([name]) => AROUND.has(name) === wanted));
  return [...own, ...circumstances].map(([name, value]) => [name, plain(value)]);
};

const time = (at) => (at ? String(at).slice(11, 23) : "");

const plain = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

const short = (value) => (/^[0-9a-f]{32}$/.test(value) ? `${value.slice(0, 8)}…` : value);
