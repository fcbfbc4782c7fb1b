// Tells a preview from what everybody gets: which version it is, and the way back.
import { createElement as h } from "react";
import { useLocation, useNavigate } from "react-router";
import { Badge, Box, Button, Flex } from "@radix-ui/themes";
import { eventLoop } from "$/utils/context-registry";
import { ReflexEvent } from "$/utils/state";

// Over a page that has no bar of Graft's above it.
const alone = {
  position: "fixed",
  top: "var(--space-2)",
  insetInlineEnd: "var(--space-2)",
  zIndex: 2147482000, // below problems
  padding: "var(--space-1) var(--space-2)",
  borderRadius: "var(--radius-3)",
  boxShadow: "var(--shadow-4)",
  background: "var(--color-panel-solid)",
};

// What a telephone has no room for beside the app's name.
function Wide({ children }) {
  return h(Box, { as: "span", display: { initial: "none", sm: "inline" }, style: { whiteSpace: "pre" } }, children);
}

export function PreviewMark({ view, isAlone = false }) {
  const { pathname, search, hash } = useLocation();
  const navigate = useNavigate();
  if (!view.preview) return null;
  const { version, number, leave } = view.preview;
  const goBack = () => {
    eventLoop.addEvents([ReflexEvent(leave, { app_id: view.app })]);
    const query = new URLSearchParams(search);
    // The link would lead into the preview again, at the next reload.
    if (!query.has("preview")) return;
    query.delete("preview");
    navigate({ pathname, search: query.toString(), hash }, { replace: true });
  };
  return h(
    Flex,
    {
      align: "center",
      gap: "2",
      role: "note",
      "aria-label": "Preview",
      style: isAlone ? alone : { marginInlineStart: "auto", flexShrink: 0 },
    },
    h(
      Badge,
      { color: "amber", variant: "solid", title: "Others do not get this version yet" },
      h("span", null, "Preview", h(Wide, null, " of version"), ` ${number}`, version && h(Wide, null, ` (${version})`)),
    ),
    leave &&
      h(
        Button,
        {
          size: "1",
          variant: "soft",
          color: "gray",
          onClick: goBack,
          title: "Back to the version that everybody gets, in this tab",
          "aria-label": "Leave preview",
        },
        h("span", null, "Leave", h(Wide, null, " preview")),
      ),
  );
}
