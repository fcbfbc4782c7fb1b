// What the host shows besides pages: loading, not found, errors, and problems of a developer's last save.
import { createElement as h, useEffect, useState } from "react";
import { Link } from "react-router";
import { Box, Button, Callout, Card, Code, Flex, Heading, Spinner, Text } from "@radix-ui/themes";
import { homeUrl } from "../document/apart.js";
import { isFor, isOfOneApp } from "../document/document.js";
import { AppIcon } from "../parts/icon.js";
import { loadAgain } from "../document/leaving.js";

const centred = { align: "center", justify: "center", direction: "column", gap: "4", p: "6" };

// The slim bar above an app: where one is, and the way to all apps.
export function Frame({ name, url, children }) {
  return h(
    "nav",
    {
      "aria-label": "Graft",
      style: { borderBottom: "1px solid var(--gray-4)", background: "var(--color-panel-solid)" },
    },
    h(
      Flex,
      { align: "center", gap: "2", px: "4", height: "36px" },
      h(Text, { size: "2", asChild: true }, h(AllApps, { style: { ...quiet, flexShrink: 0 } })),
      h(Text, { size: "2", color: "gray", "aria-hidden": true }, "/"),
      h(
        Text,
        { size: "2", weight: "medium", truncate: true, asChild: true },
        h(Link, { to: `/apps/${url}`, style: quiet, title: name }, name),
      ),
      children,
    ),
  );
}

// The way to all apps. The document of one app is left, not changed.
function AllApps(props) {
  return h(Link, { to: homeUrl(), reloadDocument: isOfOneApp(), ...props }, "All apps");
}

const quiet = { color: "var(--gray-11)", textDecoration: "none" };

// Quick pages never show it.
export function Loading() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 250);
    return () => clearTimeout(timer);
  }, []);
  return h(
    Flex,
    { ...centred, minHeight: "60vh", role: "status", "aria-label": "Loading" },
    slow && h(Spinner, { size: "3" }),
    slow && h(Text, { color: "gray" }, "Loading…"),
  );
}

const noticeIcons = {
  "not-found": "search-x",
  "no-page": "file-question-mark",
  disabled: "power-off",
  failed: "triangle-alert",
};

export function Notice({ notice }) {
  useEffect(() => {
    document.title = notice.title;
  }, [notice]);
  return h(
    Flex,
    { ...centred, minHeight: "60vh", maxWidth: "60rem", mx: "auto", asChild: true },
    h(
      "main",
      { style: { overflowWrap: "anywhere" } },
      h(
        "div",
        { style: { color: notice.kind === "failed" ? "var(--red-9)" : "var(--gray-9)" } },
        h(AppIcon, { library: `lucide-react/dist/esm/icons/${noticeIcons[notice.kind]}.mjs`, size: 40 }),
      ),
      h(Heading, { as: "h1", size: "6", align: "center" }, notice.title),
      h(Text, { as: "p", color: "gray", align: "center" }, notice.text),
      notice.problems.map((problem, index) => h(Problem, { problem, key: index })),
      h(
        Flex,
        { gap: "3", wrap: "wrap", justify: "center" },
        notice.kind === "no-page" &&
          h(Button, { asChild: true }, h(Link, { to: notice.path }, "Go to the app's start page")),
        h(Button, { asChild: true, variant: "soft" }, h(AllApps)),
      ),
    ),
  );
}

export function Failed({ error, retry }) {
  return h(
    Flex,
    { ...centred, minHeight: "60vh", role: "alert" },
    h(Heading, { as: "h1", size: "6", align: "center" }, "This page stopped working"),
    h(Text, { as: "p", color: "gray", align: "center" }, "Its state is kept on the server, and the error was reported."),
    h(Code, { color: "gray" }, String(error?.message ?? error)),
    h(Flex, { gap: "3" }, h(Button, { onClick: retry }, "Show it again")),
  );
}

// Over a page that goes on in a document which does not let it load all that it may load from elsewhere; above problems.
export function OtherDocument({ view, isAbove }) {
  const [put, setPut] = useState(null); // aside, for this version
  if (isFor(view) || put === view.number) return null;
  return h(
    "div",
    { role: "status", style: isAbove ? above : corner },
    h(
      Card,
      { size: "2", style: overlay },
      h(
        Flex,
        { direction: "column", gap: "3" },
        h(Text, { weight: "bold" }, "Reload to finish the update"),
        h(
          Text,
          { as: "p", size: "2" },
          "The app loads from other servers than before, and browsers allow that only after a reload. What you did " +
            "and typed is kept.",
        ),
        h(
          Flex,
          { gap: "2" },
          h(Button, { size: "2", onClick: loadAgain }, "Reload"),
          h(Button, { size: "2", variant: "soft", color: "gray", onClick: () => setPut(view.number) }, "Later"),
        ),
      ),
    ),
  );
}

const headings = {
  trouble: "The newest version could not be fetched. The one on screen keeps running.",
  save: "The last save has problems. The last good version keeps running.",
  settings: "The settings of this app do not fit what it declares.",
  values: "Some values of the previous version did not fit, so this page is not quite as it was.",
  refused: "The browser refused what this page loads from another server.",
  event: "An event of this app failed. What it did before that is kept.",
};

const wide = {
  position: "fixed",
  insetInline: "1rem",
  bottom: "1rem",
  zIndex: 2147483000,
  maxWidth: "60rem",
  marginInline: "auto",
};

const corner = { ...wide, maxWidth: "26rem", marginInline: "auto 0" };

const above = { ...corner, bottom: "auto", top: "3.25rem" };

const overlay = {
  maxHeight: "80vh",
  overflowY: "auto",
  boxShadow: "var(--shadow-5)",
  background: "var(--color-panel-solid)",
};

// Over the page that goes on working.
export function Problems({ problems, trouble, cause }) {
  const [hidden, setHidden] = useState(null);
  if ((!problems.length && !trouble) || hidden === (trouble ?? problems)) return null;
  return h(
    "div",
    {
      role: "alert",
      style: wide,
    },
    h(
      Card,
      { size: "2", style: overlay },
      h(
        Flex,
        { direction: "column", gap: "3" },
        h(
          Flex,
          { justify: "between", align: "center", gap: "3" },
          h(
            Text,
            { weight: "bold", color: "red" },
            trouble ? headings.trouble : headings[cause],
          ),
          h(
            Flex,
            { gap: "2" },
            trouble && h(Button, { size: "1", onClick: trouble.retry }, "Try again"),
            h(
              Button,
              { size: "1", variant: "soft", color: "gray", onClick: () => setHidden(trouble ?? problems) },
              "Hide",
            ),
          ),
        ),
        problems.map((problem, index) => h(Problem, { problem, key: index })),
      ),
    ),
  );
}

// Without the column for an icon that a callout keeps free. Long places wrap, a traceback scrolls.
const problemStyle = {
  width: "100%",
  display: "flex",
  flexDirection: "column",
  alignItems: "stretch",
  overflowWrap: "anywhere",
};

const traceback = {
  color: "var(--gray-12)",
  fontSize: "0.75rem",
  margin: 0,
  padding: "var(--space-2)",
  width: "max-content",
};

function Problem({ problem }) {
  const place = problem.file ? `${problem.app}/${problem.file}${problem.line ? `:${problem.line}` : ""}` : problem.app;
  return h(
    Callout.Root,
    { color: "red", size: "1", style: problemStyle },
    h(
      Callout.Text,
      { as: "div" },
      h(Code, { weight: "bold", color: "red" }, place),
      " ",
      problem.message,
      problem.rule && h(Code, { variant: "ghost", color: "gray", ml: "2", style: { whiteSpace: "nowrap" } }, problem.rule),
      problem.remedy && h(Text, { as: "div", color: "gray", mt: "1" }, problem.remedy),
    ),
    problem.detail &&
      h(
        "details",
        null,
        h("summary", { style: { cursor: "pointer" } }, h(Text, { size: "1" }, "Traceback")),
        h(
          Box,
          { className: "graft-sideways", maxHeight: "14rem", tabIndex: 0, role: "group", "aria-label": "Traceback" },
          h("pre", { style: traceback }, problem.detail),
        ),
      ),
  );
}
