// The live log of an app: follows while it is on screen, and keeps the newest lines in the browser.
import { createElement as h, useEffect, useMemo, useReducer, useState } from "react";
import { Button, Flex, Select, Text, TextField } from "@radix-ui/themes";
import { LogLines } from "./log_lines.js";
import { follow } from "./log_stream.js";

const KEPT = 1000; // lines that are shown, and as many that wait while it is paused
const TOGETHER = 150; // ms: lines that come within are shown at once
const LEVELS = ["debug", "info", "warning", "error", "critical"];
const CHOICES = [
  ["debug", "All levels"],
  ["info", "Info and above"],
  ["warning", "Warnings and errors"],
  ["error", "Errors only"],
];

export function LiveLog({ app }) {
  const [{ lines, waiting, paused }, act] = useReducer(reduce, empty);
  const [[state, why], setState] = useState(["connecting", ""]);
  const [least, setLeast] = useState("debug");
  const [words, setWords] = useState("");
  useEffect(() => following(app, act, (...now) => setState(now)), [app]);
  const shown = useMemo(() => lines.filter(matching(least, words)), [lines, least, words]);
  const button = (label, onClick, disabled = false) =>
    h(Button, { key: label, variant: "soft", onClick, disabled }, label);
  return h(
    Flex,
    { direction: "column", gap: "3" },
    h(
      Flex,
      { gap: "3", wrap: "wrap", align: "center", role: "group", "aria-label": "What to show of the log" },
      h(
        Select.Root,
        { value: least, onValueChange: setLeast },
        h(Select.Trigger, { "aria-label": "Level" }),
        h(Select.Content, null, ...CHOICES.map(([value, label]) => h(Select.Item, { value, key: value }, label))),
      ),
      h(TextField.Root, {
        type: "search",
        placeholder: "Search lines",
        "aria-label": "Search lines",
        value: words,
        onChange: (event) => setWords(event.target.value),
        style: { flexGrow: 1, maxWidth: "20rem" },
      }),
      button(paused ? "Go on" : "Pause", () => act({ type: paused ? "resume" : "pause" })),
      button("Clear view", () => act({ type: "clear" }), lines.length + waiting.length === 0),
      button("Copy", () => navigator.clipboard.writeText(asText(shown)), shown.length === 0),
      button("Download", () => download(app, shown), shown.length === 0),
    ),
    h(
      Text,
      { size: "2", color: state === "ended" ? "red" : "gray", role: "status" },
      [told(state, why), paused && `Paused: ${count(waiting.length, "new line")} waiting.`, counted(shown, lines)]
        .filter(Boolean)
        .join(" "),
    ),
    h(LogLines, { app, shown }),
  );
}

const empty = { lines: [], waiting: [], paused: false };
const newest = (...parts) => parts.flat().slice(-KEPT);

const reduce = (log, { type, lines }) => {
  switch (type) {
    case "add":
      return log.paused
        ? { ...log, waiting: newest(log.waiting, lines) }
        : { ...log, lines: newest(log.lines, lines) };
    case "pause":
      return { ...log, paused: true };
    case "resume":
      return { ...empty, lines: newest(log.lines, log.waiting) };
    case "clear":
      return { ...log, lines: [], waiting: [] };
    case "forget":
      return empty;
  }
};

let key = 0; // of a line; React knows it by that

const following = (app, act, setState) => {
  let together = [];
  let timer = null;
  const show = () => {
    timer = null;
    act({ type: "add", lines: together.splice(0) });
  };
  const stop = follow(
    app,
    (lines) => {
      together = newest(together, lines.map((line) => ({ key: key++, ...line })));
      timer ??= setTimeout(show, TOGETHER);
    },
    setState,
  );
  return () => {
    stop();
    clearTimeout(timer);
    act({ type: "forget" });
  };
};

const matching = (least, words) => {
  const from = LEVELS.indexOf(least);
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ line, text }) => {
    // What has no level is not hidden by one.
    const level = LEVELS.indexOf(line.level);
    if (level >= 0 && level < from) return false;
    const lower = wanted.length ? text.toLowerCase() : "";
    return wanted.every((word) => lower.includes(word));
  };
};

const told = (state, why) => {
  switch (state) {
    case "connecting":
      return "Connecting …";
    case "lost":
      return "The connection is lost. It is tried again and again.";
    case "ended":
      return `The log cannot be followed: ${why}.`;
  }
};

const counted = (shown, lines) =>
  lines.length === 0 ? "Nothing was logged yet." : `${shown.length} of ${count(lines.length, "line")} shown.`;

const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

const asText = (lines) => lines.map(({ text }) => `${text}\n`).join("");

const download = (app, lines) => {
  const url = URL.createObjectURL(new Blob([asText(lines)], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${app.replace("/", "-")}.log.jsonl`;
  link.click();
  URL.revokeObjectURL(url);
};
