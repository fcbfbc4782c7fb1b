// Times as whoever looks has them: in their zone, with UTC to be seen by pointing at it.
import { createElement as h, useState } from "react";
import { TextField } from "@radix-ui/themes";

const DATE = { day: "2-digit", month: "short", year: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const FORMS = { full: { ...DATE, ...CLOCK }, clock: CLOCK, seconds: { ...CLOCK, second: "2-digit" } };

// `at` is an ISO time; what is none is "".
export const asLocal = (at, form = "full", timeZone = undefined) => {
  const time = new Date(at);
  return isNaN(time) ? "" : new Intl.DateTimeFormat("en-GB", { ...FORMS[form], timeZone }).format(time);
};

export function LocalTime({ at, form = "full" }) {
  return h("time", { dateTime: at, title: `${asLocal(at, "full", "UTC")} UTC` }, asLocal(at, form));
}

// A field for a time in one's own zone; the form gets it in UTC.
export function LocalTimeField({ name }) {
  const [typed, setTyped] = useState("");
  const time = new Date(typed);
  const value = isNaN(time) ? "" : time.toISOString().slice(0, 16);
  return h(
    "span",
    null,
    h(TextField.Root, { type: "datetime-local", value: typed, onChange: (event) => setTyped(event.target.value) }),
    h("input", { type: "hidden", name, value }),
  );
}
