// Tells people that the server does not answer. Reflex tries again by itself, and what they did meanwhile is sent
// when it does.
import { createElement as h, useContext, useEffect } from "react";
import { Card, Flex, Spinner, Text } from "@radix-ui/themes";
import { EventLoopContext } from "$/utils/context";
import { leave } from "./document/leaving.js";

const PATIENCE = 2; // failed attempts; the first ones are quicker than a glance

export function Connection() {
  const errors = useContext(EventLoopContext)[1];
  const last = errors[errors.length - 1];
  const signedOut = last?.data?.signedOut === true; // app/bridge/sockets/events.py
  useEffect(() => {
    if (signedOut) leave("ended");
  }, [signedOut]);
  const shown = !signedOut && (errors.length >= PATIENCE || last?.code);
  // Always there, because screen readers tell changes only of what was there before.
  return h("div", { role: "status", id: "connection" }, shown && h(Notice, last));
}

function Notice({ code, message }) {
  return h(
    "div",
    { style: place },
    h(
      Card,
      { style: { boxShadow: "var(--shadow-5)", background: "var(--color-panel-solid)" } },
      h(
        Flex,
        { align: "center", gap: "3" },
        // An error with a code does not go away by waiting; its message says what helps.
        !code && h(Spinner, { size: "2" }),
        h(
          "div",
          null,
          h(Text, { as: "div", size: "2", weight: "bold" }, code ? message : "No connection to the server"),
          !code &&
            h(
              Text,
              { as: "div", size: "2", color: "gray" },
              "This page goes on by itself when the connection is back. Leave it open.",
            ),
        ),
      ),
    ),
  );
}

const place = {
  position: "fixed",
  bottom: "1rem",
  insetInline: "1rem",
  zIndex: 2147483000,
  width: "fit-content",
  marginInline: "auto",
};
